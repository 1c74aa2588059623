// The accepted steps of every item of a block, kept as they are taken; a tape grows as its trajectory does.
extern "C" void* aligned_alloc(unsigned long, unsigned long);
extern "C" void* malloc(unsigned long);
extern "C" void* realloc(void*, unsigned long);
extern "C" void free(void*);

#if WITH_GRADIENT

struct Tape {
  double *rows, *before, *after;  // rows: t, h, state; state before and after the jump at each stop
  long *at;                       // rows taken before each stop
  long count, room;
};

enum { ROW = SPECIES + 2 };

struct Tapes {
  Tape* of;  // items from `first` on
  long first;
  bool short_of_memory;
};

template <class L>
static void record_stop(L& lanes, int l, bool before) {
  Tape& tape = lanes.tapes->of[lanes.item[l] - lanes.tapes->first];
  double* state = (before ? tape.before : tape.after) + lanes.k[l] * SPECIES;
  for (int s = 0; s < SPECIES; s++) state[s] = lanes.y[s][l];
  if (!before) tape.at[lanes.k[l]] = tape.count;
}

template <class L>
static void record_steps(L& lanes, b good, v tried) {
  for (int l = 0; l < W; l++) {
    if (!good[l]) continue;
    Tape& tape = lanes.tapes->of[lanes.item[l] - lanes.tapes->first];
    if (tape.count == tape.room) {
      long room = tape.room ? 2 * tape.room : 256;
      double* more = (double*)realloc(tape.rows, room * ROW * sizeof(double));
      if (!more) {
        lanes.tapes->short_of_memory = true;
        continue;
      }
      tape.rows = more, tape.room = room;
    }
    double* row = tape.rows + ROW * tape.count++;
    row[0] = lanes.t[l], row[1] = tried[l];
    for (int s = 0; s < SPECIES; s++) row[2 + s] = lanes.y[s][l];
  }
}

#define AT_STOP(lanes, l, place) record_stop(lanes, l, AT_##place)
#define AT_before true
#define AT_after false
#define ON_TAPE(lanes, good, tried) record_steps(lanes, good, tried)
#define LANES_HOLD Tapes* tapes;
#else
#define AT_STOP(lanes, l, place)
#define ON_TAPE(lanes, good, tried)
#define LANES_HOLD
#endif

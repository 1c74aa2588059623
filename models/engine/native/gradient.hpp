// The gradient of sum(cotangent * observables): items of a block forwards onto tapes, then backwards on W lanes, each of
// which takes the next tape when its own is at its beginning. Mirrors `adjoint` of models/engine/replay.py.
struct Gradient {
  const double* cotangent;                     // item, stop, observable
  double *parameters, *inputs, *keep, *add;  // as those of the Problem
};
enum { BLOCK = 128 };  // items whose tapes are in memory at a time, for each thread

#if WITH_GRADIENT

struct Backward {
  v t, h, y[SPECIES + 1], args[ARGS + 1], c[CONSTANTS + 1], costate[SPECIES + 1], back[SPECIES + 1];
  v bar[OBSERVED + 1], kick[SPECIES + 1], slopes[AFFECTED + 1], more[AFFECTED + 1], by_args[WANTED + 1];
  long item[W], k[W], row[W], period[W];
  bool busy[W], arrived[W], opened[W];
};

static const int wanted[WANTED + 1] = {WANTED_ARGS};

static long period_after(const Problem& p, long item, long k) {
  long found = 0;
  for (long i = 0; i <= k; i++) found = p.begins[item * p.stop_count + i] >= 0 ? p.begins[item * p.stop_count + i] : found;
  return found;
}

static void hand_in(const Problem& p, const Gradient& g, const Backward& lanes, int l) {
  for (int i = 0; i < WANTED; i++) {
    int a = wanted[i];
    double* place = a < PARAMETERS ? g.parameters + lanes.item[l] * PARAMETERS + a
                                   : g.inputs + (lanes.item[l] * p.periods + lanes.period[l]) * INPUTS + a - PARAMETERS;
    *place += lanes.by_args[i][l];
  }
}

static void take_inputs(const Problem& p, Backward& lanes, int l) {
  const double* inputs = p.inputs + (lanes.item[l] * p.periods + lanes.period[l]) * INPUTS;
  for (int i = 0; i < INPUTS; i++) lanes.args[PARAMETERS + i][l] = inputs[i];
}

// The next item that was solved, at its last stop; those that were not have no derivative.
static void take_tape(const Problem& p, Backward& lanes, int l, long* queue) {
  long item = *queue;
  while (item < p.items && p.reason[item] != COMPLETE) item++;
  *queue = item + 1;
  lanes.busy[l] = lanes.arrived[l] = item < p.items;
  if (item >= p.items) return;
  long k = 0;
  while (__builtin_isfinite(p.stops[item * p.stop_count + k + 1])) k++;
  lanes.item[l] = item, lanes.k[l] = k, lanes.period[l] = period_after(p, item, k);
  for (int i = 0; i < PARAMETERS; i++) lanes.args[i][l] = p.parameters[item * PARAMETERS + i];
  take_inputs(p, lanes, l);
  for (int s = 0; s < SPECIES; s++) lanes.costate[s][l] = 0.0;
  for (int i = 0; i < AFFECTED; i++) lanes.slopes[i][l] = 0.0;
}

// A period is left backwards: its jump, and what its constants gathered.
static void close_period(const Problem& p, const Gradient& g, Backward& lanes, int l, const Tape& tape) {
  long period = lanes.period[l], at = (lanes.item[l] * p.periods + period) * SPECIES;
  hand_in(p, g, lanes, l);
  for (int i = 0; i < AFFECTED; i++) lanes.slopes[i][l] = 0.0;
  for (int s = 0; s < SPECIES; s++) {
    double before = lanes.k[l] ? tape.before[lanes.k[l] * SPECIES + s] : p.initial[s];
    g.add[at + s] = lanes.costate[s][l];
    g.keep[at + s] = lanes.costate[s][l] * before;
    lanes.costate[s][l] *= p.keep[at + s];
  }
}

// Lanes at a stop: what is observed there, the jump, and on to the rows before it or to another tape.
static void unserve(const Problem& p, const Gradient& g, Backward& lanes, const Tapes& tapes, long* queue) {
  for (;;) {
    bool any = false, opened = false;
    for (int l = 0; l < W; l++) {
      lanes.opened[l] = false;
      if (!lanes.arrived[l]) continue;
      any = true;
      long stop = lanes.item[l] * p.stop_count + lanes.k[l];
      const double* state = tapes.of[lanes.item[l] - tapes.first].after + lanes.k[l] * SPECIES;
      for (int s = 0; s < SPECIES; s++) lanes.y[s][l] = state[s];
      for (int o = 0; o < OBSERVED; o++) lanes.bar[o][l] = g.cotangent[stop * OBSERVED + o];
      lanes.t[l] = p.stops[stop];
      lanes.opened[l] = p.begins[stop] >= 0;
      opened = opened || lanes.opened[l];
    }
    if (!any) return;
    observe_transposed(lanes.t, lanes.y, lanes.args, lanes.bar, lanes.kick, lanes.by_args);
    for (int l = 0; l < W; l++) {
      if (!lanes.arrived[l]) continue;
      hand_in(p, g, lanes, l);
      for (int s = 0; s < SPECIES; s++) lanes.costate[s][l] += lanes.kick[s][l];
    }
    if (opened) constants_transposed(lanes.args, lanes.slopes, lanes.by_args);
    for (int l = 0; l < W; l++) {
      if (!lanes.arrived[l]) continue;
      const Tape& tape = tapes.of[lanes.item[l] - tapes.first];
      if (lanes.opened[l]) close_period(p, g, lanes, l, tape);
      if (lanes.k[l] == 0) {
        take_tape(p, lanes, l, queue);
        opened = true;
        continue;
      }
      lanes.row[l] = tape.at[lanes.k[l]];
      lanes.k[l]--;
      lanes.arrived[l] = lanes.row[l] == tape.at[lanes.k[l]];
      if (lanes.opened[l]) lanes.period[l] = period_after(p, lanes.item[l], lanes.k[l]), take_inputs(p, lanes, l);
    }
    if (opened) constants_of(lanes.args, lanes.c);
  }
}

// All tapes backwards.
static void sweep(const Problem& p, const Gradient& g, Backward& lanes, const Tapes& tapes) {
  long queue = tapes.first;
  for (int i = 0; i < ARGS; i++) lanes.args[i] = K(1.0);
  for (int s = 0; s < SPECIES; s++) lanes.y[s] = lanes.costate[s] = K(0.0);
  for (int i = 0; i < AFFECTED; i++) lanes.slopes[i] = K(0.0);
  for (int o = 0; o < OBSERVED; o++) lanes.bar[o] = K(0.0);
  lanes.t = K(0.0);
  for (int l = 0; l < W; l++) lanes.item[l] = lanes.k[l] = lanes.period[l] = 0, take_tape(p, lanes, l, &queue);
  constants_of(lanes.args, lanes.c);
  for (;;) {
    unserve(p, g, lanes, tapes, &queue);
    b active = WHOLE(0);
    lanes.h = K(1.0);
    for (int l = 0; l < W; l++) {
      if (!lanes.busy[l]) continue;
      active[l] = -1;
      const Tape& tape = tapes.of[lanes.item[l] - tapes.first];
      const double* row = tape.rows + ROW * --lanes.row[l];
      lanes.t[l] = row[0], lanes.h[l] = row[1];
      for (int s = 0; s < SPECIES; s++) lanes.y[s][l] = row[2 + s];
      lanes.arrived[l] = lanes.row[l] == tape.at[lanes.k[l]];
    }
    if (!ANY(active)) return;
    unstep(lanes.t, lanes.h, lanes.y, lanes.c, lanes.costate, lanes.back, lanes.more);
    for (int s = 0; s < SPECIES; s++) lanes.costate[s] = active ? lanes.back[s] : lanes.costate[s];
    for (int i = 0; i < AFFECTED; i++) lanes.slopes[i] = active ? lanes.slopes[i] + lanes.more[i] : lanes.slopes[i];
  }
}

static bool on_tapes(const Problem& p, const Gradient& g, Lanes& lanes, Backward& backward, Tapes& tapes, long* turns) {
  long queue = tapes.first;
  lanes.tapes = &tapes;
  *turns += work(p, lanes, &queue);
  if (!tapes.short_of_memory) sweep(p, g, backward, tapes);
  return !tapes.short_of_memory;
}

// Blocks of items until there are none; false where memory ran out.
static bool gradients(const Problem& whole, const Gradient& g, Lanes& lanes, Backward& backward, long* queue, long* turns) {
  Tape tape[BLOCK];
  long stops = whole.stop_count, each = stops * (2 * SPECIES * sizeof(double) + sizeof(long));
  char* states = (char*)malloc(BLOCK * each);
  bool enough = states != 0;
  for (int i = 0; i < BLOCK; i++) {
    double* place = (double*)(states + i * each);
    tape[i] = Tape{0, place, place + stops * SPECIES, (long*)(place + 2 * stops * SPECIES), 0, 0};
  }
  while (enough) {
    Problem p = whole;
    Tapes tapes = {tape, __atomic_fetch_add(queue, p.block, __ATOMIC_RELAXED), false};
    if (tapes.first >= whole.items) break;
    p.items = tapes.first + p.block < whole.items ? tapes.first + p.block : whole.items;
    for (int i = 0; i < BLOCK; i++) tape[i].count = 0;
    enough = on_tapes(p, g, lanes, backward, tapes, turns);
  }
  for (int i = 0; i < BLOCK; i++) free(tape[i].rows);
  free(states);
  return enough;
}
#define TAKE_PART gradients
#else
struct Backward {};

static bool values(const Problem& p, const Gradient&, Lanes& lanes, Backward&, long* queue, long* turns) {
  *turns = work(p, lanes, queue);
  return true;
}
#define TAKE_PART values
#endif

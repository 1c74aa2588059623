// Trajectories on W lanes: each lane takes the next item of a queue when its own has ended. Mirrors
// models/engine/work_queue.py, whose words it uses. Before this text stand the sizes (SPECIES, PARAMETERS,
// INPUTS, CONSTANTS, OBSERVED, REFUSALS) and the functions `constants_of`, `observe`, `beginning`, `following`
// and `step`.
enum { RUNNING = -1, COMPLETE, NOT_FINITE, STEP_TOO_SMALL, TOO_MANY_STEPS };
enum { ARGS = PARAMETERS + INPUTS };

struct Problem {
  const double *parameters, *inputs, *keep, *add, *stops;  // rows: item; item and period; item and stop
  const int* begins;
  const double *initial, *rtol, *atol;
  long items, periods, stop_count, max_steps, block;
  double* values;  // item, stop, observable
  int *steps, *reason;
};

struct Lanes {
  v t, h, stop, rtol, y[SPECIES + 1], after[SPECIES + 1], args[ARGS + 1], c[CONSTANTS + 1], atol[SPECIES + 1];
  v seen[OBSERVED + 1];
  b active, fresh, steps, refused, verdict;
  long item[W], k[W];
  bool stopped[W], loaded[W];
  LANES_HOLD
};

static bool finite(const double* x, long count) {
  double sum = 0.0;  // 0 * x is 0 for a finite number alone
  for (long i = 0; i < count; i++) sum += 0.0 * x[i];
  return sum == 0.0;
}

static bool sound(const Problem& p, const Lanes& lanes, int l) {
  long i = lanes.item[l];
  bool start = true;
  for (int s = 0; s < SPECIES; s++) start = start && __builtin_isfinite(lanes.y[s][l]);
  return start && finite(p.parameters + i * PARAMETERS, PARAMETERS) &&
         finite(p.inputs + i * p.periods * INPUTS, p.periods * INPUTS) &&
         finite(p.keep + i * p.periods * SPECIES, p.periods * SPECIES) &&
         finite(p.add + i * p.periods * SPECIES, p.periods * SPECIES);
}

// A period begins: jumps of the state, and its inputs.
static void open_period(const Problem& p, Lanes& lanes, int l, long period) {
  const double* keep = p.keep + (lanes.item[l] * p.periods + period) * SPECIES;
  const double* add = p.add + (lanes.item[l] * p.periods + period) * SPECIES;
  const double* inputs = p.inputs + (lanes.item[l] * p.periods + period) * INPUTS;
  for (int s = 0; s < SPECIES; s++) lanes.y[s][l] = keep[s] * lanes.y[s][l] + add[s];
  for (int i = 0; i < INPUTS; i++) lanes.args[PARAMETERS + i][l] = inputs[i];
  lanes.fresh[l] = -1;
}

static void load(const Problem& p, Lanes& lanes, int l, long* queue) {
  long item = __atomic_fetch_add(queue, 1, __ATOMIC_RELAXED);
  lanes.loaded[l] = item < p.items;
  lanes.item[l] = item < p.items ? item : -1;
  if (item >= p.items) return;
  lanes.t[l] = p.stops[item * p.stop_count];
  lanes.k[l] = lanes.steps[l] = lanes.refused[l] = 0;
  lanes.verdict[l] = RUNNING;
  for (int i = 0; i < PARAMETERS; i++) lanes.args[i][l] = p.parameters[item * PARAMETERS + i];
  for (int s = 0; s < SPECIES; s++) lanes.y[s][l] = p.initial[s];
  open_period(p, lanes, l, 0);
}

// Lanes at a stop or at an end: observe, begin a period, take the next item; until every lane runs or idles.
static void serve(const Problem& p, Lanes& lanes, long* queue) {
  for (;;) {
    bool jumped = false, look = false;
    for (int l = 0; l < W; l++) {
      if (lanes.item[l] >= 0 && lanes.verdict[l] != RUNNING) {
        p.steps[lanes.item[l]] = (int)lanes.steps[l];
        p.reason[lanes.item[l]] = (int)lanes.verdict[l];
        lanes.stopped[l] = false;
        load(p, lanes, l, queue);
      }
      if (lanes.stopped[l]) {
        AT_STOP(lanes, l, before);
        long period = p.begins[lanes.item[l] * p.stop_count + lanes.k[l]];
        if (period >= 0) open_period(p, lanes, l, period);
        jumped = jumped || period >= 0;
      }
      jumped = jumped || lanes.loaded[l];
      look = look || lanes.loaded[l] || lanes.stopped[l];
    }
    if (!look) return;
    if (jumped) constants_of(lanes.args, lanes.c);
    observe(lanes.t, lanes.y, lanes.args, lanes.seen);
    for (int l = 0; l < W; l++) {
      if (!lanes.loaded[l] && !lanes.stopped[l]) continue;
      long row = lanes.item[l] * p.stop_count;
      for (int o = 0; o < OBSERVED; o++) p.values[(row + lanes.k[l]) * OBSERVED + o] = lanes.seen[o][l];
      AT_STOP(lanes, l, after);
      lanes.k[l]++;
      lanes.stop[l] = p.stops[row + lanes.k[l]];
      if (lanes.loaded[l] && !sound(p, lanes, l)) lanes.verdict[l] = NOT_FINITE;
      else if (!__builtin_isfinite(lanes.stop[l])) lanes.verdict[l] = COMPLETE;
      lanes.loaded[l] = lanes.stopped[l] = false;
    }
    bool ended = false;
    for (int l = 0; l < W; l++) ended = ended || (lanes.item[l] >= 0 && lanes.verdict[l] != RUNNING);
    if (!ended) return;
  }
}

// One step of every lane that has an item; whether any lane is at a stop or at an end.
static bool attempt(const Problem& p, Lanes& lanes) {
  v error, next;
  b active = lanes.active;
  if (ANY(lanes.fresh & active)) {
    beginning(lanes.t, lanes.y, lanes.c, lanes.rtol, lanes.atol, &next);
    lanes.h = lanes.fresh ? next : lanes.h;
  }
  v h = lanes.h, left = lanes.stop - lanes.t;
  b clip = h >= left * (1.0 - 1e-9);
  v tried = active ? (clip ? left : h) : K(1.0);
  step(lanes.t, tried, lanes.y, lanes.c, lanes.rtol, lanes.atol, lanes.after, &error);
  b good = active & (error <= 1.0);
  following(tried, error, &next);
  next = (good & clip) ? MAX(h, next) : next;
  next = (good & (lanes.refused > 0)) ? MIN(next, tried) : next;
  lanes.refused = good ? WHOLE(0) : lanes.refused - active;
  lanes.steps = lanes.steps - active;
  b reached = good & clip;
  b stuck = active & ~good & ((lanes.refused >= REFUSALS) | (lanes.t + next <= lanes.t));
  b many = active & ~reached & (lanes.steps >= p.max_steps);
  lanes.verdict = many ? WHOLE(TOO_MANY_STEPS) : lanes.verdict;
  lanes.verdict = stuck ? WHOLE(STEP_TOO_SMALL) : lanes.verdict;
  ON_TAPE(lanes, good, tried);
  lanes.t = good ? (clip ? lanes.stop : lanes.t + tried) : lanes.t;
  for (int s = 0; s < SPECIES; s++) lanes.y[s] = good ? lanes.after[s] : lanes.y[s];
  lanes.h = active ? next : h;
  lanes.fresh &= ~active;
  b attention = reached | many | stuck;
  if (!ANY(attention)) return false;
  for (int l = 0; l < W; l++) lanes.stopped[l] = reached[l] != 0;
  return true;
}

// Items until the queue is empty; returns how many steps the lanes took side by side.
static long work(const Problem& p, Lanes& lanes, long* queue) {
  lanes.active = lanes.fresh = lanes.steps = lanes.refused = WHOLE(0);
  lanes.verdict = WHOLE(COMPLETE);
  lanes.t = lanes.h = lanes.stop = K(1.0);
  lanes.rtol = K(*p.rtol);
  for (int i = 0; i < ARGS; i++) lanes.args[i] = K(p.items && i < PARAMETERS ? p.parameters[i] : 1.0);
  for (int s = 0; s < SPECIES; s++) lanes.y[s] = K(p.initial[s]), lanes.atol[s] = K(p.atol[s]);
  for (int l = 0; l < W; l++) lanes.stopped[l] = false, lanes.item[l] = -1, load(p, lanes, l, queue);
  long turns = 0;
  serve(p, lanes, queue);
  for (;;) {
    for (int l = 0; l < W; l++) lanes.active[l] = lanes.item[l] >= 0 ? -1 : 0;
    if (!ANY(lanes.active)) return turns;
    do turns++;
    while (!attempt(p, lanes));
    serve(p, lanes, queue);
  }
}

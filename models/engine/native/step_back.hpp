// A step backwards: its stages once more, then their transposes from the last to the first. Written as
// models/engine/solver/reverse.py has it; v is called w here.
#if WITH_GRADIENT
static void unstep(v t, v h, const v* y, const v* c, const v* costate, v* back, v* slopes) {
  v A[FILL], drift[DRIFTS + 1], at[STAGES][SPECIES], u[STAGES][SPECIES], w[STAGES][SPECIES], g[STAGES][SPECIES];
  v some[SPECIES], more[MOVING + 1], sum[MOVING + 1], entry[ENTRIES + 1], inverse = 1.0 / h;
  factors_of(t, h, y, c, A, drift);
  for (int s = 0; s < STAGES; s++) {
    for (int i = 0; i < SPECIES; i++) {
      v point = y[i], push = K(0.0);
      for (int r = 0; r < s; r++) point += a_of[s][r] * u[r][i], push += C_of[s][r] * u[r][i];
      at[s][i] = point, some[i] = push * inverse;
    }
    for (int k = 0; k < DRIFTS; k++) some[drifting[k]] += d_of[s] * h * drift[k];
    stage_of(t + c_of[s] * h, at[s], some, c, A, u[s]);
  }
  for (int k = 0; k < MOVING; k++) sum[k] = K(0.0);
  for (int s = STAGES - 1; s >= 0; s--) {
    bool last = s == STAGES - 1;
    for (int i = 0; i < SPECIES; i++) {
      v by_right = K(0.0), by_point = last ? costate[i] : K(0.0);
      for (int r = s + 1; r < STAGES; r++) by_right += C_of[r][s] * w[r][i], by_point += a_of[r][s] * g[r][i];
      some[i] = by_right * inverse + by_point;
    }
    stage_back(t + c_of[s] * h, at[s], c, A, some, w[s], g[s], more);
    for (int i = 0; i < SPECIES && last; i++) g[s][i] += costate[i];
    for (int k = 0; k < MOVING; k++) sum[k] += more[k];
  }
  for (int e = 0; e < ENTRIES; e++) {
    entry[e] = K(0.0);
    for (int s = 0; s < STAGES; s++) entry[e] += w[s][entry_row[e]] * u[s][entry_column[e]];
  }
  for (int k = 0; k < DRIFTS; k++) {
    drift[k] = K(0.0);
    for (int s = 0; s < STAGES; s++) drift[k] += d_of[s] * w[s][drifting[k]];
    drift[k] *= h;
  }
  bent_back(t, y, c, entry, drift, back, slopes);
  for (int s = 0; s < STAGES; s++)
    for (int i = 0; i < SPECIES; i++) back[i] += g[s][i];
  for (int k = 0; k < MOVING; k++) slopes[moving_at[k]] += sum[k];
}
#endif

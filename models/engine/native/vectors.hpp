// Vectors of W lanes and their functions. No header is included: nothing but a compiler is there.
typedef double v __attribute__((vector_size(W * 8)));
typedef long long b __attribute__((vector_size(W * 8)));

#define INLINE static inline __attribute__((always_inline))
INLINE v K(double x) { return x - (v){}; }
INLINE b WHOLE(long long x) { return x - (b){}; }
INLINE v CHOOSE(b m, v x, v y) { return m ? x : y; }
INLINE b CHOOSE(b m, b x, b y) { return m ? x : y; }
INLINE b NOT_NUMBER(v x) { return x != x; }
INLINE v MAX(v x, v y) { v r = x > y ? x : y; return NOT_NUMBER(x) ? x : r; }
INLINE v MIN(v x, v y) { v r = x < y ? x : y; return NOT_NUMBER(x) ? x : r; }
INLINE v ABS(v x) { return __builtin_elementwise_abs(x); }
INLINE v SQRT(v x) { return __builtin_elementwise_sqrt(x); }
INLINE v FLOOR(v x) { return __builtin_elementwise_floor(x); }
INLINE v CEIL(v x) { return __builtin_elementwise_ceil(x); }
INLINE v ROUND(v x) { return __builtin_elementwise_roundeven(x); }
INLINE v SIGN(v x) { return x > 0 ? K(1.0) : (x < 0 ? K(-1.0) : x); }
INLINE v REM(v x, v y) { for (int l = 0; l < W; l++) x[l] = __builtin_fmod(x[l], y[l]); return x; }
INLINE b IS_FINITE(v x) { return ABS(x) < __builtin_inf(); }
INLINE v WHOLE_TO_REAL(b x) { return __builtin_convertvector(x, v); }
INLINE b REAL_TO_WHOLE(v x) { return __builtin_convertvector(x, b); }
INLINE v TRUTH_TO_REAL(b x) { return x ? K(1.0) : K(0.0); }
INLINE b TRUTH_TO_WHOLE(b x) { return -x; }
INLINE b WHOLE_TO_TRUTH(b x) { return x != WHOLE(0); }
INLINE b REAL_TO_TRUTH(v x) { return x != K(0.0); }
INLINE bool ANY(b x) { long long r = 0; for (int l = 0; l < W; l++) r |= x[l]; return r != 0; }

// e^x = 2^n e^r, |r| <= ln(2) / 2; the series is that of Taylor, its rest below 1e-17. The power of 2 is taken
// in two halves, so that what is nearly too large or too small comes out as it is.
INLINE v EXP(v x) {
  x = MIN(K(750.0), MAX(K(-750.0), x));
  v shifted = x * 1.4426950408889634074 + 6755399441055744.0;  // 1.5 * 2^52: the whole number stands in the last bits
  v n = shifted - 6755399441055744.0;
  v r = x - n * 6.93147180369123816490e-01;
  r = r - n * 1.90821492927058770002e-10;
  static const double c[] = {1.6059043836821614599e-10, 2.0876756987868098979e-09, 2.5052108385441718775e-08,
    2.7557319223985890653e-07, 2.7557319223985892511e-06, 2.4801587301587301566e-05, 1.9841269841269841253e-04,
    1.3888888888888889419e-03, 8.3333333333333332177e-03, 4.1666666666666664354e-02, 1.6666666666666665741e-01,
    0.5, 1.0, 1.0};
  v p = K(c[0]);
  for (int i = 1; i < 14; i++) p = p * r + c[i];
  b whole = (b)shifted - 0x4338000000000000LL;
  b half = whole >> 1;
  return p * (v)((half + 1023) << 52) * (v)((whole - half + 1023) << 52);
}

// ln x = k ln 2 + ln(1 + f) by the series of fdlibm (e_log.c); zeros, negative numbers and infinities after it.
INLINE v LOG(v x) {
  b small = x < 2.2250738585072014e-308;
  v scaled = small ? x * 18014398509481984.0 : x;  // 2^54
  b bits = (b)scaled;
  b power = (bits - 4604544271217802189LL) >> 52;
  v k = WHOLE_TO_REAL(power) - (small ? K(54.0) : K(0.0));
  v f = (v)(bits - (power << 52)) - 1.0;
  v s = f / (2.0 + f);
  v z = s * s;
  static const double c[] = {1.479819860510658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
    2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01};
  v series = K(0.0);
  for (int i = 0; i < 7; i++) series = z * (c[i] + series);
  v half = 0.5 * f * f;
  v found = k * 6.93147180369123816490e-01 - ((half - (s * (half + series) + k * 1.90821492927058770002e-10)) - f);
  found = x < __builtin_inf() ? found : x;
  found = x == 0 ? K(-__builtin_inf()) : found;
  return x < 0 ? K(__builtin_nan("")) : found;
}

// The loops that everything is measured against, as one would write them. Each repeats itself, so that a call costs nothing.
#include <math.h>

#define BARRIER __asm__ volatile("" ::: "memory")

void quantize_multiplying(long repeat, const float *restrict x, float *restrict out, long n, float low, float high, float scale, float zero) {
  float inverse = 1.0f / scale;
  for (long r = 0; r < repeat; r++) {
    for (long i = 0; i < n; i++) {
      float v = x[i] > high ? high : x[i];
      v = v < low ? low : v;
      out[i] = floorf((v - low) * inverse - zero + 0.5f) * scale;
    }
    BARRIER;
  }
}

void quantize_dividing(long repeat, const float *restrict x, float *restrict out, long n, float low, float high, float scale, float zero) {
  for (long r = 0; r < repeat; r++) {
    for (long i = 0; i < n; i++) {
      float v = x[i] > high ? high : x[i];
      v = v < low ? low : v;
      out[i] = floorf((v - low) / scale - zero + 0.5f) * scale;
    }
    BARRIER;
  }
}

// The caller repeats the ranges of few channels, so that a row is long enough for the inner loop.
void quantize_channels(
    long repeat, const float *restrict x, float *restrict out, long rows, long depth, const float *restrict low, const float *restrict high,
    const float *restrict scale, const float *restrict inverse, const float *restrict zero) {
  for (long r = 0; r < repeat; r++) {
    for (long row = 0; row < rows; row++) {
      const float *source = x + row * depth;
      float *target = out + row * depth;
      for (long c = 0; c < depth; c++) {
        float v = source[c] > high[c] ? high[c] : source[c];
        v = v < low[c] ? low[c] : v;
        target[c] = floorf((v - low[c]) * inverse[c] - zero[c] + 0.5f) * scale[c];
      }
    }
    BARRIER;
  }
}

// `SUM` is the type that the sums are formed in, in any order: without that the loop takes ten times as long.
#define GRADIENT(NAME, SUM)                                                                                                                       \
  void NAME(                                                                                                                                      \
      long repeat, const float *restrict g, const float *restrict x, float *restrict out, long n, float low, float high, float *restrict ends) {  \
    for (long r = 0; r < repeat; r++) {                                                                                                           \
      SUM below = 0, above = 0;                                                                                                                   \
      _Pragma("omp simd reduction(+:below,above)") for (long i = 0; i < n; i++) {                                                                 \
        out[i] = x[i] >= low && x[i] <= high ? g[i] : 0;                                                                                          \
        below += x[i] < low ? g[i] : 0;                                                                                                           \
        above += x[i] > high ? g[i] : 0;                                                                                                          \
      }                                                                                                                                           \
      ends[0] = (float)below;                                                                                                                     \
      ends[1] = (float)above;                                                                                                                     \
      BARRIER;                                                                                                                                    \
    }                                                                                                                                             \
  }
GRADIENT(gradient, double)
GRADIENT(gradient_of_floats, float)

void gradient_channels(
    long repeat, const float *restrict g, const float *restrict x, float *restrict out, long rows, long depth, const float *restrict low,
    const float *restrict high, double *restrict below, double *restrict above) {
  for (long r = 0; r < repeat; r++) {
    for (long c = 0; c < depth; c++) below[c] = above[c] = 0;
    for (long row = 0; row < rows; row++) {
      const float *up = g + row * depth, *source = x + row * depth;
      float *target = out + row * depth;
      for (long c = 0; c < depth; c++) {
        target[c] = source[c] >= low[c] && source[c] <= high[c] ? up[c] : 0;
        below[c] += source[c] < low[c] ? up[c] : 0;
        above[c] += source[c] > high[c] ? up[c] : 0;
      }
    }
    BARRIER;
  }
}

typedef struct step {
  void (*function)(const struct step *);
  const float *a, *b;
  float *out;
} step;

static void add(const step *s) { *s->out = *s->a + *s->b; }

// A plan of `count` additions, one behind the other; `values` has room for one more than `count`.
void chain(long repeat, step *steps, long count, float *values, const float *one) {
  for (long i = 0; i < count; i++) steps[i] = (step){add, values + i, one, values + i + 1};
  BARRIER;
  for (long r = 0; r < repeat; r++) {
    for (long i = 0; i < count; i++) steps[i].function(steps + i);
    BARRIER;
  }
}

long step_size(void) { return sizeof(step); }

void six_operations(long repeat, const float *restrict x, float *restrict out, long n) {
  for (long r = 0; r < repeat; r++) {
    for (long i = 0; i < n; i++) {
      float v = (x[i] + 1.0f) * 0.5f - 0.25f;
      v = v > 0.0f ? v : 0.0f;
      v = v < 3.0f ? v : 3.0f;
      out[i] = v * v;
    }
    BARRIER;
  }
}

// Multiply-adds that wait for nothing: the most that one core does. 2 * LANES * 16 operations in each turn.
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float vector __attribute__((vector_size(LANES * 4)));
long peak_operations(void) { return 2 * LANES * 16; }
float peak(long repeat, float by, float plus) {
  vector sums[16], factor, addend;
  for (int i = 0; i < LANES; i++) factor[i] = by, addend[i] = plus;
  for (int s = 0; s < 16; s++) sums[s] = addend;
  for (long r = 0; r < repeat; r++) {
#pragma GCC unroll 16
    for (int s = 0; s < 16; s++) sums[s] = sums[s] * factor + addend;
  }
  float all = 0;
  for (int s = 0; s < 16; s++) all += sums[s][0];
  return all;
}

// Activation functions and their derivatives, in plain C that compilers vectorise with each class's
// instructions; included last by each file that has a table. Products and sums are rounded apart,
// so all classes compute the same bits.
#include "bfloat16.h"

#pragma STDC FP_CONTRACT OFF

// One function of every pixel; it does not matter if x is y.
#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
#define ELEMENT static inline __attribute__((always_inline)) float

ELEMENT pixel_or_zero(float value, uint32_t lane) { return from_bits(to_bits(value) & lane); }

ELEMENT clamped(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

// e^x to two units in the last place, for x in [-87, 88]; the nearest of these otherwise. The
// polynomial is that of Moshier, "Methods and programs for mathematical functions", 1989 (Cephes,
// expf).
ELEMENT exponential(float x) {
  const float near = clamped(x, -87, 88);
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  const float shifted = near * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
  const float r = near - n * 0.693359375f - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  return p * from_bits((to_bits(shifted) << 23) + 0x3f800000u);
}

ELEMENT logistic(float x) { return 1 / (1 + exponential(-x)); }

ELEMENT activated(float x, const int kind, float slope) {
  switch (kind) {
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_RELU6: return clamped(x, 0, 6);
    case CK_LEAKY_RELU: return x < 0 ? x * slope : x;
    case CK_SILU: return x * logistic(x);
    case CK_HARD_SWISH: return x * (clamped(x + 3, 0, 6) * (1.0f / 6));
    case CK_SIGMOID: return logistic(x);
    default: return clamped(x + 3, 0, 6) * (1.0f / 6);
  }
}

// dy times the derivative at x.
ELEMENT activation_backward(float dy, float x, const int kind, float slope) {
  switch (kind) {
    case CK_RELU: return x > 0 ? dy : 0;
    case CK_RELU6: return x > 0 && x < 6 ? dy : 0;
    case CK_LEAKY_RELU: return x > 0 ? dy : dy * slope;
    case CK_SILU: {
      const float s = logistic(x);
      return dy * (s * (1 + x * (1 - s)));
    }
    case CK_HARD_SWISH: return x <= -3 ? 0 : x < 3 ? dy * (x * (1.0f / 3) + 0.5f) : dy;
    case CK_SIGMOID: {
      const float s = logistic(x);
      return dy * (s * (1 - s));
    }
    default: return x > -3 && x < 3 ? dy * (1.0f / 6) : 0;
  }
}

#define FOR_EACH_ACTIVATION(kind, ONE) \
  switch (kind) { \
    case CK_RELU: ONE(CK_RELU); break; \
    case CK_RELU6: ONE(CK_RELU6); break; \
    case CK_LEAKY_RELU: ONE(CK_LEAKY_RELU); break; \
    case CK_SILU: ONE(CK_SILU); break; \
    case CK_HARD_SWISH: ONE(CK_HARD_SWISH); break; \
    case CK_SIGMOID: ONE(CK_SIGMOID); break; \
    case CK_HARD_SIGMOID: ONE(CK_HARD_SIGMOID); break; \
  }

static void activate(
  const float *x, ck_activation f, float *y, ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
  const float slope = f.slope;
#define ONE(kind) \
  ELEMENTWISE for (ptrdiff_t p = begin; p < end; p++) \
    y[p] = pixel_or_zero(activated(x[p], kind, slope), mask.lanes[p])
  FOR_EACH_ACTIVATION(f.kind, ONE)
#undef ONE
}

static void activation_gradient(
  const float *dy, const float *x, ck_activation f, bool accumulate, float *dx, ptrdiff_t begin, ptrdiff_t end) {
  const float slope = f.slope;
#define ONE(kind) \
  if (accumulate) { \
    ELEMENTWISE for (ptrdiff_t p = begin; p < end; p++) dx[p] += activation_backward(dy[p], x[p], kind, slope); \
  } else { \
    ELEMENTWISE for (ptrdiff_t p = begin; p < end; p++) dx[p] = activation_backward(dy[p], x[p], kind, slope); \
  }
  FOR_EACH_ACTIVATION(f.kind, ONE)
#undef ONE
}

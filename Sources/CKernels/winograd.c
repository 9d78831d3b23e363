// Weights and their gradients to and from the domain of Winograd's F(4x4, 3x3).
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

// In double, and rounded once: the points' factors are not powers of two.
static const double G[6][3] = {
  {1.0 / 4, 0, 0},
  {-1.0 / 6, -1.0 / 6, -1.0 / 6},
  {-1.0 / 6, 1.0 / 6, -1.0 / 6},
  {1.0 / 24, 1.0 / 12, 1.0 / 6},
  {1.0 / 24, -1.0 / 12, 1.0 / 6},
  {0, 0, 1},
};

void ck_winograd_weights(
  const float *weights, int64_t inputs, int64_t first, int64_t count, bool turned, float *transformed) {
  for (int64_t i = first * inputs; i < (first + count) * inputs; i++) {
    const float *const g = weights + 9 * i;
    float *const u = transformed + 36 * i;
    double rows[6][3];
    for (int a = 0; a < 6; a++)
      for (int v = 0; v < 3; v++) {
        double sum = 0;
        for (int t = 0; t < 3; t++) sum += G[a][t] * (turned ? g[8 - 3 * t - v] : g[3 * t + v]);
        rows[a][v] = sum;
      }
    for (int a = 0; a < 6; a++)
      for (int b = 0; b < 6; b++) {
        double sum = 0;
        for (int v = 0; v < 3; v++) sum += rows[a][v] * G[b][v];
        u[6 * a + b] = (float)sum;
      }
  }
}

// Three values, transposed(G) u, from six that lie `step` apart.
static inline void narrow(const float *u, ptrdiff_t step, float w[3]) {
  const float ones = u[step] + u[2 * step], one = u[2 * step] - u[step];
  const float twos = u[3 * step] + u[4 * step], two = u[3 * step] - u[4 * step];
  const float sixth = 1.0f / 6;
  w[0] = 0.25f * u[0] - sixth * ones + 0.25f * sixth * twos;
  w[1] = sixth * one + 0.5f * sixth * two;
  w[2] = sixth * (twos - ones) + u[5 * step];
}

void ck_winograd_weight_gradient(
  const float *transformed, ptrdiff_t stride, ptrdiff_t step, int64_t count, float *gradient) {
  for (int64_t i = 0; i < count; i++, transformed += step, gradient += 9) {
    float rows[6][3];
    for (int a = 0; a < 6; a++) narrow(transformed + 6 * a * stride, stride, rows[a]);
    for (int v = 0; v < 3; v++) {
      float column[3];
      narrow(&rows[0][v], 3, column);
      for (int t = 0; t < 3; t++) gradient[3 * t + v] = column[t];
    }
  }
}

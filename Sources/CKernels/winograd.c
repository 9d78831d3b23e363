// Weights and their gradients to and from the domain of Winograd's F(2x2, 3x3).
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

// Three values times transposed(G), G = [[1, 0, 0], [1/2, 1/2, 1/2], [1/2, -1/2, 1/2], [0, 0, 1]].
static inline void widen(const float *g, int64_t step, float *u, int64_t u_step) {
  const float a = g[0], b = g[step], c = g[2 * step], sum = a + c;
  u[0] = a;
  u[u_step] = 0.5f * (sum + b);
  u[2 * u_step] = 0.5f * (sum - b);
  u[3 * u_step] = c;
}

void ck_winograd_weights(const float *weights, int64_t inputs, int64_t first, int64_t count, float *transformed) {
  for (int64_t i = first * inputs; i < (first + count) * inputs; i++) {
    const float *g = weights + 9 * i;
    float *u = transformed + 16 * i, rows[3][4];
    for (int r = 0; r < 3; r++) widen(g + 3 * r, 1, rows[r], 1);
    for (int b = 0; b < 4; b++) widen(&rows[0][b], 4, u + b, 4);
  }
}

void ck_winograd_weight_gradient(const float *transformed, ptrdiff_t stride, int64_t count, float *gradient) {
  for (int64_t i = 0; i < count; i++, transformed++, gradient += 9) {
    float rows[3][4];
    for (int b = 0; b < 4; b++) {
      const float *u = transformed + b * stride;
      const float one = u[4 * stride], other = u[8 * stride];
      rows[0][b] = u[0] + 0.5f * (one + other);
      rows[1][b] = 0.5f * (one - other);
      rows[2][b] = u[12 * stride] + 0.5f * (one + other);
    }
    for (int r = 0; r < 3; r++) {
      const float *w = rows[r];
      gradient[3 * r] = w[0] + 0.5f * (w[1] + w[2]);
      gradient[3 * r + 1] = 0.5f * (w[1] - w[2]);
      gradient[3 * r + 2] = w[3] + 0.5f * (w[1] + w[2]);
    }
  }
}

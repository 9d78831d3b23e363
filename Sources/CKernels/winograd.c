// Weights and their gradients to and from the domain of Winograd's F(4x4, 3x3).
#include <string.h>

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

enum {
  // Kernels that are transformed side by side.
  LANES = 8,
  // Input channels whose elements are gathered before they are written: 36 places far apart.
  GATHERED = 16,
};

typedef double doubles __attribute__((vector_size(LANES * sizeof(double))));
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));

// Six values, G g, from three.
static inline void widen(const doubles g[3], doubles u[6]) {
  for (int a = 0; a < 6; a++) u[a] = G[a][0] * g[0] + G[a][1] * g[1] + G[a][2] * g[2];
}

// G g transposed(G) of LANES kernels; element k of kernel i goes to to[k * step + i].
static void transform(const float *const kernels[LANES], bool turned, float *to, ptrdiff_t step) {
  double g[9][LANES];
  for (int i = 0; i < LANES; i++)
    for (int k = 0; k < 9; k++) g[k][i] = kernels[i][turned ? 8 - k : k];
  doubles rows[6][3];
  for (int v = 0; v < 3; v++) {
    doubles column[3], wide[6];
    for (int t = 0; t < 3; t++) memcpy(&column[t], g[3 * t + v], sizeof column[t]);
    widen(column, wide);
    for (int a = 0; a < 6; a++) rows[a][v] = wide[a];
  }
  for (int a = 0; a < 6; a++) {
    doubles wide[6];
    widen(rows[a], wide);
    for (int b = 0; b < 6; b++) {
      const floats rounded = __builtin_convertvector(wide[b], floats);
      memcpy(to + (6 * a + b) * step, &rounded, sizeof rounded);
    }
  }
}

// Input channels c..<c + channels of one group of output channels.
static void pack_channels(
  const float *weights, int64_t outputs, int64_t inputs, bool adjoint, int64_t first, int64_t group, int64_t c,
  int64_t channels, float *packed) {
  float gathered[36][GATHERED * CK_OUTPUT_GROUP];
  const int64_t count = channels * group;
  for (int64_t start = 0; start < count; start += LANES) {
    const float *kernels[LANES];
    for (int64_t i = 0; i < LANES; i++) {
      const int64_t entry = start + i < count ? start + i : count - 1;
      const int64_t input = c + entry / group, output = first + entry % group;
      kernels[i] = weights + 9 * (adjoint ? input * outputs + output : output * inputs + input);
    }
    transform(kernels, adjoint, &gathered[0][start], GATHERED * CK_OUTPUT_GROUP);
  }
  for (int k = 0; k < 36; k++)
    memcpy(packed + k * inputs * outputs + first * inputs + c * group, gathered[k], (size_t)count * sizeof(float));
}

void ck_winograd_weights(
  const float *weights, int64_t outputs, int64_t inputs, bool adjoint, int64_t first, int64_t last, float *packed) {
  for (int64_t group; first < last; first += group) {
    group = ck_output_group(outputs, first);
    for (int64_t c = 0; c < inputs; c += GATHERED)
      pack_channels(
        weights, outputs, inputs, adjoint, first, group, c, inputs - c < GATHERED ? inputs - c : GATHERED, packed);
  }
}

// Three values, transposed(G) u, from six that lie `step` apart.
static inline void narrow(const floats *u, ptrdiff_t step, floats w[3]) {
  const floats ones = u[step] + u[2 * step], one = u[2 * step] - u[step];
  const floats twos = u[3 * step] + u[4 * step], two = u[3 * step] - u[4 * step];
  const float sixth = 1.0f / 6;
  w[0] = 0.25f * u[0] - sixth * ones + 0.25f * sixth * twos;
  w[1] = sixth * one + 0.5f * sixth * two;
  w[2] = sixth * (twos - ones) + u[5 * step];
}

void ck_winograd_weight_gradient(
  const float *transformed, ptrdiff_t stride, int64_t count, bool turned, float *gradient, ptrdiff_t step) {
  for (int64_t i = 0; i < count; i += LANES) {
    const int64_t lanes = count - i < LANES ? count - i : LANES;
    floats rows[6][3], columns[3][3];
    for (int a = 0; a < 6; a++) {
      floats u[6] = {0};
      for (int b = 0; b < 6; b++)
        if (lanes == LANES)
          memcpy(&u[b], transformed + (6 * a + b) * stride + i, sizeof u[b]);
        else
          memcpy(&u[b], transformed + (6 * a + b) * stride + i, (size_t)lanes * sizeof(float));
      narrow(u, 1, rows[a]);
    }
    for (int v = 0; v < 3; v++) narrow(&rows[0][v], 3, columns[v]);
    for (int64_t j = 0; j < lanes; j++)
      for (int t = 0; t < 3; t++)
        for (int v = 0; v < 3; v++) {
          const int place = 3 * t + v;
          gradient[(i + j) * step + (turned ? 8 - place : place)] = columns[v][t][j];
        }
  }
}

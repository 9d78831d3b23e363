// The product of matrices, for portable kernels: one order of additions on every processor.
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

enum { TRANSPOSED = 112, LANES = 8 };

// Sums of every LANES-th product, which compilers compute side by side, and then of these.
static float dot(const float *a, ptrdiff_t a_step, const float *b, int count) {
  float sums[LANES] = {0};
  int k = 0;
  for (; k + LANES <= count; k += LANES)
    for (int i = 0; i < LANES; i++) sums[i] += a[(k + i) * a_step] * b[k + i];
  for (; k < count; k++) sums[k % LANES] += a[k * a_step] * b[k];
  for (int i = 1; i < LANES; i++) sums[0] += sums[i];
  return sums[0];
}

void ck_plain_multiply(
  int order, int transpose_a, int transpose_b, int rows, int columns, int inner, float alpha, const float *a, int a_stride,
  const float *b, int b_stride, float beta, float *c, int c_stride) {
  (void)order;
  const bool is_turned = transpose_a == TRANSPOSED;
  const ptrdiff_t a_row = is_turned ? 1 : a_stride, a_step = is_turned ? a_stride : 1;
  for (ptrdiff_t i = 0; i < rows; i++) {
    const float *const from = a + i * a_row;
    float *const to = c + i * c_stride;
    for (ptrdiff_t j = 0; j < columns; j++) to[j] = beta == 0 ? 0 : beta * to[j];
    if (transpose_b == TRANSPOSED)
      for (ptrdiff_t j = 0; j < columns; j++) to[j] += alpha * dot(from, a_step, b + j * b_stride, inner);
    else
      for (ptrdiff_t k = 0; k < inner; k++) {
        const float factor = alpha * from[k * a_step], *const row = b + k * b_stride;
        for (ptrdiff_t j = 0; j < columns; j++) to[j] += factor * row[j];
      }
  }
}

// Passes over planes that are bound by memory, whatever the instruction set.
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

void ck_split_signs(const float *x, float *positive, float *negative, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) {
    const float value = x[p];
    positive[p] = value > 0 ? value : 0;
    negative[p] = value < 0 ? -value : 0;
  }
}

void ck_add_planes(const float *a, const float *b, float *out, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) out[p] = a[p] + b[p];
}

void ck_multiply_planes(const float *a, const float *b, float *y, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) y[p] = a[p] * b[p];
}

void ck_multiply_images(
  ck_maps maps, const float *x, const float *gate, ptrdiff_t gate_stride, bool accumulate, float *y) {
  const int64_t pitch = maps.columns + 1;
  for (int64_t n = 0; n < maps.images; n++, x += pitch, y += pitch, gate += gate_stride)
    for (int64_t r = 0; r < maps.rows; r++, x += pitch, y += pitch)
      if (accumulate)
        for (int64_t c = 0; c < maps.columns; c++) y[c] += x[c] * *gate;
      else
        for (int64_t c = 0; c < maps.columns; c++) y[c] = x[c] * *gate;
}

void ck_image_products(ck_maps maps, const float *a, const float *b, float *sums, ptrdiff_t sums_stride) {
  enum { LANES = 8 };
  const int64_t pitch = maps.columns + 1;
  for (int64_t n = 0; n < maps.images; n++, a += pitch, b += pitch, sums += sums_stride) {
    double total = 0, lanes[LANES] = {0};
    for (int64_t r = 0; r < maps.rows; r++, a += pitch, b += pitch) {
      int64_t c = 0;
      for (; c + LANES <= maps.columns; c += LANES)
        for (int i = 0; i < LANES; i++) lanes[i] += (double)a[c + i] * b[c + i];
      for (; c < maps.columns; c++) total += (double)a[c] * b[c];
    }
    for (int i = 0; i < LANES; i++) total += lanes[i];
    *sums = (float)total;
  }
}

void ck_fill_image(ck_maps maps, float value, bool accumulate, float *y) {
  for (int64_t r = 0; r < maps.rows; r++, y += maps.columns + 1)
    for (int64_t c = 0; c < maps.columns; c++) y[c] = (accumulate ? y[c] : 0) + value;
}

#include <string.h>

#include "Resampling.h"

#pragma STDC FP_CONTRACT OFF

// A pixel: red, green, blue, and what is not looked at.
typedef float pixel __attribute__((vector_size(16)));
typedef uint8_t pixel_bytes __attribute__((vector_size(4)));

static inline pixel load(const uint8_t *bytes) {
  pixel_bytes value;
  memcpy(&value, bytes, sizeof value);
  return __builtin_convertvector(value, pixel);
}

static inline uint8_t rounded(float value) {
  const float shifted = value + 0.5f;
  return shifted <= 0 ? 0 : shifted >= 255 ? 255 : (uint8_t)shifted;
}

void ck_resample_rows(const uint8_t *x, int64_t rows, int64_t columns, const ck_resampling *axis, float *y) {
  for (int64_t r = 0; r < rows; r++) {
    const uint8_t *row = x + r * columns * 4;
    for (int64_t i = 0; i < axis->outputs; i++) {
      const uint8_t *from = row + (int64_t)axis->first[i] * 4;
      const float *weights = axis->weights + i * axis->taps;
      pixel sum = {0, 0, 0, 0};
      for (int32_t t = 0; t < axis->count[i]; t++) sum += load(from + 4 * t) * weights[t];
      memcpy(y + (r * axis->outputs + i) * 4, &sum, sizeof sum);
    }
  }
}

void ck_resample_columns(
  const float *x, int64_t top, int64_t columns, const ck_resampling *axis, uint8_t *planes) {
  const int64_t plane = axis->outputs * columns;
  for (int64_t i = 0; i < axis->outputs; i++) {
    const float *from = x + (axis->first[i] - top) * columns * 4;
    const float *weights = axis->weights + i * axis->taps;
    uint8_t *to = planes + i * columns;
    for (int64_t c = 0; c < columns; c++) {
      pixel sum = {0, 0, 0, 0};
      for (int32_t t = 0; t < axis->count[i]; t++) {
        pixel value;
        memcpy(&value, from + (t * columns + c) * 4, sizeof value);
        sum += value * weights[t];
      }
      for (int channel = 0; channel < 3; channel++) to[channel * plane + c] = rounded(sum[channel]);
    }
  }
}

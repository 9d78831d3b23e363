// Resampling of pictures: images of bytes, with the channels of a pixel side by side, as decoders
// give them.
#pragma once

#include <stdint.h>

// Weighted sums along an axis of an image, `outputs` of them: sum i is of count[i] pixels from
// first[i] on, with the weights from weights[i * taps] on.
typedef struct {
  const int32_t *first;
  const int32_t *count;
  const float *weights;
  int64_t taps;
  int64_t outputs;
} ck_resampling;

// Along the rows of an image of four bytes a pixel: y[row][i] of four floats a pixel.
void ck_resample_rows(const uint8_t *x, int64_t rows, int64_t columns, const ck_resampling *axis, float *y);
// Then along the columns: planes[channel][i][column] of the first three channels, rounded. Rows
// count from `top`.
void ck_resample_columns(
  const float *x, int64_t top, int64_t columns, const ck_resampling *axis, uint8_t *planes);

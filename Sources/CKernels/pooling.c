#include <math.h>
#include <string.h>

#include "CKernels.h"

void ck_max_pool(const ck_pool *g, const float *x, float *y, int32_t *indices) {
  for (int64_t n = 0; n < g->images; n++) {
    const float *image = x + n * (g->rows + 1) * (g->columns + 1);
    for (int64_t r = 0; r < g->output_rows; r++) {
      float *to = y + (n * (g->output_rows + 1) + r) * (g->output_columns + 1);
      int64_t top = r * g->stride - g->padding, bottom = top + g->window;
      if (top < 0) top = 0;
      if (bottom > g->rows) bottom = g->rows;
      for (int64_t c = 0; c < g->output_columns; c++) {
        int64_t left = c * g->stride - g->padding, right = left + g->window;
        if (left < 0) left = 0;
        if (right > g->columns) right = g->columns;
        float best = -INFINITY;
        int64_t index = top * g->columns + left;
        for (int64_t i = top; i < bottom; i++)
          for (int64_t j = left; j < right; j++) {
            const float value = image[i * (g->columns + 1) + j];
            // The second comparison lets a NaN through, so that a diverged run shows.
            if (value > best || value != value) best = value, index = i * g->columns + j;
          }
        to[c] = best;
        *indices++ = (int32_t)index;
      }
    }
  }
}

void ck_max_pool_gradient(const ck_pool *g, const float *dy, const int32_t *indices, float *dx) {
  for (int64_t n = 0; n < g->images; n++) {
    float *image = dx + n * (g->rows + 1) * (g->columns + 1);
    memset(image, 0, (size_t)((g->rows + 1) * (g->columns + 1)) * sizeof(float));
    for (int64_t r = 0; r < g->output_rows; r++) {
      const float *from = dy + (n * (g->output_rows + 1) + r) * (g->output_columns + 1);
      for (int64_t c = 0; c < g->output_columns; c++) {
        const int64_t index = *indices++;
        if (index < 0 || index >= g->rows * g->columns) continue;
        image[index + index / g->columns] += from[c];
      }
    }
  }
}

double ck_image_sum(const float *image, int64_t rows, int64_t columns) {
  double total = 0;
  for (int64_t r = 0; r < rows; r++, image += columns + 1) {
    double row = 0;
    for (int64_t c = 0; c < columns; c++) row += image[c];
    total += row;
  }
  return total;
}

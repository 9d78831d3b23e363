#include <math.h>
#include <string.h>

#include "CKernels.h"

typedef float four __attribute__((vector_size(16)));
typedef int32_t four_ints __attribute__((vector_size(16)));

// `best` and its `index` become `value` and `at` where that is larger, or no number.
static inline void take_larger(four value, four_ints at, four *best, four_ints *index) {
  const four_ints larger = (value > *best) | (value != value);
  *best = (four)((larger & (four_ints)value) | (~larger & (four_ints)*best));
  *index = (larger & at) | (~larger & *index);
}

// The first outputs of a row, four at a time, where windows of 2x2 lie side by side; answers how many. `top` is the
// row's first input, `start` its index.
static int64_t pool_pairs(
  const float *top, int64_t columns, int64_t start, int64_t outputs, float *to, int32_t *indices) {
  int64_t c = 0;
  for (; c + 4 <= outputs; c += 4) {
    const four_ints at = (int32_t)(start + 2 * c) + (four_ints){0, 2, 4, 6};
    four best = (four){0} - INFINITY;
    four_ints index = at;
    for (int i = 0; i < 2; i++) {
      const float *const row = top + i * (columns + 1) + 2 * c;
      const int32_t down = (int32_t)(i * columns);
      four a, b;
      memcpy(&a, row, sizeof a);
      memcpy(&b, row + 4, sizeof b);
      const four even = __builtin_shufflevector(a, b, 0, 2, 4, 6), odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
      take_larger(even, at + down, &best, &index);
      take_larger(odd, at + down + 1, &best, &index);
    }
    memcpy(to + c, &best, sizeof best);
    memcpy(indices + c, &index, sizeof index);
  }
  return c;
}

void ck_max_pool(const ck_pool *g, const float *x, float *y, int32_t *indices) {
  const bool in_pairs = g->window == 2 && g->stride == 2 && g->padding == 0;
  for (int64_t n = 0; n < g->images; n++) {
    const float *image = x + n * (g->rows + 1) * (g->columns + 1);
    for (int64_t r = 0; r < g->output_rows; r++) {
      float *to = y + (n * (g->output_rows + 1) + r) * (g->output_columns + 1);
      int64_t top = r * g->stride - g->padding, bottom = top + g->window;
      if (top < 0) top = 0;
      if (bottom > g->rows) bottom = g->rows;
      int64_t c = 0;
      if (in_pairs) {
        const int64_t start = top * g->columns;
        c = pool_pairs(image + top * (g->columns + 1), g->columns, start, g->output_columns, to, indices);
        indices += c;
      }
      for (; c < g->output_columns; c++) {
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
  enum { LANES = 8 };
  double total = 0, lanes[LANES] = {0};
  for (int64_t r = 0; r < rows; r++, image += columns + 1) {
    int64_t c = 0;
    for (; c + LANES <= columns; c += LANES)
      for (int i = 0; i < LANES; i++) lanes[i] += image[c + i];
    for (; c < columns; c++) total += image[c];
  }
  for (int i = 0; i < LANES; i++) total += lanes[i];
  return total;
}

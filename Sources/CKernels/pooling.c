#include <math.h>
#include <string.h>

#include "CKernels.h"

// So that results have the same bits on every processor.
#pragma STDC FP_CONTRACT OFF

typedef float four __attribute__((vector_size(16)));
typedef int32_t four_ints __attribute__((vector_size(16)));

// `best` and its `index` become `value` and `at` where that is larger, or no number.
static inline void take_larger(four value, four_ints at, four *best, four_ints *index) {
  const four_ints larger = (value > *best) | (value != value);
  *best = (four)((larger & (four_ints)value) | (~larger & (four_ints)*best));
  *index = (larger & at) | (~larger & *index);
}

static int64_t image_start(int64_t image, int64_t rows, int64_t columns) { return image * (rows + 1) * (columns + 1); }

// Rows or columns of a window that lie in the map: [low, high).
typedef struct {
  int64_t low, high;
} span;

static span window_span(const ck_pool *g, int64_t output, int64_t size) {
  span s = {output * g->stride - g->padding, output * g->stride - g->padding + g->window};
  if (s.low < 0) s.low = 0;
  if (s.high > size) s.high = size;
  return s;
}

// Outputs first..<last of a row, four at a time, whose windows lie two columns apart and within the
// row; answers where it stopped. `top` is what the first window begins with, `start` its index.
static inline __attribute__((always_inline)) int64_t pool_fours(
  const float *top, int64_t columns, int64_t start, int64_t rows, const int window, int64_t first, int64_t last,
  float *to, int32_t *indices) {
  int64_t c = first;
  for (; c + 4 <= last; c += 4, top += 8, start += 8) {
    const four_ints at = (int32_t)start + (four_ints){0, 2, 4, 6};
    four best = (four){0} - INFINITY;
    four_ints index = at;
    for (int64_t i = 0; i < rows; i++) {
      const float *const row = top + i * (columns + 1);
      const int32_t down = (int32_t)(i * columns);
      four a, b;
      memcpy(&a, row, sizeof a);
      memcpy(&b, row + 4, sizeof b);
      const four even = __builtin_shufflevector(a, b, 0, 2, 4, 6), odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
      take_larger(even, at + down, &best, &index);
      take_larger(odd, at + down + 1, &best, &index);
      if (window == 3) {
        const four after = {even[1], even[2], even[3], row[8]};
        take_larger(after, at + down + 2, &best, &index);
      }
    }
    memcpy(to + c, &best, sizeof best);
    memcpy(indices + c, &index, sizeof index);
  }
  return c;
}

// Outputs first..<last of row r.
static void pool_columns(
  const ck_pool *g, const float *image, int64_t r, int64_t first, int64_t last, float *to, int32_t *indices) {
  const span rows = window_span(g, r, g->rows);
  for (int64_t c = first; c < last; c++) {
    const span columns = window_span(g, c, g->columns);
    float best = -INFINITY;
    int64_t index = rows.low * g->columns + columns.low;
    for (int64_t i = rows.low; i < rows.high; i++)
      for (int64_t j = columns.low; j < columns.high; j++) {
        const float value = image[i * (g->columns + 1) + j];
        // The second comparison lets a NaN through, so that a diverged run shows.
        if (value > best || value != value) best = value, index = i * g->columns + j;
      }
    to[c] = best;
    indices[c] = (int32_t)index;
  }
}

static void pool_row(const ck_pool *g, const float *image, int64_t r, float *to, int32_t *indices) {
  int64_t first = 0, done = 0;
  if (g->stride == 2 && (g->window == 2 || g->window == 3)) {
    // Those whose windows have all of their columns.
    first = (g->padding + 1) / 2;
    const int64_t last = (g->columns + g->padding - g->window) / 2 + 1, left = 2 * first - g->padding;
    const span rows = window_span(g, r, g->rows);
    const float *const top = image + rows.low * (g->columns + 1) + left;
    const int64_t start = rows.low * g->columns + left, count = rows.high - rows.low;
    done = g->window == 2 ? pool_fours(top, g->columns, start, count, 2, first, last, to, indices)
                          : pool_fours(top, g->columns, start, count, 3, first, last, to, indices);
  }
  pool_columns(g, image, r, 0, first, to, indices);
  pool_columns(g, image, r, done, g->output_columns, to, indices);
}

void ck_max_pool(const ck_pool *g, const float *x, float *y, int32_t *indices) {
  for (int64_t n = 0; n < g->images; n++)
    for (int64_t r = 0; r < g->output_rows; r++, indices += g->output_columns)
      pool_row(
        g, x + image_start(n, g->rows, g->columns), r,
        y + image_start(n, g->output_rows, g->output_columns) + r * (g->output_columns + 1), indices);
}

void ck_max_pool_gradient(const ck_pool *g, const float *dy, const int32_t *indices, float *dx) {
  for (int64_t n = 0; n < g->images; n++) {
    float *image = dx + image_start(n, g->rows, g->columns);
    memset(image, 0, (size_t)image_start(1, g->rows, g->columns) * sizeof(float));
    for (int64_t r = 0; r < g->output_rows; r++) {
      const float *from = dy + image_start(n, g->output_rows, g->output_columns) + r * (g->output_columns + 1);
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

static float window_sum(const ck_pool *g, const float *image, span rows, span columns) {
  float sum = 0;
  for (int64_t i = rows.low; i < rows.high; i++)
    for (int64_t j = columns.low; j < columns.high; j++) sum += image[i * (g->columns + 1) + j];
  return sum;
}

void ck_average_pool(const ck_pool *g, const float *x, float *y) {
  const float pixels = (float)(g->window * g->window);
  for (int64_t n = 0; n < g->images; n++) {
    const float *const image = x + image_start(n, g->rows, g->columns);
    float *to = y + image_start(n, g->output_rows, g->output_columns);
    for (int64_t r = 0; r < g->output_rows; r++, to += g->output_columns + 1) {
      const span rows = window_span(g, r, g->rows);
      for (int64_t c = 0; c < g->output_columns; c++)
        to[c] = window_sum(g, image, rows, window_span(g, c, g->columns)) / pixels;
    }
  }
}

static void clear_maps(const ck_pool *g, float *x) {
  for (int64_t n = 0; n < g->images; n++)
    for (int64_t r = 0; r < g->rows; r++)
      memset(x + image_start(n, g->rows, g->columns) + r * (g->columns + 1), 0, (size_t)g->columns * sizeof *x);
}

void ck_average_pool_gradient(const ck_pool *g, const float *dy, bool accumulate, float *dx) {
  const float pixels = (float)(g->window * g->window);
  if (!accumulate) clear_maps(g, dx);
  for (int64_t n = 0; n < g->images; n++) {
    float *const image = dx + image_start(n, g->rows, g->columns);
    const float *from = dy + image_start(n, g->output_rows, g->output_columns);
    for (int64_t r = 0; r < g->output_rows; r++, from += g->output_columns + 1) {
      const span rows = window_span(g, r, g->rows);
      for (int64_t c = 0; c < g->output_columns; c++) {
        const span columns = window_span(g, c, g->columns);
        const float value = from[c] / pixels;
        for (int64_t i = rows.low; i < rows.high; i++)
          for (int64_t j = columns.low; j < columns.high; j++) image[i * (g->columns + 1) + j] += value;
      }
    }
  }
}

void ck_average_pool_relevance(
  const ck_pool *g, const float *relevance, const float *x, bool accumulate, float *result) {
  if (!accumulate) clear_maps(g, result);
  for (int64_t n = 0; n < g->images; n++) {
    const int64_t start = image_start(n, g->rows, g->columns);
    const float *from = relevance + image_start(n, g->output_rows, g->output_columns);
    for (int64_t r = 0; r < g->output_rows; r++, from += g->output_columns + 1) {
      const span rows = window_span(g, r, g->rows);
      for (int64_t c = 0; c < g->output_columns; c++) {
        const span columns = window_span(g, c, g->columns);
        const float quotient = from[c] / (window_sum(g, x + start, rows, columns) + 1e-9f);
        for (int64_t i = rows.low; i < rows.high; i++)
          for (int64_t j = columns.low; j < columns.high; j++) {
            const int64_t p = start + i * (g->columns + 1) + j;
            result[p] += x[p] * quotient;
          }
      }
    }
  }
}

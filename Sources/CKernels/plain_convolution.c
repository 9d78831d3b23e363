// Convolutions of any kernel size, stride, padding and number of groups, a row at a time. A plane's
// borders are one pixel wide, so taps that would read further out are left out by bounds.
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

// Output positions q in [low, high) whose input position q * stride + offset lies in [0, size).
typedef struct {
  int64_t low, high;
} range;

static range inside(int64_t size, int64_t outputs, int64_t stride, int64_t offset) {
  range r = {0, outputs};
  while (r.low < outputs && r.low * stride + offset < 0) r.low++;
  while (r.high > r.low && (r.high - 1) * stride + offset >= size) r.high--;
  return r;
}

static int64_t pixel(int64_t image, int64_t row, int64_t rows, int64_t columns) {
  return (image * (rows + 1) + row) * (columns + 1);
}

// Inputs that one output reads, and outputs that read one input.
static int64_t group_inputs(const ck_convolution_shape *g) { return g->inputs / g->groups; }
static int64_t group_outputs(const ck_convolution_shape *g) { return g->outputs / g->groups; }

// The first input that an output reads.
static int64_t first_input(const ck_convolution_shape *g, int64_t output) {
  return output / group_outputs(g) * group_inputs(g);
}

// One row of a tap's plane: `count` elements from column `first` on. `from` is null where the tap
// reads no row.
static void unfold_row(
  const ck_convolution_shape *g, const float *from, int64_t tap, int64_t first, int64_t count, float *to) {
  const int64_t s = g->stride, offset = tap - g->padding;
  range q = inside(g->columns, g->output_columns, s, offset);
  if (q.low < first) q.low = first;
  if (q.high > first + count) q.high = first + count;
  if (!from || q.low > q.high) q.low = q.high = first + count;
  for (int64_t i = first; i < q.low; i++) to[i - first] = 0;
  if (s == 1)
    for (int64_t i = q.low; i < q.high; i++) to[i - first] = from[i + offset];
  else if (s == 2)
    for (int64_t i = q.low; i < q.high; i++) to[i - first] = from[2 * i + offset];
  else
    for (int64_t i = q.low; i < q.high; i++) to[i - first] = from[s * i + offset];
  for (int64_t i = q.high; i < first + count; i++) to[i - first] = 0;
}

void ck_unfold(
  const ck_convolution_shape *g, const float *x, int64_t images, ptrdiff_t begin, ptrdiff_t end, float *out,
  ptrdiff_t out_stride) {
  const int64_t k = g->kernel, pitch = g->output_columns + 1;
  for (ptrdiff_t p = begin, next; p < end; p = next) {
    const int64_t line = p / pitch, image = line / (g->output_rows + 1), r = line % (g->output_rows + 1);
    next = (line + 1) * pitch < end ? (line + 1) * pitch : end;
    float *to = out + (p - begin);
    for (int64_t c = 0; c < g->inputs; c++)
      for (int64_t u = 0; u < k; u++) {
        const int64_t row = r * g->stride + u - g->padding;
        const bool reads = image < images && r < g->output_rows && row >= 0 && row < g->rows;
        const float *from = reads ? x + c * g->x_stride + pixel(image, row, g->rows, g->columns) : 0;
        for (int64_t v = 0; v < k; v++, to += out_stride) unfold_row(g, from, v, p % pitch, next - p, to);
      }
  }
}

// Columns whose sums are in work at a time.
enum { PRECISE_COLUMNS = 128 };

static void precise_columns(
  const ck_convolution_shape *g, const float *x, const float *w, int64_t image, int64_t row, int64_t first,
  int64_t count, double *sums) {
  const int64_t k = g->kernel, s = g->stride;
  for (int64_t c = 0; c < group_inputs(g); c++)
    for (int64_t u = 0; u < k; u++) {
      const int64_t from_row = row * s + u - g->padding;
      if (from_row < 0 || from_row >= g->rows) continue;
      const float *const from = x + c * g->x_stride + pixel(image, from_row, g->rows, g->columns);
      for (int64_t v = 0; v < k; v++) {
        const double weight = w[(c * k + u) * k + v];
        const int64_t offset = v - g->padding;
        const range q = inside(g->columns, first + count, s, offset);
        for (int64_t i = q.low > first ? q.low : first; i < q.high; i++)
          sums[i - first] += weight * from[i * s + offset];
      }
    }
}

void ck_precise_convolve(
  const ck_convolution_shape *g, const float *x, const float *w, const float *bias, int64_t output, int64_t image,
  float *y) {
  const float *const weights = w + output * group_inputs(g) * g->kernel * g->kernel;
  x += first_input(g, output) * g->x_stride;
  for (int64_t r = 0; r < g->output_rows; r++) {
    float *const to = y + output * g->y_stride + pixel(image, r, g->output_rows, g->output_columns);
    for (int64_t first = 0; first < g->output_columns; first += PRECISE_COLUMNS) {
      const int64_t left = g->output_columns - first, count = left < PRECISE_COLUMNS ? left : PRECISE_COLUMNS;
      double sums[PRECISE_COLUMNS];
      for (int64_t i = 0; i < count; i++) sums[i] = bias ? bias[output] : 0;
      precise_columns(g, x, weights, image, r, first, count, sums);
      for (int64_t i = 0; i < count; i++) to[first + i] = (float)sums[i];
    }
  }
}

void ck_plain_convolve(
  const ck_convolution_shape *g, const float *x, const float *w, const float *bias, int64_t output, int64_t image,
  float *y) {
  const int64_t k = g->kernel, s = g->stride, inputs = group_inputs(g);
  x += first_input(g, output) * g->x_stride;
  for (int64_t r = 0; r < g->output_rows; r++) {
    float *const to = y + output * g->y_stride + pixel(image, r, g->output_rows, g->output_columns);
    for (int64_t q = 0; q < g->output_columns; q++) to[q] = bias ? bias[output] : 0;
    for (int64_t c = 0; c < inputs; c++)
      for (int64_t u = 0; u < k; u++) {
        const int64_t row = r * s + u - g->padding;
        if (row < 0 || row >= g->rows) continue;
        const float *const from = x + c * g->x_stride + pixel(image, row, g->rows, g->columns);
        for (int64_t v = 0; v < k; v++) {
          const float weight = w[((output * inputs + c) * k + u) * k + v];
          const int64_t offset = v - g->padding;
          const range q = inside(g->columns, g->output_columns, s, offset);
          if (s == 1)
            for (int64_t i = q.low; i < q.high; i++) to[i] += weight * from[i + offset];
          else
            for (int64_t i = q.low; i < q.high; i++) to[i] += weight * from[i * s + offset];
        }
      }
  }
}

void ck_plain_input_gradient(
  const ck_convolution_shape *g, const float *dy, const float *w, int64_t input, int64_t image, bool accumulate,
  float *dx) {
  const int64_t k = g->kernel, s = g->stride, inputs = group_inputs(g), outputs = group_outputs(g);
  const int64_t first = input / inputs * outputs;
  float *plane = dx + input * g->x_stride;
  if (!accumulate)
    for (int64_t r = 0; r < g->rows; r++) {
      float *to = plane + pixel(image, r, g->rows, g->columns);
      for (int64_t q = 0; q < g->columns; q++) to[q] = 0;
    }
  for (int64_t o = first; o < first + outputs; o++)
    for (int64_t r = 0; r < g->output_rows; r++) {
      const float *from = dy + o * g->y_stride + pixel(image, r, g->output_rows, g->output_columns);
      for (int64_t u = 0; u < k; u++) {
        const int64_t row = r * s + u - g->padding;
        if (row < 0 || row >= g->rows) continue;
        float *to = plane + pixel(image, row, g->rows, g->columns);
        for (int64_t v = 0; v < k; v++) {
          const float weight = w[((o * inputs + input % inputs) * k + u) * k + v];
          const int64_t offset = v - g->padding;
          const range q = inside(g->columns, g->output_columns, s, offset);
          if (s == 1)
            for (int64_t i = q.low; i < q.high; i++) to[i + offset] += weight * from[i];
          else
            for (int64_t i = q.low; i < q.high; i++) to[i * s + offset] += weight * from[i];
        }
      }
    }
}

// Sum of dy[i] * x[i * stride] for i < count.
static double row_product(const float *dy, const float *x, int64_t stride, int64_t count) {
  enum { LANES = 8 };
  float lanes[LANES] = {0};
  double total = 0;
  int64_t i = 0;
  if (stride == 1)
    for (; i + LANES <= count; i += LANES)
      for (int j = 0; j < LANES; j++) lanes[j] += dy[i + j] * x[i + j];
  else
    for (; i + LANES <= count; i += LANES)
      for (int j = 0; j < LANES; j++) lanes[j] += dy[i + j] * x[(i + j) * stride];
  for (; i < count; i++) total += (double)dy[i] * x[i * stride];
  for (int j = 0; j < LANES; j++) total += lanes[j];
  return total;
}

void ck_plain_weight_gradient(
  const ck_convolution_shape *g, const float *x, const float *dy, int64_t images, int64_t output, float *gradient) {
  const int64_t k = g->kernel, s = g->stride, inputs = group_inputs(g);
  x += first_input(g, output) * g->x_stride;
  dy += output * g->y_stride;
  for (int64_t c = 0; c < inputs; c++)
    for (int64_t u = 0; u < k; u++)
      for (int64_t v = 0; v < k; v++) {
        const int64_t offset = v - g->padding;
        const range q = inside(g->columns, g->output_columns, s, offset);
        double total = 0;
        for (int64_t n = 0; n < images; n++)
          for (int64_t r = 0; r < g->output_rows; r++) {
            const int64_t row = r * s + u - g->padding;
            if (row < 0 || row >= g->rows || q.low >= q.high) continue;
            total += row_product(
              dy + pixel(n, r, g->output_rows, g->output_columns) + q.low,
              x + c * g->x_stride + pixel(n, row, g->rows, g->columns) + q.low * s + offset, s, q.high - q.low);
          }
        gradient[((output * inputs + c) * k + u) * k + v] = (float)total;
      }
}

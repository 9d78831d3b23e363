// 3x3 filters with stride 2 over planes where they lie, an output at a time. Borders are zero, so
// that every output reads nine elements.
#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

static ptrdiff_t pixel(int64_t image, int64_t row, int64_t column, int64_t rows, int64_t columns) {
  return (image * (rows + 1) + row) * (columns + 1) + column;
}

// Where in the input the first tap of an output reads.
static ptrdiff_t first_tap(const ck_strided_filter *job, int64_t image, int64_t r, int64_t q) {
  return pixel(image, 2 * r - 1, 2 * q - 1, job->rows, job->columns);
}

void ck_plain_strided_filter(const ck_strided_filter *job, const float *x, int64_t first, int64_t images, float *y) {
  const int64_t pitch = job->columns + 1, rows = (job->rows + 1) / 2, columns = (job->columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < rows; r++)
      for (int64_t q = 0; q < columns; q++) {
        const float *const from = x + first_tap(job, n, r, q);
        float sum = job->bias;
        for (int t = 0; t < 9; t++) sum += job->weights[t] * from[t / 3 * pitch + t % 3];
        y[pixel(n, r, q, rows, columns)] = sum;
      }
}

void ck_plain_strided_filter_input_gradient(
  const ck_strided_filter *job, const float *dy, int64_t first, int64_t images, bool accumulate, float *dx) {
  const int64_t rows = (job->rows + 1) / 2, columns = (job->columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t i = 0; i < job->rows; i++)
      for (int64_t j = 0; j < job->columns; j++) {
        // Even pixels are read by the middle tap, odd ones by the first of the next output and the
        // last of this one.
        float sum = 0;
        for (int u = (i + 1) % 2; u < 3; u += 2)
          for (int v = (j + 1) % 2; v < 3; v += 2)
            sum += job->weights[3 * u + v] * dy[pixel(n, (i + 1 - u) / 2, (j + 1 - v) / 2, rows, columns)];
        float *const to = dx + pixel(n, i, j, job->rows, job->columns);
        *to = accumulate ? *to + sum : sum;
      }
}

void ck_plain_strided_filter_gradient(
  const ck_strided_filter *job, const float *x, const float *dy, int64_t first, int64_t images, double *totals) {
  const int64_t pitch = job->columns + 1, rows = (job->rows + 1) / 2, columns = (job->columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < rows; r++)
      for (int64_t q = 0; q < columns; q++) {
        const float *const from = x + first_tap(job, n, r, q);
        const double gradient = dy[pixel(n, r, q, rows, columns)];
        for (int t = 0; t < 9; t++) totals[t] += gradient * from[t / 3 * pitch + t % 3];
      }
}

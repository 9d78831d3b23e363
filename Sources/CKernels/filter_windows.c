// Copies of a plane's images with zeros around them, which filters read whose taps reach further
// than a plane's borders, or step over pixels.
#include <string.h>

#include "CKernels.h"

static int64_t pixel(const ck_filter_window *w, int64_t image, int64_t row) {
  return (image * (w->rows + 1) + row) * (w->columns + 1);
}

// Of a row of pixels every step-th from `first` on, `count` elements that start `before` ahead of
// it: zero where there is none.
static void cut_row(const float *row, int64_t columns, int64_t step, int64_t first, int64_t before, int64_t count, float *to) {
  const int64_t found = first < columns ? (columns - first + step - 1) / step : 0;
  const int64_t room = count - before, pixels = found < room ? found : room;
  memset(to, 0, before * sizeof *to);
  to += before;
  row += first;
  if (step == 1)
    memcpy(to, row, pixels * sizeof *to);
  else if (step == 2)
    for (int64_t i = 0; i < pixels; i++) to[i] = row[2 * i];
  else
    for (int64_t i = 0; i < pixels; i++) to[i] = row[step * i];
  memset(to + pixels, 0, (room - pixels) * sizeof *to);
}

void ck_cut_window(const ck_filter_window *w, const float *plane, int64_t first, int64_t images, float *copy) {
  const int64_t size = images * w->window_rows * w->pitch;
  for (int64_t phase = 0; phase < w->step * w->step; phase++) {
    const int64_t a = phase / w->step, b = phase % w->step;
    float *to = copy + phase * w->phase;
    for (int64_t n = first; n < first + images; n++)
      for (int64_t r = 0; r < w->window_rows; r++, to += w->pitch) {
        const int64_t row = (r - w->before) * w->step + a;
        if (row < 0 || row >= w->rows)
          memset(to, 0, w->pitch * sizeof *to);
        else
          cut_row(plane + pixel(w, n, row), w->columns, w->step, b, w->before, w->pitch, to);
      }
    memset(to, 0, (w->phase - size) * sizeof *to);
  }
}

void ck_paste_window(
  const ck_filter_window *w, const float *copy, int64_t first, int64_t images, bool accumulate, float *plane) {
  const int64_t s = w->step;
  for (int64_t n = 0; n < images; n++)
    for (int64_t row = 0; row < w->rows; row++) {
      float *const to = plane + pixel(w, first + n, row);
      for (int64_t b = 0; b < s && b < w->columns; b++) {
        const int64_t at = (n * w->window_rows + row / s + w->before) * w->pitch + w->before;
        const float *const from = copy + (row % s * s + b) * w->phase + at;
        const int64_t count = (w->columns - b + s - 1) / s;
        if (accumulate)
          for (int64_t i = 0; i < count; i++) to[s * i + b] += from[i];
        else if (s == 1)
          memcpy(to, from, count * sizeof *to);
        else if (s == 2)
          for (int64_t i = 0; i < count; i++) to[2 * i + b] = from[i];
        else
          for (int64_t i = 0; i < count; i++) to[s * i + b] = from[i];
      }
    }
}

// The loops of depthwise convolutions in terms of one instruction set's vectors; included after
// vector_kernels.h.
//
// A filter reads a plane where it lies: every tap is a shifted read, of the first-level cache after
// the first. So a register block is as many vectors as hide a multiply-add's latency, and the taps'
// number is a constant where it is a usual one.
//
//   store_first(p, v, count)      stores a vector's first elements, count < WIDTH
//   divide_pairs(a, b, ...)       every second element of two vectors, from the first and from the
//                                 second on
//   join_pairs(first, second, ..) the inverse
#include <string.h>

enum { FILTER_VECTORS = 6, FILTER_TAPS = 9 };

INLINE void filter_block(
  const ck_filter *job, const int64_t taps, const bool has_mask, const int vectors, ptrdiff_t p) {
  V sums[FILTER_VECTORS];
  UNROLL for (int i = 0; i < vectors; i++) {
    prefetch_ahead(job->x + p + i * WIDTH);
    prefetch_ahead(job->y + p + i * WIDTH);
    sums[i] = set1(job->bias);
  }
  for (int64_t t = 0; t < taps; t++) {
    const float *const at = job->x + job->offsets[t] + p;
    const V weight = broadcast(job->weights + t);
    UNROLL for (int i = 0; i < vectors; i++) sums[i] = muladd(weight, load(at + i * WIDTH), sums[i]);
  }
  float *const y = job->y + p;
  UNROLL for (int i = 0; i < vectors; i++) {
    V value = has_mask ? keep(sums[i], job->mask, p + i * WIDTH) : sums[i];
    if (job->accumulate) value = add(value, load(y + i * WIDTH));
    store(y + i * WIDTH, value);
  }
}

INLINE void filter_taps(const ck_filter *job, const int64_t taps, const bool has_mask, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + FILTER_VECTORS * WIDTH <= end; p += FILTER_VECTORS * WIDTH)
    filter_block(job, taps, has_mask, FILTER_VECTORS, p);
  for (; p < end; p += WIDTH) filter_block(job, taps, has_mask, 1, p);
}

static void filter(const ck_filter *job, ptrdiff_t begin, ptrdiff_t end) {
  const bool has_mask = job->mask.bits;
  if (job->taps == 9 && has_mask) return filter_taps(job, 9, true, begin, end);
  if (job->taps == 9) return filter_taps(job, 9, false, begin, end);
  if (job->taps == 25 && !has_mask) return filter_taps(job, 25, false, begin, end);
  if (has_mask) return filter_taps(job, job->taps, true, begin, end);
  filter_taps(job, job->taps, false, begin, end);
}

INLINE void filter_gradient_taps(
  const ck_filter_gradient *job, int64_t first, const int taps, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  V sums[FILTER_TAPS];
  UNROLL for (int t = 0; t < taps; t++) sums[t] = set1(0);
  for (ptrdiff_t p = begin; p < end; p += WIDTH) {
    const V gradient = load(job->dy + p);
    const float *const x = job->x + p;
    UNROLL for (int t = 0; t < taps; t++)
      sums[t] = muladd(gradient, load(x + job->offsets[first + t]), sums[t]);
  }
  UNROLL for (int t = 0; t < taps; t++) totals[first + t] += fold(sums[t]);
}

static void filter_gradient(const ck_filter_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    int64_t t = 0;
    for (; t + FILTER_TAPS <= job->taps; t += FILTER_TAPS)
      filter_gradient_taps(job, t, FILTER_TAPS, start, stop, totals);
    switch (job->taps - t) {
#define TAPS(n) \
  case n: filter_gradient_taps(job, t, n, start, stop, totals); break
      TAPS(8);
      TAPS(7);
      TAPS(6);
      TAPS(5);
      TAPS(4);
      TAPS(3);
      TAPS(2);
      TAPS(1);
#undef TAPS
    }
  }
}

// Every vector of x meets three rows of dy, and every vector of dy three columns of x: six loads
// for nine products, where a tap by itself would need ten.
INLINE void plane_gradient_block(const ck_plane_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  V sums[FILTER_TAPS];
  UNROLL for (int t = 0; t < FILTER_TAPS; t++) sums[t] = set1(0);
  for (ptrdiff_t p = begin; p < end; p += WIDTH) {
    prefetch_ahead(job->x + p);
    prefetch_ahead(job->dy + p);
    V pixels[3];
    UNROLL for (int v = 0; v < 3; v++) pixels[v] = load(job->x + p + v - 1);
    UNROLL for (int u = 0; u < 3; u++) {
      const V gradient = load(job->dy + p - (u - 1) * job->pitch);
      UNROLL for (int v = 0; v < 3; v++) sums[3 * u + v] = muladd(gradient, pixels[v], sums[3 * u + v]);
    }
  }
  float folded[8];
  fold_four(sums[0], sums[1], sums[2], sums[3], folded);
  fold_four(sums[4], sums[5], sums[6], sums[7], folded + 4);
  for (int t = 0; t < 8; t++) totals[t] += folded[t];
  totals[8] += fold(sums[8]);
}

static void plane_gradient(const ck_plane_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK)
    plane_gradient_block(job, start, end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK, totals);
}

// Zeros, and up to a vector more, which is written after them.
INLINE void zeros(float *to, int64_t count) {
  for (int64_t i = 0; i < count; i += WIDTH) store(to + i, set1(0));
}

// The pixels of a window's row and the zeros from there to the next row's first pixel, whose
// elements are written after it: whole vectors are read and written, and what is too much of them
// overwritten. So a row costs a few instructions, however short.
INLINE void cut_row(const ck_filter_window *w, const float *row, float *to) {
  const int64_t room = w->pitch - w->before, count = w->columns < room ? w->columns : room;
  for (int64_t i = 0; i < count; i += WIDTH) store(to + i, load(row + i));
  zeros(to + count, w->pitch - count);
}

// The same of two phases.
INLINE void cut_pairs(const ck_filter_window *w, const float *row, float *even, float *odd) {
  const int64_t room = w->pitch - w->before, evens = (w->columns + 1) / 2, odds = w->columns / 2;
  const int64_t first = evens < room ? evens : room, second = odds < room ? odds : room;
  for (int64_t i = 0; i < first; i += WIDTH) {
    V a, b;
    divide_pairs(load(row + 2 * i), load(row + 2 * i + WIDTH), &a, &b);
    store(even + i, a);
    store(odd + i, b);
  }
  zeros(even + first, w->pitch - first);
  zeros(odd + second, w->pitch - second);
}

static void cut_window(const ck_filter_window *w, const float *plane, int64_t first, int64_t images, float *copy) {
  if (w->step > 2) return ck_cut_window(w, plane, first, images, copy);
  const int64_t pitch = w->columns + 1, size = images * w->window_rows * w->pitch;
  for (int64_t a = 0; a < w->step; a++) {
    float *to = copy + a * w->step * w->phase;
    for (int64_t b = 0; b < w->step; b++) zeros(to + b * w->phase, w->before);
    to += w->before;
    for (int64_t n = first; n < first + images; n++)
      for (int64_t r = 0; r < w->window_rows; r++, to += w->pitch) {
        const int64_t row = (r - w->before) * w->step + a;
        const float *const from = plane + (n * (w->rows + 1) + row) * pitch;
        const bool is_inside = row >= 0 && row < w->rows;
        if (is_inside && w->step == 1) cut_row(w, from, to);
        if (is_inside && w->step == 2) cut_pairs(w, from, to, to + w->phase);
        for (int64_t b = 0; b < w->step && !is_inside; b++) zeros(to + b * w->phase, w->pitch);
      }
    for (int64_t b = 0; b < w->step; b++)
      memset(copy + (a * w->step + b) * w->phase + size, 0, (w->phase - size) * sizeof *copy);
  }
}

// Stores the first elements of a vector, which are added to what is there if asked. Nothing else is
// written: other threads may be at what follows.
INLINE void paste(float *to, V v, int64_t count, bool accumulate) {
  if (count >= WIDTH) return store(to, accumulate ? add(v, load(to)) : v);
  if (!accumulate) return store_first(to, v, count);
  float all[WIDTH];
  store(all, v);
  for (int64_t i = 0; i < count; i++) to[i] += all[i];
}

// A vector of even pixels and one of odd ones as a row of pixels, of which `count` are left.
INLINE void paste_pairs(float *to, V even, V odd, int64_t count, bool accumulate) {
  V a, b;
  join_pairs(even, odd, &a, &b);
  paste(to, a, count, accumulate);
  if (count > WIDTH) paste(to + WIDTH, b, count - WIDTH, accumulate);
}

INLINE void paste_rows(
  const ck_filter_window *w, const int s, const float *copy, int64_t first, int64_t images, bool accumulate,
  float *plane) {
  for (int64_t n = 0; n < images; n++)
    for (int64_t row = 0; row < w->rows; row++) {
      float *const to = plane + ((first + n) * (w->rows + 1) + row) * (w->columns + 1);
      const int64_t at = (n * w->window_rows + row / s + w->before) * w->pitch + w->before;
      const float *const from = copy + row % s * s * w->phase + at;
      for (int64_t i = 0; i < w->columns; i += s * WIDTH) {
        if (s == 1) {
          paste(to + i, load(from + i), w->columns - i, accumulate);
          continue;
        }
        paste_pairs(
          to + i, load(from + i / 2), load(from + w->phase + i / 2), w->columns - i, accumulate);
      }
    }
}

static void paste_window(
  const ck_filter_window *w, const float *copy, int64_t first, int64_t images, bool accumulate, float *plane) {
  if (w->step == 1) return paste_rows(w, 1, copy, first, images, accumulate, plane);
  if (w->step == 2) return paste_rows(w, 2, copy, first, images, accumulate, plane);
  ck_paste_window(w, copy, first, images, accumulate, plane);
}

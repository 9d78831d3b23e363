// Values stored as bfloat16: in plain C that compilers vectorise with each class's instructions;
// included by each file that has a table, behind elementwise_kernels.h.
#include "bfloat16.h"
#include "prefetching.h"

// Elements of a cache line of stored values.
enum { STORED_LINE = 32 };

// A row of values, which prefetches what lies `ahead` bytes further on.
#define CONVERT(name, conversion, From, To, stored) \
  static inline __attribute__((always_inline)) void name( \
    const From *x, To *y, ptrdiff_t begin, ptrdiff_t end, uintptr_t ahead) { \
    ptrdiff_t p = begin; \
    for (; p + STORED_LINE <= end; p += STORED_LINE) { \
      prefetch_at(stored + p, ahead); \
      ELEMENTWISE for (int i = 0; i < STORED_LINE; i++) y[p + i] = conversion(x[p + i]); \
    } \
    for (; p < end; p++) y[p] = conversion(x[p]); \
  }

CONVERT(widen_row, widened, uint16_t, float, x)
CONVERT(narrow_row, rounded, float, uint16_t, y)

static void widen(const uint16_t *x, float *y, ptrdiff_t begin, ptrdiff_t end) {
  widen_row(x, y, begin, end, BYTES_AHEAD);
}

static void narrow(const float *x, uint16_t *y, ptrdiff_t begin, ptrdiff_t end) {
  narrow_row(x, y, begin, end, BYTES_AHEAD);
}

// From an element of a row to what is converted that much later: where rows are short, in another
// row.
static uintptr_t bytes_ahead(ptrdiff_t stride, ptrdiff_t begin, ptrdiff_t end) {
  const ptrdiff_t bytes = (end - begin) * (ptrdiff_t)sizeof(uint16_t);
  if (bytes >= BYTES_AHEAD || bytes <= 0) return BYTES_AHEAD;
  return (uintptr_t)((BYTES_AHEAD + bytes - 1) / bytes * stride) * sizeof(uint16_t);
}

static void widen_rows(
  const uint16_t *x, ptrdiff_t x_stride, int64_t rows, float *y, ptrdiff_t y_stride, ptrdiff_t begin, ptrdiff_t end) {
  const uintptr_t ahead = bytes_ahead(x_stride, begin, end);
  for (; rows > 0; rows--, x += x_stride, y += y_stride) widen_row(x, y, begin, end, ahead);
}

static void narrow_rows(
  const float *x, ptrdiff_t x_stride, int64_t rows, uint16_t *y, ptrdiff_t y_stride, ptrdiff_t begin, ptrdiff_t end) {
  const uintptr_t ahead = bytes_ahead(y_stride, begin, end);
  for (; rows > 0; rows--, x += x_stride, y += y_stride) narrow_row(x, y, begin, end, ahead);
}

// The pixels of 4x4 tiles, `run` of them side by side.
static inline __attribute__((always_inline)) void narrow_runs(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, const bool accumulate, uint16_t *y, const int run) {
  for (int64_t index = first / run; index < (first + count) / run; index++)
    for (int row = 0; row < 4; row++) {
      const ptrdiff_t start = g->starts[index] + row * g->pitch;
      const float *const from = x + start;
      uint16_t *const to = y + start;
      ELEMENTWISE for (int i = 0; i < 4 * run; i++)
        to[i] = rounded(accumulate ? from[i] + widened(to[i]) : from[i]);
    }
}

static void narrow_tiles(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, bool accumulate, uint16_t *y) {
#define RUNS(run) \
  if (accumulate) narrow_runs(g, x, first, count, true, y, run); else narrow_runs(g, x, first, count, false, y, run)
  switch (g->run) {
    case 4: RUNS(4); break;
    case 2: RUNS(2); break;
    default: RUNS(1); break;
  }
#undef RUNS
}

// Values stored as bfloat16: in plain C that compilers vectorise with each class's instructions;
// included by each file that has a table, behind elementwise_kernels.h.
#include "bfloat16.h"
#include "prefetching.h"

// Elements of a cache line of stored values.
enum { STORED_LINE = 32 };

static void widen(const uint16_t *x, float *y, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + STORED_LINE <= end; p += STORED_LINE) {
    ask_ahead(x + p);
    ELEMENTWISE for (int i = 0; i < STORED_LINE; i++) y[p + i] = widened(x[p + i]);
  }
  for (; p < end; p++) y[p] = widened(x[p]);
}

static void narrow(const float *x, uint16_t *y, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + STORED_LINE <= end; p += STORED_LINE) {
    ask_ahead(y + p);
    ELEMENTWISE for (int i = 0; i < STORED_LINE; i++) y[p + i] = rounded(x[p + i]);
  }
  for (; p < end; p++) y[p] = rounded(x[p]);
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

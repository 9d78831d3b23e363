// Prints a digest of the sums that a compiler for Arm would fuse by itself: see
// scripts/test-kernels.sh.
#include <stdio.h>
#include <string.h>

#include "CKernels.h"
#include "Resampling.h"

static uint64_t state = 1;

// Xorshift (Marsaglia 2003), scaled to [-1, 1).
static float random_float(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (float)((double)(state >> 11) / 9007199254740992.0 * 2 - 1);
}

// FNV-1a, 64 bits.
static uint64_t digest = 14695981039346656037u;

static void add(const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < count; i++) digest = (digest ^ byte[i]) * 1099511628211u;
}

static void moments(void) {
  for (int sum = 0; sum < 1000; sum++) {
    ck_moments all = {0, 0, 0};
    for (int block = 0; block < 50; block++) {
      const float center = random_float(), differences = 10 * random_float(), squares = 30 + random_float();
      ck_join_moments(&all, ck_block_moments(16 + block, center, differences, squares));
    }
    add(&all, sizeof all);
  }
}

static void resampling(void) {
  enum { SIDE = 64, OUTPUTS = 32, TAPS = 5 };
  static uint8_t picture[SIDE * SIDE * 4], planes[3 * OUTPUTS * OUTPUTS];
  static float rows[SIDE * OUTPUTS * 4], weights[OUTPUTS * TAPS];
  int32_t first[OUTPUTS], count[OUTPUTS];
  for (size_t i = 0; i < sizeof picture; i++) picture[i] = (uint8_t)(128 + 127 * random_float());
  for (int i = 0; i < OUTPUTS; i++) {
    first[i] = 2 * i < SIDE - TAPS ? 2 * i : SIDE - TAPS;
    count[i] = TAPS;
    for (int tap = 0; tap < TAPS; tap++) weights[i * TAPS + tap] = random_float();
  }
  ck_resampling axis = {0};
  axis.outputs = OUTPUTS;
  axis.taps = TAPS;
  axis.first = first;
  axis.count = count;
  axis.weights = weights;
  ck_resample_rows(picture, SIDE, SIDE, &axis, rows);
  ck_resample_columns(rows, 0, OUTPUTS, &axis, planes);
  add(rows, sizeof rows);
  add(planes, sizeof planes);
}

static void products(void) {
  enum { SIDE = 21 };
  static float a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) a[i] = random_float(), b[i] = random_float();
  for (int way = 0; way < 4; way++) {
    ck_plain_multiply(
      101, way & 1 ? 112 : 111, way & 2 ? 112 : 111, SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, (float)way, c, SIDE);
    add(c, sizeof c);
  }
}

static void pooling(void) {
  enum { SIDE = 12, PIXELS = 2 * (SIDE + 1) * (SIDE + 1) };
  static float x[PIXELS], relevance[PIXELS], result[PIXELS];
  const ck_pool windows = {
    .images = 2, .rows = SIDE, .columns = SIDE, .output_rows = SIDE, .output_columns = SIDE, .window = 3, .stride = 1, .padding = 1};
  for (int i = 0; i < PIXELS; i++) x[i] = random_float(), relevance[i] = random_float();
  ck_average_pool_relevance(&windows, relevance, x, false, result);
  add(result, sizeof result);
}

int main(void) {
  moments();
  products();
  resampling();
  pooling();
  printf("%016llx\n", (unsigned long long)digest);
}

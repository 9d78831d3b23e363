// Comparisons of the products of bfloat16 values. The magnitudes of a sum are what the portable
// kernel makes of absolute values.
#include <string.h>

#include "comparison.h"

static uint32_t *packed(const float *kernels, int64_t outputs, int64_t inputs, int taps, bool transposed) {
  int64_t index[9];
  for (int t = 0; t < taps; t++) index[t] = t;
  const size_t bytes = (size_t)(outputs * ((inputs + 1) / 2) * taps) * sizeof(uint32_t);
  uint32_t *const pairs = guarded(bytes);
  ck_pack_weight_pairs(kernels, outputs, inputs, taps, index, taps, transposed, 0, outputs, pairs);
  return pairs;
}

static void compare_convolve_pairs(const geometry *g, planes x, planes y, int taps) {
  const int64_t count = (int64_t)x.channels * y.channels * taps;
  const float *const kernels = random_floats(count, -1, 1), *const bias = random_floats(y.channels, -1, 1);
  const bool transposed = one_in(2);
  const planes expected = copy_of(y), magnitudes = absolute(y);
  ck_pair_convolution job = {
    .x = stored(x), .x_stride = g->stride, .inputs = x.channels,
    .offsets = taps == 9 ? kernel_offsets(g) : random_offsets(g, taps), .taps = taps,
    .weights = packed(kernels, y.channels, x.channels, taps, transposed), .bias = one_in(2) ? bias : 0, .y = y.data,
    .y_stride = g->stride, .outputs = y.channels, .mask = g->mask, .accumulate = one_in(2)};
  const ptrdiff_t cut = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("convolve_pairs");
  tested->convolve_pairs(&job, 0, cut);
  tested->convolve_pairs(&job, cut, g->length);
  job.y = expected.data;
  portable->convolve_pairs(&job, 0, g->length);
  job.x = stored(absolute(x)), job.y = magnitudes.data;
  job.weights = packed(absolutes(kernels, count), y.channels, x.channels, taps, transposed);
  if (job.bias) job.bias = absolutes(bias, y.channels);
  portable->convolve_pairs(&job, 0, g->length);
  compare_planes(y, expected, magnitudes, 2e-6f);
}

static void compare_pair_sums(const geometry *g, planes x, planes dy) {
  const ptrdiff_t begin = random_cut(g->length, CK_VECTOR_FLOATS), from = begin + random_offsets(g, 1)[0];
  const int64_t sums = (int64_t)x.channels * dy.channels;
  float *const values = random_floats(sums, -1, 1), *const magnitudes = absolutes(values, sums);
  float *const expected = guarded((size_t)sums * sizeof *expected);
  memcpy(expected, values, (size_t)sums * sizeof *expected);
  ck_pair_sums job = {
    .dy = stored(dy) + begin, .dy_stride = g->stride, .rows = dy.channels, .x = stored(x) + from,
    .x_stride = g->stride, .columns = x.channels, .count = random_cut(g->length - begin, CK_VECTOR_FLOATS),
    .sums = values, .sums_stride = x.channels, .accumulate = one_in(2)};
  about_to_compare("pair_sums");
  tested->pair_sums(&job);
  job.sums = expected;
  portable->pair_sums(&job);
  job.dy = stored(absolute(dy)) + begin, job.x = stored(absolute(x)) + from, job.sums = magnitudes;
  portable->pair_sums(&job);
  compare_values(values, expected, magnitudes, sums, 3e-6f);
}

// Every sum grows by a half in each round, by four operations.
static void compare_pair_peak(void) {
  float sink = 0;
  about_to_compare("pair_peak");
  const double operations = tested->pair_peak(100, &sink);
  compare_number(operations, 8.0 * sink, 0, 0);
}

void compare_pairs(void) {
  if (!tested->convolve_pairs) return;
  const geometry g = random_geometry();
  // More channels than one part of the sums has.
  const bool is_long = one_in(4), is_3x3 = one_in(2);
  const planes x = random_planes(&g, !is_long ? random_int(1, 9) : is_3x3 ? random_int(14, 40) : 150, -1, 1);
  const planes y = random_planes(&g, random_int(1, 21), -1, 1);
  if (one_in(8)) plant_nan(x);
  compare_pair_sums(&g, x, y);
  compare_convolve_pairs(&g, x, y, is_3x3 ? 9 : random_int(1, 3));
  compare_pair_peak();
}

// Comparisons of the alpha-beta rule's kernels. The magnitudes of a sum are what the portable
// kernel makes of absolute values.
#include <math.h>

#include "comparison.h"

// Vectors of `width` floats that cover a plane's pixels, as PixelVectors.swift lays them out.
static ptrdiff_t pixel_vectors(const geometry *g, int64_t width, ck_pixel_vectors *vectors) {
  const int rows = 2 * g->columns == width && g->rows % 2 == 0 ? 2 : 1;
  const bool has_borders = g->columns % width != 0 && rows == 1;
  ptrdiff_t *const starts = guarded((size_t)g->length * sizeof *starts), count = 0;
  if (has_borders)
    for (ptrdiff_t p = 0; p < g->length; p += width) starts[count++] = p;
  else
    for (int image = 0; image < g->images; image++)
      for (int row = 0; row < g->rows; row += rows)
        for (int column = 0; column < g->columns; column += (int)width)
          starts[count++] = image * g->image_stride + row * g->pitch + column;
  *vectors = (ck_pixel_vectors){starts, g->pitch, rows, has_borders};
  return count;
}

// Weights [rows][columns][9] or [rows][columns][1], packed for input planes of this geometry.
static ck_signed_weights packed(const geometry *g, const float *weights, int rows, int columns, int taps) {
  const int64_t part = ck_signed_part(taps), parts = (columns + part - 1) / part;
  const int64_t entries = (int64_t)columns * taps;
  const int64_t groups = (rows + CK_SIGNED_GROUP - 1) / CK_SIGNED_GROUP;
  int32_t *const counts = guarded((size_t)(groups * parts * CK_SIGN_LISTS) * sizeof *counts);
  int32_t *const offsets = guarded((size_t)(groups * entries) * sizeof *offsets);
  float *const to = guarded((size_t)(rows * entries) * sizeof *to);
  static const int64_t index[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  static const ptrdiff_t here[1] = {0};
  for (int64_t group = 0; group < groups; group++)
    ck_pack_signed_weights(
      weights, rows, columns, taps, index, taps, false, taps == 9 ? kernel_offsets(g) : here, g->stride,
      part, group,
      counts, offsets, to);
  return (ck_signed_weights){counts, offsets, to, rows, entries, parts};
}

static float *random_signed(int64_t count) {
  float *const weights = random_floats(count, -1, 1);
  for (int64_t i = 0; i < count; i++)
    if (one_in(8)) weights[i] = 0;
  return weights;
}

// Of the planes' first lines; more than there are sums is fine, too.
static ck_prefetch *random_prefetch(const planes *x) {
  if (one_in(2)) return 0;
  ck_prefetch *const prefetch = guarded(sizeof *prefetch);
  const void **const list = guarded(sizeof *list);
  list[0] = x->data;
  *prefetch = (ck_prefetch){.planes = list, .count = 1, .lines = x->g->length / CK_VECTOR_FLOATS, .each = 3};
  return prefetch;
}

static void compare_contributions(const geometry *g, planes x, int outputs, int taps) {
  const int64_t count = (int64_t)outputs * x.channels * taps;
  const float *const weights = random_signed(count);
  const planes box = random_planes(g, 1, 0, 1);
  float *const scale = random_floats(outputs, -1, 1), *const shift = random_floats(outputs, -1, 1);
  planes values[3], expected[3], magnitudes[3];
  for (int i = 0; i < 3; i++) {
    values[i] = random_planes(g, outputs, -1, 1);
    expected[i] = random_planes(g, outputs, -1, 1), magnitudes[i] = random_planes(g, outputs, -1, 1);
  }
  if (one_in(8)) shift[0] = NAN;
  ck_contributions job = {
    .x = x.data, .weights = packed(g, weights, outputs, x.channels, taps), .box = box.data, .scale = scale,
    .shift = shift, .bounds = {one_in(2) ? 0 : -INFINITY, one_in(2) ? 0.5f : INFINITY},
    .positive = values[0].data, .negative = values[1].data, .y = values[2].data, .stride = g->stride,
    .mask = g->mask,
    .prefetch = random_prefetch(&x)};
  const ptrdiff_t vectors = pixel_vectors(g, tested->width, &job.vectors);
  const ptrdiff_t cut = random_cut(vectors, tested->signed_vectors);
  about_to_compare("contributions");
  tested->contributions(&job, 0, cut);
  tested->contributions(&job, cut, vectors);
  job.positive = expected[0].data, job.negative = expected[1].data, job.y = expected[2].data;
  const ptrdiff_t portable_vectors = pixel_vectors(g, portable->width, &job.vectors);
  portable->contributions(&job, 0, portable_vectors);
  // All weights are positive now, so `positive` is the magnitude of either sum.
  job.x = absolute(x).data, job.weights = packed(g, absolutes(weights, count), outputs, x.channels, taps);
  job.scale = absolutes(scale, outputs), job.shift = absolutes(shift, outputs);
  job.bounds = (ck_bounds){-INFINITY, INFINITY};
  job.positive = magnitudes[0].data, job.negative = magnitudes[1].data, job.y = magnitudes[2].data;
  portable->contributions(&job, 0, portable_vectors);
  compare_planes(values[0], expected[0], magnitudes[0], 2e-6f);
  compare_planes(values[1], expected[1], magnitudes[0], 2e-6f);
  compare_planes(values[2], expected[2], magnitudes[2], 2e-6f);
}

static void compare_quotients(const geometry *g, int rows) {
  const planes relevance = random_planes(g, rows, -1, 1);
  const planes plus = random_planes(g, rows, 1, 3), minus = random_planes(g, rows, -3, -1);
  if (one_in(8)) plant_nan(relevance);
  planes values[3], expected[3], magnitudes[3];
  for (int i = 0; i < 3; i++) {
    const int channels = i < 2 ? rows : 1;
    values[i] = random_planes(g, channels, -1, 1);
    expected[i] = random_planes(g, channels, -1, 1), magnitudes[i] = random_planes(g, channels, -1, 1);
  }
  ck_relevance_quotients job = {
    .relevance = relevance.data, .plus = plus.data, .minus = minus.data, .stride = g->stride, .rows = rows,
    .alpha = random_float(1, 2), .positive = values[0].data, .negative = values[1].data,
    .total = values[2].data,
    .quotient_stride = g->stride, .mask = g->mask};
  job.beta = one_in(2) ? 0 : job.alpha - 1;
  const ptrdiff_t vectors = pixel_vectors(g, tested->width, &job.vectors), cut = random_cut(vectors, 1);
  about_to_compare("relevance_quotients");
  tested->relevance_quotients(&job, 0, cut);
  tested->relevance_quotients(&job, cut, vectors);
  job.positive = expected[0].data, job.negative = expected[1].data, job.total = expected[2].data;
  const ptrdiff_t portable_vectors = pixel_vectors(g, portable->width, &job.vectors);
  portable->relevance_quotients(&job, 0, portable_vectors);
  // So the total's terms have one sign.
  job.relevance = absolute(relevance).data, job.minus = absolute(minus).data;
  job.positive = magnitudes[0].data, job.negative = magnitudes[1].data, job.total = magnitudes[2].data;
  portable->relevance_quotients(&job, 0, portable_vectors);
  for (int i = 0; i < 3; i++) compare_planes(values[i], expected[i], magnitudes[i], 1e-6f);
}

static void compare_redistribution(const geometry *g, planes x, int outputs, int taps) {
  const int64_t count = (int64_t)outputs * x.channels * taps;
  const float *const weights = random_signed(count);
  const planes positive = random_planes(g, outputs, -1, 1), negative = random_planes(g, outputs, -1, 1);
  const planes box = random_planes(g, 1, -1, 1), values = random_planes(g, x.channels, -1, 1);
  const planes expected = copy_of(values), magnitudes = absolute(values);
  ck_redistribution job = {
    .positive = positive.data, .negative = negative.data,
    .weights = packed(g, weights, x.channels, outputs, taps),
    .box = box.data, .x = x.data, .result = values.data, .x_stride = g->stride, .result_stride = g->stride,
    .accumulate = one_in(2), .mask = g->mask, .prefetch = random_prefetch(&positive)};
  const ptrdiff_t vectors = pixel_vectors(g, tested->width, &job.vectors);
  const ptrdiff_t cut = random_cut(vectors, tested->signed_vectors);
  about_to_compare("redistribute");
  tested->redistribute(&job, 0, cut);
  tested->redistribute(&job, cut, vectors);
  job.result = expected.data;
  const ptrdiff_t portable_vectors = pixel_vectors(g, portable->width, &job.vectors);
  portable->redistribute(&job, 0, portable_vectors);
  // The magnitudes of either kind of quotients, as absolute weights would read one kind alone.
  const planes either = absolute(positive), other = absolute(negative);
  for (ptrdiff_t i = 0; i < (outputs - 1) * g->stride + g->length; i++)
    either.data[i] = fmaxf(either.data[i], other.data[i]);
  job.positive = either.data, job.weights = packed(g, absolutes(weights, count), x.channels, outputs, taps);
  job.box = absolute(box).data, job.x = absolute(x).data, job.result = magnitudes.data;
  portable->redistribute(&job, 0, portable_vectors);
  compare_planes(values, expected, magnitudes, 2e-6f);
}

void compare_relevance(void) {
  const geometry g = random_geometry();
  // More than one part of signed weights, sometimes.
  const int outputs = one_in(4) ? random_int(17, 40) : random_int(1, 9), taps = one_in(2) ? 9 : 1;
  const planes x = random_planes(&g, one_in(4) ? random_int(17, 40) : random_int(1, 9), -1, 1);
  if (one_in(8)) plant_nan(x);
  compare_contributions(&g, x, outputs, taps);
  compare_quotients(&g, outputs);
  compare_redistribution(&g, x, outputs, taps);
}

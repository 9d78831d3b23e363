// Comparisons of convolutions' kernels. The magnitudes of a sum are what the portable kernel makes
// of absolute values.
#include "comparison.h"

enum { OUTPUTS = 13 };

static int64_t *all_taps(int taps) {
  int64_t *const index = guarded((size_t)taps * sizeof *index);
  for (int t = 0; t < taps; t++) index[t] = t;
  return index;
}

static void compare_convolution(const geometry *g, planes x, planes y, int taps) {
  const int64_t count = (int64_t)x.channels * y.channels * taps;
  const float *const kernels = random_floats(count, -1, 1), *const bias = random_floats(y.channels, -1, 1);
  float *const weights = guarded((size_t)count * sizeof *weights);
  ck_pack_weights(kernels, y.channels, x.channels, taps, all_taps(taps), taps, one_in(2), 0, y.channels, weights);
  const planes expected = copy_of(y), magnitudes = absolute(y);
  ck_convolution job = {
    .x = x.data, .x_stride = g->stride, .inputs = x.channels,
    .offsets = taps == 9 ? kernel_offsets(g) : random_offsets(g, taps),
    .taps = taps, .weights = weights, .bias = one_in(2) ? bias : 0, .y = y.data, .y_stride = g->stride,
    .outputs = y.channels, .mask = g->mask, .accumulate = one_in(2)};
  const ptrdiff_t cut = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("convolve");
  tested->convolve(&job, 0, cut);
  tested->convolve(&job, cut, g->length);
  job.y = expected.data;
  portable->convolve(&job, 0, g->length);
  job.x = absolute(x).data, job.y = magnitudes.data, job.weights = absolutes(weights, count);
  if (job.bias) job.bias = absolutes(bias, y.channels);
  portable->convolve(&job, 0, g->length);
  compare_planes(y, expected, magnitudes, 2e-6f);
}

static void compare_weight_gradient(const geometry *g, planes x, planes dy, int taps) {
  const int64_t columns = (int64_t)x.channels * taps, room = dy.channels * columns;
  ck_weight_gradient job = {
    .dy = dy.data, .dy_stride = g->stride, .x = x.data, .x_stride = g->stride, .inputs = x.channels,
    .offsets = random_offsets(g, taps), .taps = taps};
  ck_weight_gradient absolute_job = job;
  absolute_job.dy = absolute(dy).data, absolute_job.x = absolute(x).data;
  const int64_t group = one_in(2) ? CK_GRADIENT_GROUP : dy.channels;
  const ptrdiff_t begin = random_cut(g->length, CK_VECTOR_FLOATS);
  const ptrdiff_t end = begin + random_cut(g->length - begin, CK_VECTOR_FLOATS);
  about_to_compare("weight_gradient");
  for (int64_t first = 0; first < dy.channels; first += group) {
    const int64_t left = dy.channels - first, count = left < group ? left : group;
    float *const values = random_floats(room, -1, 1), *const expected = random_floats(room, -1, 1);
    float *const magnitudes = random_floats(room, -1, 1);
    ck_weight_gradient part = job, absolute_part = absolute_job;
    part.dy += first * part.dy_stride, absolute_part.dy += first * absolute_part.dy_stride;
    sum_weight_gradient(tested, &part, count, begin, end, values);
    sum_weight_gradient(portable, &part, count, begin, end, expected);
    sum_weight_gradient(portable, &absolute_part, count, begin, end, magnitudes);
    compare_values(values, expected, magnitudes, count * columns, 3e-6f);
  }
}

void compare_convolutions(void) {
  const geometry g = random_geometry();
  const int taps = one_in(2) ? 9 : random_int(1, 5);
  const planes x = random_planes(&g, random_int(1, 9), -1, 1);
  const planes y = random_planes(&g, random_int(1, OUTPUTS), -1, 1);
  if (one_in(8)) plant_nan(x);
  compare_weight_gradient(&g, x, y, taps);
  compare_convolution(&g, x, y, taps);
  // Sums so long that they are added up a part of the inputs at a time.
  if (one_in(8))
    compare_convolution(
      &g, random_planes(&g, random_int(52, 140), -1, 1), random_planes(&g, random_int(1, 75), -1, 1), 5);
  // 1x1 convolutions with more inputs and outputs than one pass covers.
  if (one_in(8)) {
    const int inputs = one_in(4) ? random_int(257, 300) : random_int(20, 150);
    const int outputs = one_in(4) ? random_int(257, 270) : random_int(1, 75);
    compare_convolution(&g, random_planes(&g, inputs, -1, 1), random_planes(&g, outputs, -1, 1), 1);
  }
}

static int filter_size(void) {
  static const int sizes[] = {1, 4, 9, 13, 25};
  return sizes[random_int(0, 4)];
}

static void compare_filter(const geometry *g, planes x, planes y) {
  const int taps = filter_size();
  const float *const weights = random_floats(taps, -1, 1);
  const planes expected = copy_of(y), magnitudes = absolute(y);
  const bool has_mask = one_in(2);
  ck_filter job = {
    .x = x.data, .offsets = random_offsets(g, taps), .taps = taps, .weights = weights, .y = y.data,
    // Without a mask borders would not stay zero.
    .bias = random_float(-1, 1), .accumulate = one_in(2)};
  if (has_mask) job.mask = g->mask;
  const ptrdiff_t cut = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("filter");
  tested->filter(&job, 0, cut);
  tested->filter(&job, cut, g->length);
  job.y = expected.data;
  portable->filter(&job, 0, g->length);
  job.x = absolute(x).data, job.y = magnitudes.data, job.weights = absolutes(weights, taps);
  job.bias = job.bias < 0 ? -job.bias : job.bias;
  portable->filter(&job, 0, g->length);
  if (has_mask) compare_planes(y, expected, magnitudes, 2e-6f);
  else compare_values(y.data, expected.data, magnitudes.data, g->length, 2e-6f);
}

static void compare_filter_gradient(const geometry *g, planes x, planes dy) {
  const int taps = filter_size();
  double values[25], expected[25], magnitudes[25];
  for (int t = 0; t < taps; t++) values[t] = expected[t] = magnitudes[t] = random_float(0, 1);
  ck_filter_gradient job = {.dy = dy.data, .x = x.data, .offsets = random_offsets(g, taps), .taps = taps};
  const ptrdiff_t end = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("filter_gradient");
  tested->filter_gradient(&job, 0, end, values);
  portable->filter_gradient(&job, 0, end, expected);
  job.dy = absolute(dy).data, job.x = absolute(x).data;
  portable->filter_gradient(&job, 0, end, magnitudes);
  for (int t = 0; t < taps; t++) compare_number(values[t], expected[t], magnitudes[t], 3e-6f);
}

static void compare_plane_gradient(const geometry *g, planes x, planes dy) {
  double values[9], expected[9], magnitudes[9];
  for (int t = 0; t < 9; t++) values[t] = expected[t] = magnitudes[t] = random_float(0, 1);
  ck_plane_gradient job = {.dy = dy.data, .x = x.data, .pitch = g->pitch};
  const ptrdiff_t end = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("plane_gradient");
  tested->plane_gradient(&job, 0, end, values);
  portable->plane_gradient(&job, 0, end, expected);
  job.dy = absolute(dy).data, job.x = absolute(x).data;
  portable->plane_gradient(&job, 0, end, magnitudes);
  for (int t = 0; t < 9; t++) compare_number(values[t], expected[t], magnitudes[t], 3e-6f);
}

static void compare_strided_filter(const geometry *g) {
  const geometry half = geometry_of(g->images, (g->rows + 1) / 2, (g->columns + 1) / 2);
  // A plane behind that may be read, too.
  const planes x = random_planes(g, 2, -1, 1), dy = random_planes(&half, 2, -1, 1);
  if (one_in(8)) plant_nan(x);
  if (one_in(8)) plant_nan(dy);
  const float *const weights = random_floats(9, -1, 1);
  const ck_strided_filter job = {
    .rows = g->rows, .columns = g->columns, .weights = weights, .bias = random_float(-1, 1)};
  ck_strided_filter magnitude = job;
  magnitude.weights = absolutes(weights, 9), magnitude.bias = job.bias < 0 ? -job.bias : job.bias;
  const int first = random_int(0, g->images - 1), images = random_int(1, g->images - first);

  const planes y = copy_of(dy), expected = copy_of(dy), y_magnitudes = absolute(dy);
  about_to_compare("strided_filter");
  tested->strided_filter(&job, x.data, first, images, y.data);
  portable->strided_filter(&job, x.data, first, images, expected.data);
  portable->strided_filter(&magnitude, absolute(x).data, first, images, y_magnitudes.data);
  compare_planes(y, expected, y_magnitudes, 2e-6f);

  const planes dx = copy_of(x), expected_dx = copy_of(x), dx_magnitudes = absolute(x);
  const bool accumulate = one_in(2);
  about_to_compare("strided_filter_input_gradient");
  tested->strided_filter_input_gradient(&job, dy.data, first, images, accumulate, dx.data);
  portable->strided_filter_input_gradient(&job, dy.data, first, images, accumulate, expected_dx.data);
  portable->strided_filter_input_gradient(
    &magnitude, absolute(dy).data, first, images, accumulate, dx_magnitudes.data);
  compare_planes(dx, expected_dx, dx_magnitudes, 2e-6f);

  double values[9], expected_values[9], magnitudes[9];
  for (int t = 0; t < 9; t++) values[t] = expected_values[t] = magnitudes[t] = random_float(0, 1);
  about_to_compare("strided_filter_gradient");
  tested->strided_filter_gradient(&job, x.data, dy.data, first, images, values);
  portable->strided_filter_gradient(&job, x.data, dy.data, first, images, expected_values);
  portable->strided_filter_gradient(
    &magnitude, absolute(x).data, absolute(dy).data, first, images, magnitudes);
  for (int t = 0; t < 9; t++) compare_number(values[t], expected_values[t], magnitudes[t], 3e-6f);
}

// What is copied is the same to the bit.
static void compare_windows(const geometry *g) {
  const int step = random_int(1, 3), before = random_int(0, 2), after = random_int(0, 2);
  const int64_t rows = (g->rows + step - 1) / step + before + after;
  const int64_t pitch = (g->columns + step - 1) / step + before + after;
  const int64_t phase = g->images * rows * pitch + 2 * CK_VECTOR_FLOATS;
  const ck_filter_window w = {
    .rows = g->rows, .columns = g->columns, .step = step, .before = before, .window_rows = rows, .pitch = pitch,
    .phase = (phase + CK_VECTOR_FLOATS - 1) / CK_VECTOR_FLOATS * CK_VECTOR_FLOATS};
  const int64_t count = step * step * w.phase;
  const int first = random_int(0, g->images - 1), images = random_int(1, g->images - first);
  // A plane behind that may be read, too.
  const planes x = random_planes(g, 2, -1, 1);
  float *const values = random_floats(count, -1, 1), *const expected = random_floats(count, -1, 1);
  about_to_compare("cut_window");
  tested->cut_window(&w, x.data, first, images, values);
  portable->cut_window(&w, x.data, first, images, expected);
  compare_values(values, expected, expected, count, 0);
  const planes pasted = copy_of(x), expected_planes = copy_of(x);
  const bool accumulate = one_in(2);
  about_to_compare("paste_window");
  tested->paste_window(&w, values, first, images, accumulate, pasted.data);
  portable->paste_window(&w, values, first, images, accumulate, expected_planes.data);
  compare_planes(pasted, expected_planes, absolute(x), 0);
}

void compare_filters(void) {
  const geometry g = random_large_geometry();
  const planes x = random_planes(&g, 1, -1, 1), y = random_planes(&g, 1, -1, 1);
  if (one_in(8)) plant_nan(x);
  compare_filter_gradient(&g, x, y);
  compare_plane_gradient(&g, x, y);
  compare_strided_filter(&g);
  compare_windows(&g);
  compare_filter(&g, x, y);
}

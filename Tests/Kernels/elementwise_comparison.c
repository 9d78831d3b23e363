// Comparisons of sums over planes and of functions of each element. Most of the latter round as
// the portable kernels do, and differ in no bit.
#include <math.h>
#include <string.h>

#include "comparison.h"

static ck_activation_mask random_mask(const float *output) {
  ck_activation_mask active = {.ceiling = one_in(2) ? INFINITY : 0.5f};
  if (one_in(3)) return active;
  if (one_in(2)) active.output = output;
  else active.affine = true, active.scale = random_float(-1, 1), active.shift = random_float(-1, 1);
  return active;
}

// As a ReLU leaves it: the mask is closed exactly at its bounds.
static planes random_output(const geometry *g) {
  const planes output = random_planes(g, 1, -1, 1);
  for (ptrdiff_t p = 0; p < g->length; p++) output.data[p] = fminf(0.5f, fmaxf(0, output.data[p]));
  return output;
}

static void compare_sum(const geometry *g, planes x) {
  const ptrdiff_t begin = random_cut(g->length, CK_SUM_BLOCK);
  const ptrdiff_t end = begin + random_cut(g->length - begin, CK_VECTOR_FLOATS);
  about_to_compare("sum");
  const double expected = portable->sum(x.data, begin, end);
  const double magnitude = portable->sum(absolute(x).data, begin, end);
  compare_number(tested->sum(x.data, begin, end), expected, magnitude, 1e-6f);
}

static void compare_moments(const geometry *g, planes x) {
  about_to_compare("moments");
  const ck_moments values = tested->moments(x.data, 0, g->length, g->mask);
  const ck_moments expected = portable->moments(x.data, 0, g->length, g->mask);
  const double magnitude = portable->moments(absolute(x).data, 0, g->length, g->mask).mean;
  compare_number(values.count, expected.count, 0, 0);
  compare_number(values.mean, expected.mean, magnitude, 1e-7f);
  compare_number(values.squares, expected.squares, expected.squares + 1e-6 * magnitude, 1e-6f);
}

static void compare_gradient_sums(const geometry *g, planes x, planes dy, planes output) {
  const ck_activation_mask active = random_mask(output.data), open = {.ceiling = INFINITY};
  const float mean = random_float(-1, 1);
  const planes masked = copy_of(dy), expected_masked = copy_of(dy);
  const bool writes = one_in(2);
  about_to_compare("gradient_sums");
  const ck_gradient_sums values = tested->gradient_sums(
    masked.data, x.data, active, mean, writes ? masked.data : 0, 0, g->length);
  const ck_gradient_sums expected = portable->gradient_sums(
    expected_masked.data, x.data, active, mean, writes ? expected_masked.data : 0, 0, g->length);
  const ck_gradient_sums magnitudes = portable->gradient_sums(
    absolute(dy).data, absolute(x).data, open, -fabsf(mean), 0, 0, g->length);
  compare_number(values.gradient, expected.gradient, magnitudes.gradient, 2e-6f);
  compare_number(values.product, expected.product, magnitudes.product, 2e-6f);
  compare_planes(masked, expected_masked, dy, 0);
}

static void compare_normalize_gradient(const geometry *g, planes x, planes dy, planes output) {
  const ck_activation_mask active = random_mask(output.data), open = {.ceiling = INFINITY};
  const float a = random_float(-1, 1), b = random_float(-1, 1), c = random_float(-1, 1);
  const planes values = copy_of(dy), expected = copy_of(dy), magnitudes = absolute(dy);
  const ptrdiff_t end = random_cut(g->length, CK_VECTOR_FLOATS);
  const bool accumulate = one_in(2);
  about_to_compare("normalize_gradient");
  tested->normalize_gradient(dy.data, x.data, active, a, b, c, accumulate, values.data, 0, end, g->mask);
  portable->normalize_gradient(dy.data, x.data, active, a, b, c, accumulate, expected.data, 0, end, g->mask);
  portable->normalize_gradient(
    magnitudes.data, absolute(x).data, open, fabsf(a), fabsf(b), fabsf(c), accumulate, magnitudes.data, 0, end,
    g->mask);
  compare_planes(values, expected, magnitudes, 1e-6f);
}

// Batch norm's passes over stored values, which must agree to the bit with conversion, the passes
// over floats, and rounding.
static void compare_stored_passes(const geometry *g, planes x, planes dy, planes output) {
  if (!tested->stored_moments) return;
  uint16_t *const stored_x = stored(x), *const stored_dy = stored(dy), *const stored_output = stored(output);
  x = widened_from(stored_x, x), dy = widened_from(stored_dy, dy), output = widened_from(stored_output, output);
  const float a = random_float(-1, 1), b = random_float(-1, 1), c = random_float(-1, 1);
  const bool accumulate = one_in(2);

  about_to_compare("stored_moments");
  const ck_moments moments = tested->stored_moments(stored_x, 0, g->length, g->mask);
  const ck_moments expected_moments = tested->moments(x.data, 0, g->length, g->mask);
  compare_number(moments.count, expected_moments.count, 0, 0);
  compare_number(moments.mean, expected_moments.mean, 1, 0);
  compare_number(moments.squares, expected_moments.squares, 1, 0);

  about_to_compare("stored_scale_shift");
  const ck_bounds bounds = {one_in(2) ? 0 : -INFINITY, one_in(2) ? 0.5f : INFINITY};
  const bool adds = one_in(2);
  uint16_t *const y = stored(x);
  const planes expected = copy_of(x);
  tested->stored_scale_shift(stored_x, a, b, adds ? stored_dy : 0, bounds, y, 0, g->length, g->mask);
  tested->scale_shift(x.data, a, b, adds ? dy.data : 0, bounds, expected.data, 0, g->length, g->mask);
  compare_planes(widened_from(y, x), widened_from(stored(expected), x), x, 0);

  ck_activation_mask active = random_mask(output.data), stored_active = active;
  if (active.output) stored_active.output = stored_output;
  about_to_compare("stored_normalize_gradient");
  uint16_t *const dx = stored(dy);
  const planes expected_dx = copy_of(dy);
  tested->stored_normalize_gradient(
    stored_dy, stored_x, stored_active, a, b, c, accumulate, dx, 0, g->length, g->mask);
  tested->normalize_gradient(dy.data, x.data, active, a, b, c, accumulate, expected_dx.data, 0, g->length, g->mask);
  compare_planes(widened_from(dx, x), widened_from(stored(expected_dx), x), x, 0);

  about_to_compare("stored_gradient_sums");
  const bool writes = one_in(2);
  const planes expected_masked = copy_of(dy);
  const ck_gradient_sums sums = tested->stored_gradient_sums(
    stored_dy, stored_x, stored_active, a, writes ? stored_dy : 0, 0, g->length);
  const ck_gradient_sums expected_sums = tested->gradient_sums(
    expected_masked.data, x.data, active, a, writes ? expected_masked.data : 0, 0, g->length);
  compare_number(sums.gradient, expected_sums.gradient, 1, 0);
  compare_number(sums.product, expected_sums.product, 1, 0);
  compare_planes(widened_from(stored_dy, dy), expected_masked, dy, 0);
}

void compare_sums(void) {
  const geometry g = random_large_geometry();
  const float center = one_in(4) ? 1000 : 0;
  const planes x = random_planes(&g, 1, center - 1, center + 1), dy = random_planes(&g, 1, -1, 1);
  const planes output = random_output(&g);
  if (one_in(8)) plant_nan(x);
  compare_sum(&g, x);
  compare_moments(&g, x);
  compare_gradient_sums(&g, x, dy, output);
  compare_normalize_gradient(&g, x, dy, output);
  compare_stored_passes(&g, x, dy, output);
}

static void compare_scale_shift(const geometry *g, planes x, planes residual) {
  const ck_bounds bounds = {one_in(2) ? 0 : -INFINITY, one_in(2) ? 0.5f : INFINITY};
  const float scale = random_float(-1, 1), shift = random_float(-1, 1);
  const float *const added = one_in(2) ? residual.data : 0;
  const planes values = copy_of(x), expected = copy_of(x);
  const ptrdiff_t begin = random_cut(g->length, CK_VECTOR_FLOATS);
  about_to_compare("scale_shift");
  tested->scale_shift(x.data, scale, shift, added, bounds, values.data, begin, g->length, g->mask);
  portable->scale_shift(x.data, scale, shift, added, bounds, expected.data, begin, g->length, g->mask);
  compare_planes(values, expected, x, 0);
  tested->scale_shift(x.data, NAN, shift, added, bounds, values.data, 0, g->length, g->mask);
  expect_nan(values);
}

static void compare_activation(const geometry *g, planes x, planes dy) {
  const ck_activation f = {random_int(CK_RELU, CK_HARD_SIGMOID), 0.1f};
  const bool accumulate = one_in(2);
  planes values = copy_of(x), expected = copy_of(x);
  about_to_compare("activate");
  tested->activate(x.data, f, values.data, 0, g->length, g->mask);
  portable->activate(x.data, f, expected.data, 0, g->length, g->mask);
  compare_planes(values, expected, x, 0);
  tested->activate(random_planes(g, 1, NAN, NAN).data, f, values.data, 0, g->length, g->mask);
  expect_nan(values);
  values = copy_of(dy), expected = copy_of(dy);
  about_to_compare("activation_gradient");
  tested->activation_gradient(dy.data, x.data, f, accumulate, values.data, 0, g->length);
  portable->activation_gradient(dy.data, x.data, f, accumulate, expected.data, 0, g->length);
  compare_planes(values, expected, x, 0);
}

static void compare_arithmetic(const geometry *g, planes a, planes b, planes c) {
  const ptrdiff_t end = random_cut(g->length, CK_VECTOR_FLOATS);
  const float alpha = random_float(1, 2), beta = random_float(0, 1);
  const planes values = copy_of(a), expected = copy_of(a);
  about_to_compare("add");
  tested->add(b.data, values.data, 0, end);
  portable->add(b.data, expected.data, 0, end);
  compare_planes(values, expected, a, 0);
  about_to_compare("quotient");
  tested->quotient(a.data, c.data, 1e-9f, values.data, 0, end);
  portable->quotient(a.data, c.data, 1e-9f, expected.data, 0, end);
  compare_planes(values, expected, a, 0);
  about_to_compare("combine");
  tested->combine(a.data, b.data, alpha, c.data, beta, values.data, 0, end);
  portable->combine(a.data, b.data, alpha, c.data, beta, expected.data, 0, end);
  compare_planes(values, expected, a, 0);
}

static void compare_split_sum(const geometry *g, planes shortcut, planes relevance, planes total) {
  const planes values = copy_of(relevance), expected = copy_of(relevance);
  const planes branch = random_planes(g, 1, -1, 1), expected_branch = copy_of(branch);
  const float scale = random_float(-1, 1), shift = random_float(-1, 1);
  const bool has_branch = one_in(2);
  about_to_compare("split_sum");
  tested->split_sum(
    has_branch ? branch.data : 0, scale, shift, shortcut.data, total.data, values.data, 0, g->length);
  portable->split_sum(
    has_branch ? expected_branch.data : 0, scale, shift, shortcut.data, total.data, expected.data, 0,
    g->length);
  compare_planes(values, expected, relevance, 0);
  compare_planes(branch, expected_branch, branch, 0);
}

static void compare_sgd(void) {
  const int64_t count = random_int(1, 200);
  float *const w = random_floats(count, -1, 1), *const v = random_floats(count, -1, 1);
  const float *const g = random_floats(count, -1, 1);
  float *const expected_w = guarded((size_t)count * sizeof(float)),
    *const expected_v = guarded((size_t)count * sizeof(float));
  for (int64_t i = 0; i < count; i++) expected_w[i] = w[i], expected_v[i] = v[i];
  float *const magnitudes_w = absolutes(w, count), *const magnitudes_v = absolutes(v, count);
  ck_sgd options = {.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.01f, .nesterov = one_in(2)};
  about_to_compare("sgd");
  tested->sgd(w, g, v, count, options);
  portable->sgd(expected_w, g, expected_v, count, options);
  // So all terms are added.
  options.learning_rate = -options.learning_rate;
  portable->sgd(magnitudes_w, absolutes(g, count), magnitudes_v, count, options);
  compare_values(w, expected_w, magnitudes_w, count, 5e-7f);
  compare_values(v, expected_v, magnitudes_v, count, 5e-7f);
}

// Every sum halves its distance to 2 in each round, and each is two operations a round.
static void compare_peak(void) {
  float sink = 0;
  about_to_compare("peak");
  const double operations = tested->peak(100, &sink);
  compare_number(operations, 100.0 * sink, 0, 0);
}

static void compare_bfloat16(const geometry *g, planes x) {
  const ptrdiff_t begin = random_cut(g->length, 1), end = begin + random_cut(g->length - begin, 1);
  const size_t bytes = (size_t)g->length * sizeof(uint16_t);
  uint16_t *const stored = guarded(bytes), *const expected_stored = guarded(bytes);
  const planes values = copy_of(x), expected = copy_of(x);
  about_to_compare("narrow, widen");
  tested->narrow(x.data, stored, begin, end);
  portable->narrow(x.data, expected_stored, begin, end);
  tested->widen(stored, values.data, begin, end);
  portable->widen(expected_stored, expected.data, begin, end);
  compare_planes(values, expected, x, 0);
}

static void compare_bfloat16_rows(void) {
  const geometry g = random_geometry();
  const planes x = random_planes(&g, random_int(1, 40), -8, 8), values = copy_of(x), expected = copy_of(x);
  const ptrdiff_t begin = random_cut(g.length, 1), end = begin + random_cut(g.length - begin, 1);
  const size_t bytes = (size_t)((x.channels - 1) * g.stride + g.length) * sizeof(uint16_t);
  uint16_t *const stored = guarded(bytes);
  about_to_compare("narrow_rows, widen_rows");
  tested->narrow_rows(x.data, g.stride, x.channels, stored, g.stride, begin, end);
  tested->widen_rows(stored, g.stride, x.channels, values.data, g.stride, begin, end);
  for (int c = 0; c < x.channels; c++) {
    uint16_t *const row = stored + c * g.stride;
    memset(row, 0, (size_t)g.length * sizeof *row);
    portable->narrow(x.data + c * g.stride, row, begin, end);
    portable->widen(row, expected.data + c * g.stride, begin, end);
  }
  compare_planes(values, expected, x, 0);
}

void compare_elementwise(void) {
  const geometry g = random_large_geometry();
  const planes x = random_planes(&g, 1, -8, 8), dy = random_planes(&g, 1, -1, 1);
  const planes positive = random_planes(&g, 1, 1, 3);
  if (one_in(8)) plant_nan(x);
  compare_scale_shift(&g, x, dy);
  compare_activation(&g, x, dy);
  compare_bfloat16(&g, x);
  compare_bfloat16_rows();
  compare_arithmetic(&g, x, dy, positive);
  compare_split_sum(&g, dy, x, positive);
  compare_sgd();
  compare_peak();
}

// Comparisons of Winograd's transforms and the products between them, which the portable kernels
// lack, by the convolution and the weight gradient that they come to.
#include "comparison.h"

enum { ELEMENTS = 36, KERNEL = 9 };

// Errors are those of whole tiles, also where few terms make up a pixel at a map's edge.
static const float tolerance = 1e-4f;

// Maps that can be cut into whole vectors of tiles.
static geometry random_tiled_geometry(void) {
  const int across = random_int(1, 6), down = random_int(1, 4);
  int images = random_int(1, 4);
  while (images * across * down % CK_VECTOR_FLOATS != 0) images++;
  return geometry_of(images, 4 * down, 4 * across);
}

// As WinogradTiles.swift cuts them.
static ck_winograd tiles_of(const geometry *g) {
  const int across = g->columns / 4, down = g->rows / 4, run = across % 4 == 0 ? 4 : across % 2 == 0 ? 2 : 1;
  const int count = g->images * across * down;
  int32_t *const starts = guarded((size_t)(count / run) * sizeof *starts);
  for (int i = 0; i < count / run; i++) {
    const int tile = i * run, image = tile / (down * across), row = tile / across % down;
    starts[i] = (int32_t)(image * g->image_stride + 4 * row * g->pitch + tile % across * 4);
  }
  return (ck_winograd){count, run, starts, g->pitch};
}

// Transformed planes: element e of tile t in channel c lies at [e][c][t].
typedef struct {
  float *data;
  ptrdiff_t element, stride;
} transformed_planes;

static transformed_planes transformed_room(int channels, int64_t tiles) {
  const ptrdiff_t element = (ptrdiff_t)(channels * tiles);
  return (transformed_planes){random_floats(ELEMENTS * element, -1, 1), element, (ptrdiff_t)tiles};
}

typedef void (*row_transform)(
  const ck_winograd *g, const float *plane, int64_t first, int64_t count, int64_t row, float *elements,
  ptrdiff_t stride);

// Tiles first..<first + count of all channels, all elements at once or a row at a time.
static transformed_planes transformed(
  const ck_winograd *tiles, planes x, int64_t first, int64_t count, ck_winograd_transform all,
  row_transform one_row) {
  const transformed_planes to = transformed_room(x.channels, count);
  const bool by_rows = one_in(2);
  for (int c = 0; c < x.channels; c++) {
    const float *const plane = x.data + c * x.g->stride;
    float *const channel = to.data + c * to.stride;
    if (!by_rows) all(tiles, plane, first, count, channel, to.element);
    for (int row = 0; by_rows && row < 6; row++)
      one_row(tiles, plane, first, count, row, channel + 6 * row * to.element, to.element);
  }
  return to;
}

static void convolve_tiles(
  const ck_winograd *tiles, planes x, const float *weights, float bias, bool accumulate, planes y,
  int64_t first,
  int64_t count) {
  const transformed_planes v =
    transformed(tiles, x, first, count, tested->winograd_input, tested->winograd_input_row);
  for (int64_t output = 0, group; output < y.channels; output += group) {
    group = ck_output_group(y.channels, output);
    const transformed_planes m = transformed_room((int)group, count);
    const ck_products job = {
      .elements = ELEMENTS, .x = v.data, .x_element = v.element, .x_stride = v.stride, .inputs = x.channels,
      .weights = weights + output * x.channels, .weights_element = (ptrdiff_t)x.channels * y.channels,
      .outputs = group, .y = m.data, .y_element = m.element, .y_stride = m.stride, .count = count};
    tested->multiply(&job);
    for (int64_t o = 0; o < group; o++)
      tested->winograd_output(
        tiles, m.data + o * m.stride, m.element, first, count, bias, accumulate,
        y.data + (output + o) * y.g->stride);
  }
}

static void compare_tiled_convolution(const geometry *g, const ck_winograd *tiles, planes x, planes y) {
  const int64_t count = (int64_t)x.channels * y.channels * KERNEL;
  const float *const kernels = random_floats(count, -1, 1), bias = random_float(-1, 1);
  float *const weights = guarded((size_t)(ELEMENTS * x.channels * y.channels) * sizeof *weights);
  ck_winograd_weights(kernels, y.channels, x.channels, false, 0, y.channels, weights);
  float *const packed = guarded((size_t)count * sizeof *packed);
  float *const biases = random_floats(y.channels, bias, bias);
  static const int64_t index[KERNEL] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  ck_pack_weights(kernels, y.channels, x.channels, KERNEL, index, KERNEL, false, 0, y.channels, packed);
  const planes expected = copy_of(y), magnitudes = absolute(y);
  ck_convolution job = {
    .x = x.data, .x_stride = g->stride, .inputs = x.channels, .offsets = kernel_offsets(g), .taps = KERNEL,
    .weights = packed, .bias = biases, .y = expected.data, .y_stride = g->stride, .outputs = y.channels,
    .mask = g->mask, .accumulate = one_in(2)};
  const int64_t cut = random_cut(tiles->count, CK_VECTOR_FLOATS);
  about_to_compare("winograd_input, multiply, winograd_output");
  if (cut > 0) convolve_tiles(tiles, x, weights, bias, job.accumulate, y, 0, cut);
  if (cut < tiles->count) convolve_tiles(tiles, x, weights, bias, job.accumulate, y, cut, tiles->count - cut);
  portable->convolve(&job, 0, g->length);
  job.x = absolute(x).data, job.y = magnitudes.data;
  job.weights = absolutes(packed, count), job.bias = absolutes(biases, y.channels);
  portable->convolve(&job, 0, g->length);
  compare_planes(y, expected, magnitudes, tolerance);
}

static void compare_tiled_gradient(const geometry *g, const ck_winograd *tiles, planes x, planes dy) {
  const int64_t kernels = (int64_t)x.channels * dy.channels, count = kernels * KERNEL;
  float *const sums = guarded((size_t)(ELEMENTS * kernels) * sizeof *sums);
  about_to_compare("winograd_input, winograd_gradient, product_sums");
  const transformed_planes v =
    transformed(tiles, x, 0, tiles->count, tested->winograd_input, tested->winograd_input_row);
  const transformed_planes d =
    transformed(tiles, dy, 0, tiles->count, tested->winograd_gradient, tested->winograd_gradient_row);
  const ck_product_sums products = {
    .elements = ELEMENTS, .d = d.data, .d_element = d.element, .d_stride = d.stride, .outputs = dy.channels,
    .v = v.data, .v_element = v.element, .v_stride = v.stride, .inputs = x.channels, .sums = sums,
    .count = tiles->count};
  tested->product_sums(&products);
  float *const values = guarded((size_t)count * sizeof *values);
  float *const expected = random_floats(count, -1, 1);
  float *const magnitudes = random_floats(count, -1, 1);
  for (int64_t input = 0; input < x.channels; input++)
    ck_winograd_weight_gradient(
      sums + input * dy.channels, (ptrdiff_t)kernels, dy.channels, false, values + input * KERNEL,
      (ptrdiff_t)x.channels * KERNEL);
  ck_weight_gradient job = {
    .dy = dy.data, .dy_stride = g->stride, .x = x.data, .x_stride = g->stride, .inputs = x.channels,
    .offsets = kernel_offsets(g), .taps = KERNEL};
  sum_weight_gradient(portable, &job, dy.channels, 0, g->length, expected);
  job.dy = absolute(dy).data, job.x = absolute(x).data;
  sum_weight_gradient(portable, &job, dy.channels, 0, g->length, magnitudes);
  compare_values(values, expected, magnitudes, count, tolerance);
}

static void compare_narrow_tiles(const geometry *g, const ck_winograd *tiles, planes x, planes before) {
  const size_t bytes = (size_t)g->length * sizeof(uint16_t);
  uint16_t *const stored = guarded(bytes), *const expected_stored = guarded(bytes);
  const planes values = copy_of(before), expected = copy_of(before);
  portable->narrow(before.data, stored, 0, g->length);
  portable->narrow(before.data, expected_stored, 0, g->length);
  const int64_t cut = random_cut(tiles->count, CK_VECTOR_FLOATS);
  const bool accumulate = one_in(2);
  about_to_compare("narrow_tiles");
  tested->narrow_tiles(tiles, x.data, cut, tiles->count - cut, accumulate, stored);
  portable->narrow_tiles(tiles, x.data, cut, tiles->count - cut, accumulate, expected_stored);
  portable->widen(stored, values.data, 0, g->length);
  portable->widen(expected_stored, expected.data, 0, g->length);
  compare_planes(values, expected, before, 0);
}

void compare_winograd(void) {
  if (!tested->winograd_input) return;
  const geometry g = random_tiled_geometry();
  const ck_winograd tiles = tiles_of(&g);
  const planes x = random_planes(&g, random_int(1, 8), -1, 1);
  const planes y = random_planes(&g, random_int(1, CK_GRADIENT_GROUP), -1, 1);
  const planes one = random_planes(&g, 1, -1, 1);
  compare_narrow_tiles(&g, &tiles, one, random_planes(&g, 1, -1, 1));
  compare_tiled_gradient(&g, &tiles, x, y);
  compare_tiled_convolution(&g, &tiles, x, y);
}

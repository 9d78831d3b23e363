// The inner loops that instruction sets compute each in its own way (KernelTable.h), and those that
// plain C is fast enough for: layouts of weights and planes, pooling, sums, and convolutions of any
// size.
#pragma once

#include "KernelTable.h"

// Output channels of the group that starts at `first`: at most CK_OUTPUT_GROUP, and no single one
// where that can be helped.
static inline int64_t ck_output_group(int64_t outputs, int64_t first) {
  int64_t left = outputs - first;
  if (left == 5) return 3;
  return left < CK_OUTPUT_GROUP ? left : CK_OUTPUT_GROUP;
}

// Lays weights out as the convolution's loop reads them: for each group of output channels
// [inputs][taps][group].
//
// Takes weights [outputs][inputs][kernel_size], or [inputs][outputs][kernel_size] if transposed,
// and of them the taps listed in tap_index. Does output channels first..<last, both where a group
// starts or ends.
void ck_pack_weights(
  const float *weights, int64_t outputs, int64_t inputs, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, int64_t first, int64_t last, float *packed);

// Rounds weights to bfloat16 and lays them out as the loop over pairs reads them: for each group of
// output channels [(inputs + 1) / 2][taps][group], of two inputs the first in the lower half; zero
// for the one that an odd number lacks. The rest as ck_pack_weights.
void ck_pack_weight_pairs(
  const float *weights, int64_t outputs, int64_t inputs, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, int64_t first, int64_t last, uint32_t *packed);

// Lays weights out as ck_signed_weights says, from the same forms and taps as ck_pack_weights. The
// entry of column c and tap t reads at c * column_stride + offsets[t]. Fills
// [groups][parts][CK_SIGN_LISTS], [groups][columns * taps] and [rows][columns * taps] elements,
// with parts of `part` columns, for one of the groups.
void ck_pack_signed_weights(
  const float *weights, int64_t rows, int64_t columns, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, const ptrdiff_t *offsets, ptrdiff_t column_stride, int64_t part, int64_t group, int32_t *counts,
  int32_t *packed_offsets, float *packed_weights);

// Weights [outputs][inputs][3][3] in Winograd's domain, G g transposed(G), as products read them:
// [36], and then for each group of output channels [inputs][group]. Does output channels
// first..<last, both where a group starts or ends. `adjoint` takes weights [inputs][outputs][3][3]
// with the kernels turned around.
void ck_winograd_weights(
  const float *weights, int64_t outputs, int64_t inputs, bool adjoint, int64_t first, int64_t last, float *packed);
// The gradient of the weights from that of the transformed ones, transposed(G) du G, for `count`
// kernels: element k of kernel i lies at transformed[k * stride + i], and its gradient goes to
// gradient[i * step...], turned around if asked.
void ck_winograd_weight_gradient(
  const float *transformed, ptrdiff_t stride, int64_t count, bool turned, float *gradient, ptrdiff_t step);

// sum[i] = partials[i] + partials[stride + i] + ... for `groups` groups, in their order; sum may be
// partials.
void ck_sum_groups(const float *partials, int64_t groups, ptrdiff_t stride, int64_t count, float *sum);

static inline int64_t ck_gradient_scratch(int64_t inputs, int64_t taps, int64_t outputs) {
  return (inputs * taps + 2) * outputs * CK_VECTOR_FLOATS;
}

// Pixel (2 r + a, 2 c + b) of x goes to pixel (r, c) of phase plane 2 a + b, for `images` images
// from `first` on. Phase planes have (rows + 1) / 2 rows and (columns + 1) / 2 columns; missing
// pixels become zero.
void ck_split_phases(
  const float *x, int64_t rows, int64_t columns, int64_t first, int64_t images, int64_t phases, float *out,
  ptrdiff_t out_stride);
// The same of values stored as bfloat16.
void ck_split_stored_phases(
  const uint16_t *x, int64_t rows, int64_t columns, int64_t first, int64_t images, int64_t phases, uint16_t *out,
  ptrdiff_t out_stride);
// The inverse of the first; phases 1...3 count as zero where `phases` is 1.
void ck_join_phases(
  const float *in, ptrdiff_t in_stride, int64_t phases, int64_t rows, int64_t columns, int64_t first, int64_t images,
  bool accumulate, float *x);
// The same of values stored as bfloat16, which never adds.
void ck_join_stored_phases(
  const uint16_t *in, ptrdiff_t in_stride, int64_t phases, int64_t rows, int64_t columns, int64_t first, int64_t images,
  uint16_t *x);

// A convolution of any size. Weights are [outputs][inputs / groups][kernel][kernel]: output o reads
// the inputs of its group alone.
typedef struct {
  int64_t inputs, outputs, kernel, stride, padding, groups;
  int64_t rows, columns, output_rows, output_columns;
  ptrdiff_t x_stride, y_stride;
} ck_convolution_shape;

// The input as a 1x1 convolution reads it, for elements [begin, end) of the output's planes: out[c
// * k * k + u * k + v][p - begin] is the pixel that tap (u, v) of output element p reads in channel
// c, zero where it reads a border or p is none.
void ck_unfold(
  const ck_convolution_shape *g, const float *x, int64_t images, ptrdiff_t begin, ptrdiff_t end, float *out,
  ptrdiff_t out_stride);
// One image of one output channel, with sums in double precision, rounded once.
void ck_precise_convolve(
  const ck_convolution_shape *g, const float *x, const float *w, const float *bias, int64_t output, int64_t image,
  float *y);
// The same in single precision.
void ck_plain_convolve(
  const ck_convolution_shape *g, const float *x, const float *w, const float *bias, int64_t output, int64_t image,
  float *y);
// One image of one input channel.
void ck_plain_input_gradient(
  const ck_convolution_shape *g, const float *dy, const float *w, int64_t input, int64_t image, bool accumulate,
  float *dx);
// One output channel's weights.
void ck_plain_weight_gradient(
  const ck_convolution_shape *g, const float *x, const float *dy, int64_t images, int64_t output, float *gradient);

// The portable versions.
void ck_plain_strided_filter(const ck_strided_filter *job, const float *x, int64_t first, int64_t images, float *y);
void ck_plain_strided_filter_input_gradient(
  const ck_strided_filter *job, const float *dy, int64_t first, int64_t images, bool accumulate, float *dx);
void ck_plain_strided_filter_gradient(
  const ck_strided_filter *job, const float *x, const float *dy, int64_t first, int64_t images, double *totals);

// As cblas_sgemm, of row-major matrices.
void ck_plain_multiply(
  int order, int transpose_a, int transpose_b, int rows, int columns, int inner, float alpha, const float *a, int a_stride,
  const float *b, int b_stride, float beta, float *c, int c_stride);

void ck_plain_convolve_pairs(const ck_pair_convolution *job, ptrdiff_t begin, ptrdiff_t end);
void ck_plain_pair_sums(const ck_pair_sums *job);
double ck_plain_pair_peak(int64_t rounds, float *sink);

// The portable versions, which work for any step.
void ck_cut_window(const ck_filter_window *w, const float *plane, int64_t first, int64_t images, float *copy);
void ck_paste_window(
  const ck_filter_window *w, const float *copy, int64_t first, int64_t images, bool accumulate, float *plane);

// positive = max(x, 0), negative = max(-x, 0)
void ck_split_signs(const float *x, float *positive, float *negative, ptrdiff_t begin, ptrdiff_t end);
// out = a + b
void ck_add_planes(const float *a, const float *b, float *out, ptrdiff_t begin, ptrdiff_t end);

// y = a * b
void ck_multiply_planes(const float *a, const float *b, float *y, ptrdiff_t begin, ptrdiff_t end);

// Images of one plane, from flat index 0 of the first on.
typedef struct {
  int64_t images, rows, columns;
} ck_maps;

// y = gate * x, or that added to y, with one value of the gate for each image.
void ck_multiply_images(
  ck_maps maps, const float *x, const float *gate, ptrdiff_t gate_stride, bool accumulate, float *y);
// The sum of a * b over each image's pixels.
void ck_image_products(ck_maps maps, const float *a, const float *b, float *sums, ptrdiff_t sums_stride);
// One image's pixels become `value`, or it is added to them.
void ck_fill_image(ck_maps maps, float value, bool accumulate, float *y);

typedef struct {
  int64_t images, rows, columns, output_rows, output_columns, window, stride, padding;
} ck_pool;

// One plane. indices: [images][output_rows][output_columns], row * columns + column of the first
// maximum.
void ck_max_pool(const ck_pool *g, const float *x, float *y, int32_t *indices);
void ck_max_pool_gradient(const ck_pool *g, const float *dy, const int32_t *indices, float *dx);

// Means of windows, zeros of the padding counted. One plane.
void ck_average_pool(const ck_pool *g, const float *x, float *y);
void ck_average_pool_gradient(const ck_pool *g, const float *dy, bool accumulate, float *dx);
// result = x * relevance / (sum of x over the window + 1e-9), collected over windows, or that added
// to it.
void ck_average_pool_relevance(
  const ck_pool *g, const float *relevance, const float *x, bool accumulate, float *result);

// Sum of one image's pixels.
double ck_image_sum(const float *image, int64_t rows, int64_t columns);

// As the tables' widen and narrow, where there is no engine.
void ck_widen(const uint16_t *x, float *y, ptrdiff_t begin, ptrdiff_t end);
void ck_narrow(const float *x, uint16_t *y, ptrdiff_t begin, ptrdiff_t end);

int ck_has_avx2(void);
int ck_has_avx512(void);
int ck_has_avx512_bf16(void);
// Whether they are faster than products in single precision.
int ck_has_fast_avx512_bf16(void);
int ck_has_neon_bf16(void);

// File of the library that a symbol lies in, or null.
const char *ck_library_path(const void *symbol);

// A number that no other thread has meanwhile.
uint64_t ck_thread(void);

// Tells the processor that this thread waits in a loop.
static inline void ck_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// One plane's first images in the batch-innermost layout: out[(row * (columns + 1) + column) *
// lanes + image]; the lanes of no image are zero, and all lanes of a column before the first row
// and after each.
void ck_gather_lanes(
  const float *x, int64_t images, int64_t rows, int64_t columns, int64_t lanes, float *out);
// The inverse; adds the plane's old values if `accumulate`.
void ck_scatter_lanes(
  const float *in, int64_t images, int64_t rows, int64_t columns, int64_t lanes, bool accumulate, float *x);

// Small maps, batch innermost: packed[row * columns + column][image] of one plane.
void ck_pack_pixels(const float *x, int64_t images, int64_t rows, int64_t columns, float *packed);
// The inverse; adds `bias`, and the plane's old values if `accumulate`.
void ck_unpack_pixels(
  const float *packed, int64_t images, int64_t rows, int64_t columns, float bias, bool accumulate, float *x);

// Tells layouts of the structures of both headers apart.
enum {
  CK_LAYOUT = sizeof(ck_kernels) + CK_SIGN_LISTS + 23 * CK_SIGNED_ENTRIES + 1009 * (sizeof(ck_convolution) + 3 * sizeof(ck_weight_gradient) +
    31 * sizeof(ck_contributions) + 17 * sizeof(ck_relevance_quotients) + 19 * sizeof(ck_redistribution) + 5 * sizeof(ck_products) + 7 * sizeof(ck_product_sums) + 11 * sizeof(ck_winograd) + 13 * sizeof(ck_activation_mask) + 41 * sizeof(ck_activation) + 29 * sizeof(ck_prefetch) + 37 * sizeof(ck_convolution_shape) + 43 * sizeof(ck_filter) + 47 * sizeof(ck_filter_gradient) +
    53 * sizeof(ck_filter_window) + 59 * sizeof(ck_plane_gradient) + 61 * sizeof(ck_strided_filter) + 67 * sizeof(ck_pair_convolution) +
    71 * sizeof(ck_pair_sums) + 73 * sizeof(ck_pool) + 79 * sizeof(ck_maps) + 83 * sizeof(ck_sgd) + 89 * sizeof(ck_moments) +
    97 * sizeof(ck_gradient_sums)),
};
// What this library was compiled with: SwiftPM does not compile Swift sources again when a header
// changes.
int64_t ck_layout(void);

// Inner loops over planes: what they read and write, and a table of them for each instruction set.
//
// A plane is one channel of a batch: pixel (image n, row r, column c) lies at flat index
//
//     p = (n * (rows + 1) + r) * pitch + c,   pitch = columns + 1
//
// so that every image row is followed by one zero and every image by one zero row. Planes start at
// a multiple of 64 bytes, carry at least pitch + 1 zeros before index 0 and after the last index,
// and every loop here runs over whole groups of CK_VECTOR_FLOATS: `begin` and `end` are multiples
// of it, but where a job lists its vectors. Elements outside the images are kept zero by a mask,
// which each instruction set reads in the form that suits it.
//
// Every loop fixes its order of additions by its arguments alone, and multiply-adds are written
// out, so a result never depends on the number of threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CK_VECTOR_FLOATS = 16,
  // Output channels that one pass of a convolution's loop computes.
  CK_OUTPUT_GROUP = 4,
  // Pixels that one pass of a convolution's loop computes.
  CK_PIXEL_BLOCK = 96,
  // Rows of weights that are ordered by their signs together.
  CK_SIGNED_GROUP = 4,
  CK_SIGN_LISTS = 1 << CK_SIGNED_GROUP,
  // Entries of a row of 3x3 weights whose pixels stay in the first-level cache while all lists of
  // signs read them.
  CK_SIGNED_ENTRIES = 144,
  // Output channels that one pass of a weight gradient's loop covers at most.
  CK_GRADIENT_GROUP = 8,
  // Pixels over which sums stay in single precision before they are carried on in double precision.
  CK_SUM_BLOCK = 2048,
};

// Which elements of a plane are pixels.
typedef struct {
  // Bit p % 8 of byte p / 8.
  const uint8_t *bits;
  // All ones or zero at p.
  const uint32_t *lanes;
  // Pixels in each CK_SUM_BLOCK elements.
  const int32_t *counts;
} ck_mask;

// y[o][p] = bias[o] + sum over c, t of weights[o][c][t] * x[c][p + offsets[t]], zero outside the
// mask.
typedef struct {
  const float *x;
  ptrdiff_t x_stride;
  int64_t inputs;
  const ptrdiff_t *offsets;
  int64_t taps;
  // As ck_pack_weights lays them out.
  const float *weights;
  // May be null.
  const float *bias;
  float *y;
  ptrdiff_t y_stride;
  int64_t outputs;
  ck_mask mask;
  // Adds to y instead of overwriting it.
  bool accumulate;
} ck_convolution;

// Signs of a group's weights in its list of this number, bit r for row r, set where negative: from
// one list to the next one sign changes (Gray's code), so that the sums of the other rows stay in
// registers.
static inline __attribute__((always_inline)) int ck_signs_of_list(int list) { return list ^ list >> 1; }

// Weights in groups of CK_SIGNED_GROUP rows, or fewer at the end, the entries of a part of their
// columns ordered by their signs, so that each weight is used with what belongs to its sign.
typedef struct {
  // Entries in each list, [groups][parts][CK_SIGN_LISTS]; all entries of a list have the signs
  // ck_signs_of_list.
  const int32_t *counts;
  // What each entry reads, as a distance from the pixel it is for, [groups][entries], and its
  // weights, [groups][entries][rows of the group].
  const int32_t *offsets;
  const float *weights;
  int64_t rows, entries, parts;
} ck_signed_weights;

// Columns of each part of signed weights but the last, for this number of taps of a column.
static inline int64_t ck_signed_part(int64_t taps) {
  return taps < CK_SIGNED_ENTRIES ? CK_SIGNED_ENTRIES / taps : 1;
}

// A plane's pixels in vectors of a class's width: neighbours from a start on, or, of two rows, half
// of them from there and half from `pitch` elements further on.
typedef struct {
  const ptrdiff_t *starts;
  ptrdiff_t pitch;
  int32_t rows;
  // Whether there are borders among them, whose results are zero; starts are multiples of the width
  // then.
  bool has_borders;
} ck_pixel_vectors;

// Planes that are read or written after some sums, prefetched into the second-level cache
// meanwhile: they lie far apart, so no hardware prefetcher sees them coming, and sums leave the
// memory idle.
typedef struct {
  // `count` planes, of each `lines` cache lines from byte `offset` on.
  const void *const *planes;
  int64_t count;
  ptrdiff_t offset;
  int64_t lines;
  // Lines to prefetch with each register block of the sums.
  int64_t each;
  // The next one.
  int64_t plane, line;
} ck_prefetch;

// The values that a function of pixels keeps to: [0, infinity] for a ReLU.
typedef struct {
  float low, high;
} ck_bounds;

// A convolution's sums over the weights of either sign, rows o of the weights, and what batch norm
// makes of both: positive[o][p] = sum over w > 0 of w * x + small, negative[o][p] = sum over w < 0
// of w * x + small, where weights closer to zero than 1e-9 count as +-1e-9 (box[p] is the sum of
// all x that a row reads) and small is 1e-9; and y[o][p] = scale[o] * (sum over all w of w * x) +
// shift[o], within bounds. All are zero at borders, or not written there if the vectors have none.
typedef struct {
  const float *x;
  ck_signed_weights weights;
  const float *box, *scale, *shift;
  ck_bounds bounds;
  float *positive, *negative, *y;
  // Of positive, negative and y.
  ptrdiff_t stride;
  ck_mask mask;
  ck_pixel_vectors vectors;
  // May be null.
  ck_prefetch *prefetch;
} ck_contributions;

// The quotients of the alpha-beta rule, `rows` of them: positive[o][p] = alpha * r[o][p] /
// plus[o][p] and negative[o][p] = -beta * r[o][p] / minus[o][p]; zero at borders, or not written
// there. total[p] becomes the sum over rows of 1e-9 * (positive - negative).
typedef struct {
  const float *relevance, *plus, *minus;
  // Of these three.
  ptrdiff_t stride;
  int64_t rows;
  float alpha, beta;
  float *positive, *negative, *total;
  // Of positive and negative.
  ptrdiff_t quotient_stride;
  ck_mask mask;
  ck_pixel_vectors vectors;
} ck_relevance_quotients;

// Relevance of the input: result[c][p] = x[c][p] * (sum over entries of w * (w > 0 ? positive :
// negative) + box[p]), rows c of the weights, or that added to it; zero at borders, or not written
// there.
typedef struct {
  const float *positive, *negative;
  ck_signed_weights weights;
  const float *box;
  const float *x;
  float *result;
  // Of x and of result.
  ptrdiff_t x_stride, result_stride;
  bool accumulate;
  ck_mask mask;
  ck_pixel_vectors vectors;
  // May be null.
  ck_prefetch *prefetch;
} ck_redistribution;

// dW[o][c][t] = sum over p of dy[o][p] * x[c][p + offsets[t]].
typedef struct {
  const float *dy;
  ptrdiff_t dy_stride;
  const float *x;
  ptrdiff_t x_stride;
  int64_t inputs;
  const ptrdiff_t *offsets;
  int64_t taps;
} ck_weight_gradient;

// As ck_convolution, of planes and weights stored as bfloat16.
typedef struct {
  const uint16_t *x;
  ptrdiff_t x_stride;
  int64_t inputs;
  const ptrdiff_t *offsets;
  // At most 9.
  int64_t taps;
  // As ck_pack_weight_pairs lays them out.
  const uint32_t *weights;
  // May be null.
  const float *bias;
  float *y;
  ptrdiff_t y_stride;
  int64_t outputs;
  ck_mask mask;
  // Adds to y instead of overwriting it.
  bool accumulate;
} ck_pair_convolution;

// sums[o][i] = sum over p < count of dy[o][p] * x[i][p], stored as bfloat16; count is a multiple of
// CK_VECTOR_FLOATS.
typedef struct {
  const uint16_t *dy;
  ptrdiff_t dy_stride;
  int64_t rows;
  const uint16_t *x;
  ptrdiff_t x_stride;
  int64_t columns;
  int64_t count;
  float *sums;
  ptrdiff_t sums_stride;
  // Adds to the sums instead of overwriting them.
  bool accumulate;
} ck_pair_sums;

// A filter over one plane: y[p] = bias + sum over t of weights[t] * x[p + offsets[t]], zero outside
// the mask.
typedef struct {
  const float *x;
  const ptrdiff_t *offsets;
  int64_t taps;
  const float *weights;
  float bias;
  float *y;
  // Its bits may be null, where all elements count.
  ck_mask mask;
  // Adds to y instead of overwriting it.
  bool accumulate;
} ck_filter;

// totals[t] += sum over p of dy[p] * x[p + offsets[t]].
typedef struct {
  const float *dy, *x;
  const ptrdiff_t *offsets;
  int64_t taps;
} ck_filter_gradient;

// totals[3 u + v] += sum over p of dy[p - (u - 1) * pitch] * x[p + v - 1]: the gradient of a 3x3
// filter whose taps read a plane where it lies. Over whole planes, whose borders are zero, that is
// the sum over all outputs.
typedef struct {
  const float *dy, *x;
  ptrdiff_t pitch;
} ck_plane_gradient;

// A 3x3 filter with stride 2 and one pixel of padding, over planes where they lie: output (r, q)
// reads pixels (2 r + u - 1, 2 q + v - 1) for weights[3 u + v]. Planes may be read for two vectors
// after their last pixel, and back to the border before their first.
typedef struct {
  // Of the input. The output's are half of them, rounded up.
  int64_t rows, columns;
  const float *weights;
  float bias;
} ck_strided_filter;

// A copy of some images of a plane with zeros around each, pixels dealt to step * step phases:
// element (n * window_rows + r) * pitch + q of phase (a, b), `phase` elements after the one before,
// is pixel (step * (r - before) + a, step * (q - before) + b) of image n.
// Phases end with `before` elements and two vectors that belong to no image.
typedef struct {
  // Of the plane, which may be read for two vectors after its last pixel.
  int64_t rows, columns;
  int64_t step, before, window_rows, pitch;
  ptrdiff_t phase;
} ck_filter_window;

// y[e][o][t] = sum over c of weights[e][c][o] * x[e][c][t] for t < count, a multiple of the class's
// vector: one group of output channels as ck_pack_weights lays them out. All start at multiples of
// a vector.
typedef struct {
  int64_t elements;
  const float *x;
  ptrdiff_t x_element, x_stride;
  int64_t inputs;
  const float *weights;
  ptrdiff_t weights_element;
  // At most CK_OUTPUT_GROUP.
  int64_t outputs;
  float *y;
  ptrdiff_t y_element, y_stride;
  int64_t count;
  // May be null.
  ck_prefetch *prefetch;
} ck_products;

// sums[e][i][o] += sum over t of d[e][o][t] * v[e][i][t] for t < count, a multiple of the class's
// vector.
typedef struct {
  int64_t elements;
  const float *d;
  ptrdiff_t d_element, d_stride;
  int64_t outputs;
  const float *v;
  ptrdiff_t v_element, v_stride;
  int64_t inputs;
  float *sums;
  int64_t count;
  // May be null.
  ck_prefetch *prefetch;
} ck_product_sums;

// How a map is cut into tiles of 4x4 outputs for Winograd's minimal filtering: in the order of
// images, rows, columns.
typedef struct {
  int64_t count;
  // Tiles side by side in one row of a map that `starts` gives one entry: 1, 2 or 4.
  int64_t run;
  // Flat index of the upper left output of every run.
  const int32_t *starts;
  // Elements from one row to the next.
  ptrdiff_t pitch;
} ck_winograd;

typedef struct {
  double count, mean, squares;
} ck_moments;

// What the compiler may fuse in functions for any processor of its kind, as on Arm, it must not in
// these: portable kernels and Swift, which imports them, would round otherwise than on x86.
#if defined(__aarch64__)
#define CK_NO_FUSION _Pragma("STDC FP_CONTRACT OFF")
#else
#define CK_NO_FUSION
#endif

// Moments of a block of `count` values from sums of its values' differences to a rough mean.
static inline ck_moments ck_block_moments(double count, double center, double differences, double squares) {
  CK_NO_FUSION
  const ck_moments block = {count, center + differences / count, squares - differences * differences / count};
  return block;
}

// Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American
// Statistician 37 (1983).
static inline void ck_join_moments(ck_moments *all, ck_moments block) {
  CK_NO_FUSION
  if (block.count == 0) return;
  const double count = all->count + block.count, delta = block.mean - all->mean;
  all->squares += block.squares + delta * delta * (all->count * block.count / count);
  all->mean += delta * (block.count / count);
  all->count = count;
}

typedef struct {
  double gradient, product;
} ck_gradient_sums;

// Where a ReLU behind a batch norm has a slope, and lets gradients through: where `output` is
// positive, or if that is null and `affine` is set, where scale * x + shift is; everywhere if
// neither is given. And where it is below `ceiling`, which is infinite for a plain ReLU.
typedef struct {
  // Stored as the gradients are.
  const void *output;
  bool affine;
  float scale, shift, ceiling;
} ck_activation_mask;

// Kinds of activation functions.
enum {
  CK_RELU,
  CK_RELU6,
  CK_LEAKY_RELU,
  CK_SILU,
  CK_HARD_SWISH,
  CK_SIGMOID,
  CK_HARD_SIGMOID,
};

typedef struct {
  int32_t kind;
  // Of a leaky ReLU below zero.
  float slope;
} ck_activation;

// Takes tiles of a plane to their transformed elements.
typedef void (*ck_winograd_transform)(
  const ck_winograd *g, const float *plane, int64_t first, int64_t count, float *elements, ptrdiff_t stride);

typedef struct {
  float learning_rate, momentum, weight_decay;
  bool nesterov;
} ck_sgd;

typedef struct {
  const char *name;

  void (*convolve)(const ck_convolution *job, ptrdiff_t begin, ptrdiff_t end);
  // Floats of a vector.
  int64_t width;
  // Vectors that the loops over signed weights compute at a time.
  int64_t signed_vectors;
  // The job's vectors begin..<end.
  void (*contributions)(const ck_contributions *job, ptrdiff_t begin, ptrdiff_t end);
  void (*relevance_quotients)(const ck_relevance_quotients *job, ptrdiff_t begin, ptrdiff_t end);
  void (*redistribute)(const ck_redistribution *job, ptrdiff_t begin, ptrdiff_t end);
  // Adds the sums over [begin, end) for `count` output channels to ck_gradient_scratch floats, in
  // an order of the class's own. However the pixels are cut, the sums are the same.
  void (*weight_gradient)(
    const ck_weight_gradient *job, int64_t count, ptrdiff_t begin, ptrdiff_t end, float *sums);
  // Overwrites partial[count][inputs * taps] with those sums.
  void (*fold_weight_gradient)(const ck_weight_gradient *job, int64_t count, const float *sums, float *partial);

  void (*filter)(const ck_filter *job, ptrdiff_t begin, ptrdiff_t end);
  // Sums stay in single precision over CK_SUM_BLOCK elements.
  void (*filter_gradient)(const ck_filter_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals);
  void (*plane_gradient)(const ck_plane_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals);

  // Of `images` images from `first` on. Pixels of y are overwritten, those of dx also added to.
  void (*strided_filter)(const ck_strided_filter *job, const float *x, int64_t first, int64_t images, float *y);
  void (*strided_filter_input_gradient)(
    const ck_strided_filter *job, const float *dy, int64_t first, int64_t images, bool accumulate, float *dx);
  // Adds to the nine totals. Sums may stay in single precision over CK_SUM_BLOCK outputs, or a row.
  void (*strided_filter_gradient)(
    const ck_strided_filter *job, const float *x, const float *dy, int64_t first, int64_t images, double *totals);

  // Copies `images` images from `first` on; what is no pixel becomes zero, to the end of every
  // phase.
  void (*cut_window)(const ck_filter_window *w, const float *plane, int64_t first, int64_t images, float *copy);
  // The inverse: overwrites the plane's pixels, or adds to them.
  void (*paste_window)(
    const ck_filter_window *w, const float *copy, int64_t first, int64_t images, bool accumulate, float *plane);

  // Tiles that products of Winograd's elements run over at a time.
  int64_t tile_block;
  // Floats that stay in a core's second-level cache.
  int64_t cached_floats;
  void (*multiply)(const ck_products *job);
  void (*product_sums)(const ck_product_sums *job);
  // The transforms of F(4x4, 3x3) for `count` tiles of a plane from tile `first` on, both multiples
  // of the class's vector. The element of a tile in row a, column b of its 6x6 block lies at [(6 a
  // + b) * stride + t], or, where one row alone is asked for, at [b * stride + t]; t runs over the
  // tiles in an order that all transforms of a class share. Null in classes without them.
  //
  // v = transposed(B) x B
  ck_winograd_transform winograd_input;
  void (*winograd_input_row)(
    const ck_winograd *g, const float *x, int64_t first, int64_t count, int64_t row, float *v, ptrdiff_t stride);
  // d = A dy transposed(A)
  ck_winograd_transform winograd_gradient;
  void (*winograd_gradient_row)(
    const ck_winograd *g, const float *dy, int64_t first, int64_t count, int64_t row, float *d, ptrdiff_t stride);
  // y = bias + transposed(A) m A, or that added to y.
  void (*winograd_output)(
    const ck_winograd *g, const float *m, ptrdiff_t stride, int64_t first, int64_t count, float bias, bool accumulate,
    float *y);

  // begin is a multiple of CK_SUM_BLOCK in the three sums.
  double (*sum)(const float *x, ptrdiff_t begin, ptrdiff_t end);
  ck_moments (*moments)(const float *x, ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  // Sums of g and g * (x - mean); g is dy where the mask lets it through, else zero. Writes g to
  // masked_dy, which may be dy, if that is not null and the mask has an output.
  ck_gradient_sums (*gradient_sums)(
    const float *dy, const float *x, ck_activation_mask active, float mean, float *masked_dy, ptrdiff_t begin, ptrdiff_t end);

  // y = scale * x + shift + residual, within bounds; residual may be null.
  void (*scale_shift)(
    const float *x, float scale, float shift, const float *residual, ck_bounds bounds, float *y, ptrdiff_t begin,
    ptrdiff_t end, ck_mask mask);
  // y = f(x); y may be x.
  void (*activate)(
    const float *x, ck_activation f, float *y, ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  // dx = dy * f'(x), or that added to it; dx may be x or dy.
  void (*activation_gradient)(
    const float *dy, const float *x, ck_activation f, bool accumulate, float *dx, ptrdiff_t begin, ptrdiff_t end);
  // dx = a * g + b * x + c, or that added to dx, g as in gradient_sums.
  void (*normalize_gradient)(
    const float *dy, const float *x, ck_activation_mask active, float a, float b, float c, bool accumulate, float *dx,
    ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  void (*add)(const float *x, float *y, ptrdiff_t begin, ptrdiff_t end);
  // out = r / (z + small)
  void (*quotient)(const float *r, const float *z, float small, float *out, ptrdiff_t begin, ptrdiff_t end);
  // A sum's relevance split between its addends, q = relevance / (sum + 1e-9): branch = (scale *
  // branch + shift) * q, if it is not null, and relevance = shortcut * q.
  void (*split_sum)(
    float *branch, float scale, float shift, const float *shortcut, const float *sum, float *relevance, ptrdiff_t begin,
    ptrdiff_t end);
  // out = a * (alpha * p - beta * n)
  void (*combine)(
    const float *a, const float *p, float alpha, const float *n, float beta, float *out, ptrdiff_t begin,
    ptrdiff_t end);
  // g += weight_decay * w; v = momentum * v + g; w -= learning_rate * (nesterov ? g + momentum * v
  // : v)
  void (*sgd)(float *w, const float *g, float *v, int64_t count, ck_sgd options);

  // Elements stored as bfloat16: to single precision, and rounded to the nearest, ties to even.
  void (*widen)(const uint16_t *x, float *y, ptrdiff_t begin, ptrdiff_t end);
  void (*narrow)(const float *x, uint16_t *y, ptrdiff_t begin, ptrdiff_t end);
  // The same of elements [begin, end) of several rows.
  void (*widen_rows)(
    const uint16_t *x, ptrdiff_t x_stride, int64_t rows, float *y, ptrdiff_t y_stride, ptrdiff_t begin, ptrdiff_t end);
  void (*narrow_rows)(
    const float *x, ptrdiff_t x_stride, int64_t rows, uint16_t *y, ptrdiff_t y_stride, ptrdiff_t begin, ptrdiff_t end);
  // The functions above of these names, of planes stored as bfloat16: the same bits as between
  // widen and narrow. Null in portable.
  ck_moments (*stored_moments)(const uint16_t *x, ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  ck_gradient_sums (*stored_gradient_sums)(
    const uint16_t *dy, const uint16_t *x, ck_activation_mask active, float mean, uint16_t *masked_dy, ptrdiff_t begin,
    ptrdiff_t end);
  void (*stored_scale_shift)(
    const uint16_t *x, float scale, float shift, const uint16_t *residual, ck_bounds bounds, uint16_t *y,
    ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  void (*stored_normalize_gradient)(
    const uint16_t *dy, const uint16_t *x, ck_activation_mask active, float a, float b, float c, bool accumulate,
    uint16_t *dx, ptrdiff_t begin, ptrdiff_t end, ck_mask mask);
  // The pixels of `count` tiles from tile `first` on, at their flat indices in both, rounded, or
  // the rounded sum with what is there.
  void (*narrow_tiles)(
    const ck_winograd *g, const float *x, int64_t first, int64_t count, bool accumulate, uint16_t *y);
  // Runs `rounds` rounds of independent multiply-adds; returns the floating-point operations done.
  double (*peak)(int64_t rounds, float *sink);

  // Products of values stored as bfloat16, two at a time, with sums in single precision. Portable,
  // and in classes with instructions for that; null in others.
  void (*convolve_pairs)(const ck_pair_convolution *job, ptrdiff_t begin, ptrdiff_t end);
  void (*pair_sums)(const ck_pair_sums *job);
  double (*pair_peak)(int64_t rounds, float *sink);
} ck_kernels;

// Null where the processor, or this build, does not have them.
const ck_kernels *ck_portable(void);
const ck_kernels *ck_avx2(void);
const ck_kernels *ck_avx512(void);
const ck_kernels *ck_avx512_bf16(void);
const ck_kernels *ck_neon(void);
const ck_kernels *ck_neon_bf16(void);

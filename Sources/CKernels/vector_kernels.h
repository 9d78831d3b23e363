// The inner loops in terms of one instruction set's vectors; included once by each file that
// defines
//
//   V, WIDTH                      a vector and its floats, WIDTH <= CK_VECTOR_FLOATS
//   load, store, set1, broadcast(p), muladd, add, sub, mul, divide, max, min
//   load, store                   the same of values stored as bfloat16, rounded as in bfloat16.h
//   keep(v, mask, p)              v where elements p... are pixels, else zero
//   where_positive(y, g)          g where y > 0, else zero
//   fold(v)                       sum of a vector's elements
//   fold_four(a, b, c, d, sums)   sums of four vectors' elements
//   D, low(v), high(v)            half as many doubles, and the halves of a vector as such
//   set1_double, add_double, muladd_double, fold_double
//   CONVOLVE_VECTORS              vectors of pixels in a convolution's register block of
//                                 CK_OUTPUT_GROUP outputs
//   CONVOLVE_PRODUCTS             inputs times taps whose vectors stay in the first-level cache
//   SIGNED_VECTORS                the same for relevance, CK_SIGNED_GROUP rows
//   GATHERED_VECTORS              vectors of pixels that 1x1 convolutions gather, if they do
//   CACHED_FLOATS                 floats that stay in a second-level cache
//   PRODUCT_VECTORS               vectors in a product's register block of CK_OUTPUT_GROUP outputs
//   GRADIENT_ROWS                 output channels in a weight gradient's register block of 3
//                                 columns
//   GRADIENT_PIXELS               pixels whose output gradients stay in the first-level cache
//   KERNELS_NAME, KERNELS_FUNCTION
//
// max(a, b) and min(a, b) must return b where either is not a number.
#include "prefetching.h"

#define INLINE static inline __attribute__((always_inline))
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
// Unrolled code with a check at every access takes minutes to compile.
#define UNROLL
#else
#define UNROLL _Pragma("clang loop unroll(full)")
#endif

enum {
  // Outputs whose sums wait in memory while they read some of the inputs.
  CONVOLVE_OUTPUTS = 64,
  // The longest sums that are added up over all inputs at once.
  CONVOLVE_SHORT_SUMS = 256,
};

// Runs the statement for every vector of a cache line, at its index i.
#define VECTORS_OF_LINE UNROLL for (ptrdiff_t i = 0; i < CK_VECTOR_FLOATS; i += WIDTH)

// Adds the products of `group` weights at w with `vectors` vectors of pixels at x.
INLINE void add_products(
  const float *x, const float *w, const int group, const int vectors, V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS]) {
  V pixels[CONVOLVE_VECTORS];
  UNROLL for (int i = 0; i < vectors; i++) pixels[i] = load(x + i * WIDTH);
  UNROLL for (int o = 0; o < group; o++) {
    const V weight = broadcast(w + o);
    UNROLL for (int i = 0; i < vectors; i++) sums[o][i] = muladd(weight, pixels[i], sums[o][i]);
  }
}

// The sums of a register block, `group` output channels times `vectors` vectors of pixels: those in
// memory, or none so far.
INLINE void begin_sums(
  const ck_convolution *job, int64_t first, const int group, const int vectors, const V *before,
  V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS]) {
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++)
      sums[o][i] = before ? before[o * vectors + i] : set1(job->bias ? job->bias[first + o] : 0.0f);
}

// Leaves sums in memory, or if that is null, in y from p on.
INLINE void end_sums(
  const ck_convolution *job, int64_t first, const int group, const int vectors, ptrdiff_t p, V *after,
  V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS]) {
  UNROLL for (int o = 0; o < group; o++) {
    if (after) {
      UNROLL for (int i = 0; i < vectors; i++) after[o * vectors + i] = sums[o][i];
      continue;
    }
    float *const y = job->y + (first + o) * job->y_stride + p;
    UNROLL for (int i = 0; i < vectors; i++) {
      V value = keep(sums[o][i], job->mask, p + i * WIDTH);
      if (job->accumulate) value = add(value, load(y + i * WIDTH));
      store(y + i * WIDTH, value);
    }
  }
}

// One register block of a convolution from p on, over `inputs` input channels from x on.
INLINE void convolve_block(
  const ck_convolution *job, const float *x, int64_t inputs, const float *w, int64_t first, const int group,
  const int vectors, ptrdiff_t p, const V *before, V *after) {
  V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS];
  begin_sums(job, first, group, vectors, before, sums);
  const ptrdiff_t *const offsets = job->offsets;
  const int64_t taps = job->taps;
  const ptrdiff_t stride = job->x_stride;
  x += p;
  if (taps == 1) {
    x += offsets[0];
    for (int64_t c = inputs; c > 0; c--, x += stride, w += group) add_products(x, w, group, vectors, sums);
  } else {
    for (int64_t c = inputs; c > 0; c--, x += stride)
      for (int64_t t = 0; t < taps; t++, w += group) add_products(x + offsets[t], w, group, vectors, sums);
  }
  end_sums(job, first, group, vectors, p, after, sums);
}

// Output channels first..<last, `vectors` vectors of pixels from p on. A few inputs at a time stay
// in the first-level cache while all these outputs read them. Each sum adds in the same order as
// over all inputs at once.
INLINE void convolve_pixels(
  const ck_convolution *job, int64_t first, int64_t last, const int vectors, ptrdiff_t p) {
  V sums[CONVOLVE_OUTPUTS * CONVOLVE_VECTORS];
  const int64_t step = CONVOLVE_PRODUCTS > job->taps ? CONVOLVE_PRODUCTS / job->taps : 1;
  for (int64_t c = 0; c < job->inputs; c += step) {
    const int64_t inputs = job->inputs - c < step ? job->inputs - c : step;
    const float *const x = job->x + c * job->x_stride;
    for (int64_t o = first; o < last;) {
      const int64_t group = ck_output_group(job->outputs, o);
      const float *const w = job->weights + (o * job->inputs + c * group) * job->taps;
      V *const memory = sums + (o - first) * vectors;
      const V *const before = c > 0 ? memory : 0;
      V *const after = c + inputs < job->inputs ? memory : 0;
      switch (group) {
        case 4: convolve_block(job, x, inputs, w, o, 4, vectors, p, before, after); break;
        case 3: convolve_block(job, x, inputs, w, o, 3, vectors, p, before, after); break;
        case 2: convolve_block(job, x, inputs, w, o, 2, vectors, p, before, after); break;
        default: convolve_block(job, x, inputs, w, o, 1, vectors, p, before, after); break;
      }
      o += group;
    }
  }
}

// The end of the output channels from `first` on, whole groups of `most` channels at most.
INLINE int64_t end_of_outputs(const ck_convolution *job, int64_t first, int64_t most) {
  int64_t last = first;
  while (last < job->outputs && last - first <= most - CK_OUTPUT_GROUP) last += ck_output_group(job->outputs, last);
  return last;
}

__attribute__((noinline)) static void convolve_many_inputs(
  const ck_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
  for (int64_t first = 0, last = 0; first < job->outputs; first = last) {
    last = end_of_outputs(job, first, CONVOLVE_OUTPUTS);
    ptrdiff_t p = begin;
    for (; p + CONVOLVE_VECTORS * WIDTH <= end; p += CONVOLVE_VECTORS * WIDTH)
      convolve_pixels(job, first, last, CONVOLVE_VECTORS, p);
    for (; p + 2 * WIDTH <= end; p += 2 * WIDTH) convolve_pixels(job, first, last, 2, p);
    for (; p < end; p += WIDTH) convolve_pixels(job, first, last, 1, p);
  }
}

// A group of output channels, whose planes are written from one end to the other.
INLINE void convolve_group(
  const ck_convolution *job, int64_t first, const int group, ptrdiff_t begin, ptrdiff_t end) {
  const float *const w = job->weights + first * job->inputs * job->taps;
  ptrdiff_t p = begin;
  for (; p + CONVOLVE_VECTORS * WIDTH <= end; p += CONVOLVE_VECTORS * WIDTH)
    convolve_block(job, job->x, job->inputs, w, first, group, CONVOLVE_VECTORS, p, 0, 0);
  for (; p + 2 * WIDTH <= end; p += 2 * WIDTH)
    convolve_block(job, job->x, job->inputs, w, first, group, 2, p, 0, 0);
  for (; p < end; p += WIDTH) convolve_block(job, job->x, job->inputs, w, first, group, 1, p, 0, 0);
}

#ifdef GATHERED_VECTORS
#include "pointwise_kernels.h"
#endif

static void convolve(const ck_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
#ifdef GATHERED_VECTORS
  if (gathers(job)) return convolve_pointwise(job, begin, end);
#endif
  // Where the sums are short, writing planes from one end to the other counts for more.
  if (job->inputs * job->taps > CONVOLVE_SHORT_SUMS) return convolve_many_inputs(job, begin, end);
  for (int64_t first = 0; first < job->outputs;) {
    const int64_t group = ck_output_group(job->outputs, first);
    switch (group) {
      case 4: convolve_group(job, first, 4, begin, end); break;
      case 3: convolve_group(job, first, 3, begin, end); break;
      case 2: convolve_group(job, first, 2, begin, end); break;
      default: convolve_group(job, first, 1, begin, end); break;
    }
    first += group;
  }
}

INLINE void prefetch_lines(ck_prefetch *prefetch) {
  if (!prefetch) return;
  for (int64_t i = 0; i < prefetch->each && prefetch->plane < prefetch->count; i++) {
    const char *const from = (const char *)prefetch->planes[prefetch->plane] + prefetch->offset;
    __builtin_prefetch(from + prefetch->line * 64, 0, 2);
    if (++prefetch->line == prefetch->lines) prefetch->line = 0, prefetch->plane++;
  }
}

// One register block of products: `group` rows of y times `vectors` vectors from t on.
INLINE void product_block(
  const float *x, ptrdiff_t x_stride, int64_t inputs, const float *w, float *y, ptrdiff_t y_stride, const int group,
  const int vectors) {
  V sums[CK_OUTPUT_GROUP][PRODUCT_VECTORS];
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) sums[o][i] = set1(0);
  for (int64_t c = inputs; c > 0; c--, x += x_stride, w += group) {
    V values[PRODUCT_VECTORS];
    UNROLL for (int i = 0; i < vectors; i++) values[i] = load(x + i * WIDTH);
    UNROLL for (int o = 0; o < group; o++) {
      const V weight = broadcast(w + o);
      UNROLL for (int i = 0; i < vectors; i++) sums[o][i] = muladd(weight, values[i], sums[o][i]);
    }
  }
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) store(y + o * y_stride + i * WIDTH, sums[o][i]);
}

INLINE void multiply_group(const ck_products *job, const int group) {
  const float *x = job->x, *w = job->weights;
  float *y = job->y;
  for (int64_t e = 0; e < job->elements; e++, x += job->x_element, w += job->weights_element, y += job->y_element) {
    int64_t t = 0;
    for (; t + PRODUCT_VECTORS * WIDTH <= job->count; t += PRODUCT_VECTORS * WIDTH) {
      prefetch_lines(job->prefetch);
      product_block(x + t, job->x_stride, job->inputs, w, y + t, job->y_stride, group, PRODUCT_VECTORS);
    }
    for (; t + 2 * WIDTH <= job->count; t += 2 * WIDTH) {
      prefetch_lines(job->prefetch);
      product_block(x + t, job->x_stride, job->inputs, w, y + t, job->y_stride, group, 2);
    }
    for (; t < job->count; t += WIDTH)
      product_block(x + t, job->x_stride, job->inputs, w, y + t, job->y_stride, group, 1);
  }
}

static void multiply(const ck_products *job) {
  switch (job->outputs) {
    case 4: multiply_group(job, 4); break;
    case 3: multiply_group(job, 3); break;
    case 2: multiply_group(job, 2); break;
    default: multiply_group(job, 1); break;
  }
}

// Sums of products of `rows` output gradients with three shifted inputs over `count` pixels, added
// to sums[rows][3].
INLINE void gradient_block(
  const float *dy, ptrdiff_t dy_stride, const float *x0, const float *x1, const float *x2, ptrdiff_t count,
  const int rows, float *memory) {
  V sums[GRADIENT_ROWS][3];
  UNROLL for (int o = 0; o < rows; o++)
    UNROLL for (int j = 0; j < 3; j++) sums[o][j] = load(memory + (o * 3 + j) * WIDTH);
  for (ptrdiff_t p = 0; p < count; p += WIDTH) {
    const V a = load(x0 + p), b = load(x1 + p), c = load(x2 + p);
    UNROLL for (int o = 0; o < rows; o++) {
      const V g = load(dy + o * dy_stride + p);
      sums[o][0] = muladd(g, a, sums[o][0]);
      sums[o][1] = muladd(g, b, sums[o][1]);
      sums[o][2] = muladd(g, c, sums[o][2]);
    }
  }
  UNROLL for (int o = 0; o < rows; o++)
    UNROLL for (int j = 0; j < 3; j++) store(memory + (o * 3 + j) * WIDTH, sums[o][j]);
}

// The sums of `rows` output channels over `count` pixels from p on, added to what is in memory for
// each three columns.
INLINE void gradient_rows(
  const ck_weight_gradient *job, int64_t first, const int rows, ptrdiff_t p, ptrdiff_t count, float *memory) {
  const float *const dy = job->dy + first * job->dy_stride + p;
  const float *x = job->x + p;
  int64_t t = 0;
  for (int64_t left = job->inputs * job->taps; left > 0; memory += rows * 3 * WIDTH) {
    const float *at[3];
    for (int j = 0; j < 3; j++) {
      at[j] = x + job->offsets[t];
      // The last column stands in for those past the end.
      if (--left <= 0) continue;
      if (++t == job->taps) t = 0, x += job->x_stride;
    }
    gradient_block(dy, job->dy_stride, at[0], at[1], at[2], count, rows, memory);
  }
}

static void gradient_pixels(
  const ck_weight_gradient *job, int64_t first, int64_t rows, ptrdiff_t p, ptrdiff_t count, float *memory) {
  switch (rows) {
#define ROWS(n) \
  case n: gradient_rows(job, first, n, p, count, memory); break
#if GRADIENT_ROWS == 8
    ROWS(8);
    ROWS(7);
    ROWS(6);
    ROWS(5);
#endif
    ROWS(4);
    ROWS(3);
    ROWS(2);
    ROWS(1);
#undef ROWS
  }
}

// Rows of a pass, which differ by one at most, have their sums together.
INLINE int64_t gradient_passes(int64_t count) { return (count + GRADIENT_ROWS - 1) / GRADIENT_ROWS; }

// Floats of a row's sums.
INLINE int64_t gradient_row(const ck_weight_gradient *job) { return (job->inputs * job->taps + 2) / 3 * 3 * WIDTH; }

// A few pixels at a time meet all output channels, so that they are read from memory once.
static void weight_gradient(
  const ck_weight_gradient *job, int64_t count, ptrdiff_t begin, ptrdiff_t end, float *sums) {
  const int64_t passes = gradient_passes(count), row = gradient_row(job);
  for (ptrdiff_t p = begin; p < end; p += GRADIENT_PIXELS) {
    const ptrdiff_t pixels = end - p < GRADIENT_PIXELS ? end - p : GRADIENT_PIXELS;
    for (int64_t pass = 0; pass < passes; pass++) {
      const int64_t from = pass * count / passes, to = (pass + 1) * count / passes;
      gradient_pixels(job, from, to - from, p, pixels, sums + from * row);
    }
  }
}

static void fold_rows(const float *sums, int64_t rows, int64_t columns, float *partial) {
  for (int64_t column = 0; column < columns; column++) {
    const float *const from = sums + (column / 3 * rows * 3 + column % 3) * WIDTH;
    int64_t o = 0;
    for (; o + 4 <= rows; o += 4) {
      float four[4];
      const float *const at = from + o * 3 * WIDTH;
      fold_four(load(at), load(at + 3 * WIDTH), load(at + 6 * WIDTH), load(at + 9 * WIDTH), four);
      for (int i = 0; i < 4; i++) partial[(o + i) * columns + column] = four[i];
    }
    for (; o < rows; o++) partial[o * columns + column] = fold(load(from + o * 3 * WIDTH));
  }
}

static void fold_weight_gradient(const ck_weight_gradient *job, int64_t count, const float *sums, float *partial) {
  const int64_t passes = gradient_passes(count), row = gradient_row(job), columns = job->inputs * job->taps;
  for (int64_t pass = 0; pass < passes; pass++) {
    const int64_t from = pass * count / passes, to = (pass + 1) * count / passes;
    fold_rows(sums + from * row, to - from, columns, partial + from * columns);
  }
}

// One register block of sums of products, `rows` of d times `columns` of v.
INLINE void product_sums_block(
  const ck_product_sums *job, const float *d, const float *v, float *sums, const int rows, const int columns) {
  prefetch_lines(job->prefetch);
  V products[4][3];
  UNROLL for (int o = 0; o < rows; o++)
    UNROLL for (int i = 0; i < columns; i++) products[o][i] = set1(0);
  for (int64_t t = 0; t < job->count; t += WIDTH) {
    V values[3];
    UNROLL for (int i = 0; i < columns; i++) values[i] = load(v + i * job->v_stride + t);
    UNROLL for (int o = 0; o < rows; o++) {
      const V gradient = load(d + o * job->d_stride + t);
      UNROLL for (int i = 0; i < columns; i++) products[o][i] = muladd(gradient, values[i], products[o][i]);
    }
  }
  UNROLL for (int i = 0; i < columns; i++) {
    float *const to = sums + i * job->outputs;
    if (rows == 4) {
      float four[4];
      fold_four(products[0][i], products[1][i], products[2][i], products[3][i], four);
      UNROLL for (int o = 0; o < 4; o++) to[o] += four[o];
    } else {
      UNROLL for (int o = 0; o < rows; o++) to[o] += fold(products[o][i]);
    }
  }
}

INLINE void product_sums_columns(
  const ck_product_sums *job, const float *d, const float *v, float *sums, const int columns) {
  int64_t o = 0;
  for (; o + 4 <= job->outputs; o += 4)
    product_sums_block(job, d + o * job->d_stride, v, sums + o, 4, columns);
  d += o * job->d_stride, sums += o;
  switch (job->outputs - o) {
    case 3: product_sums_block(job, d, v, sums, 3, columns); break;
    case 2: product_sums_block(job, d, v, sums, 2, columns); break;
    case 1: product_sums_block(job, d, v, sums, 1, columns); break;
  }
}

static void product_sums(const ck_product_sums *job) {
  for (int64_t e = 0; e < job->elements; e++) {
    const float *const d = job->d + e * job->d_element;
    const float *v = job->v + e * job->v_element;
    float *sums = job->sums + e * job->inputs * job->outputs;
    int64_t i = 0;
    for (; i + 3 <= job->inputs; i += 3, v += 3 * job->v_stride, sums += 3 * job->outputs)
      product_sums_columns(job, d, v, sums, 3);
    if (job->inputs - i == 2) product_sums_columns(job, d, v, sums, 2);
    if (job->inputs - i == 1) product_sums_columns(job, d, v, sums, 1);
  }
}

// Rounded twice, as the portable loops do it, so that all classes agree on where a ReLU's kink is.
INLINE V affine(V scale, V x, V shift) { return add(mul(scale, x), shift); }

// What says where a ReLU behind a batch norm let values through: nothing, its output, or the map of
// its input.
enum { OPEN, OUTPUT, AFFINE };

#define VALUE float
#define OF(name) name
#include "normalization_kernels.h"
#undef VALUE
#undef OF
#define VALUE uint16_t
#define OF(name) stored_##name
#include "normalization_kernels.h"
#undef VALUE
#undef OF

static void add_planes(const float *x, float *y, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p += CK_VECTOR_FLOATS) {
    prefetch_ahead(x + p);
    prefetch_ahead(y + p);
    VECTORS_OF_LINE store(y + p + i, add(load(x + p + i), load(y + p + i)));
  }
}

static void quotient(const float *r, const float *z, float small, float *out, ptrdiff_t begin, ptrdiff_t end) {
  const V away = set1(small);
  for (ptrdiff_t p = begin; p < end; p += WIDTH) store(out + p, divide(load(r + p), add(load(z + p), away)));
}

static void split_sum(
  float *branch, float scale, float shift, const float *shortcut, const float *total, float *relevance, ptrdiff_t begin,
  ptrdiff_t end) {
  const V small = set1(1e-9f), a = set1(scale), b = set1(shift);
  for (ptrdiff_t p = begin; p < end; p += WIDTH) {
    const V quotient = divide(load(relevance + p), add(load(total + p), small));
    if (branch) store(branch + p, mul(affine(a, load(branch + p), b), quotient));
    store(relevance + p, mul(load(shortcut + p), quotient));
  }
}

static void combine(
  const float *a, const float *p, float alpha, const float *n, float beta, float *out, ptrdiff_t begin,
  ptrdiff_t end) {
  const V va = set1(alpha), vb = set1(beta);
  for (ptrdiff_t i = begin; i < end; i += WIDTH)
    store(out + i, mul(load(a + i), sub(mul(va, load(p + i)), mul(vb, load(n + i)))));
}

static void sgd(float *w, const float *g, float *v, int64_t count, ck_sgd options) {
  const float rate = -options.learning_rate, momentum = options.momentum, decay = options.weight_decay;
  const V vrate = set1(rate), vmomentum = set1(momentum), vdecay = set1(decay);
  int64_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    const V gradient = muladd(vdecay, load(w + i), load(g + i));
    const V velocity = muladd(vmomentum, load(v + i), gradient);
    store(v + i, velocity);
    store(w + i, muladd(vrate, options.nesterov ? muladd(vmomentum, velocity, gradient) : velocity, load(w + i)));
  }
  for (; i < count; i++) {
    const float gradient = __builtin_fmaf(decay, w[i], g[i]);
    v[i] = __builtin_fmaf(momentum, v[i], gradient);
    w[i] = __builtin_fmaf(rate, options.nesterov ? __builtin_fmaf(momentum, v[i], gradient) : v[i], w[i]);
  }
}

static double peak(int64_t rounds, float *sink) {
  V sums[12];
  UNROLL for (int i = 0; i < 12; i++) sums[i] = set1((float)i);
  const V half = set1(0.5f), one = set1(1.0f);
  for (int64_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < 12; i++) sums[i] = muladd(sums[i], half, one);
  V total = sums[0];
  UNROLL for (int i = 1; i < 12; i++) total = add(total, sums[i]);
  *sink = fold(total);
  return 2.0 * 12 * WIDTH * (double)rounds;
}

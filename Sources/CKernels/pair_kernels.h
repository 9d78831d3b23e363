// Products of pairs of values stored as bfloat16, by instructions that multiply two pairs and add
// both products to a sum in single precision; included behind vector_kernels.h and
// elementwise_kernels.h by files that define
//
//   P                       a vector of WIDTH pairs
//   load_stored(p)          from 2 * WIDTH stored values
//   load_few_stored(p)      from half as many, and zeros; with HAS_FEW_STORED, where 2 * WIDTH >
//                           CK_VECTOR_FLOATS
//   broadcast_pair(p)       the pair at p, WIDTH times
//   dot(a, b, sums)         sums + first of a * first of b + second of a * second of b
//   PAIR_KERNELS_NAME
#include "bfloat16.h"

enum {
  // Pairs of channels, times taps, whose pixels stay in the first-level cache.
  PAIR_PRODUCTS = 64,
};

// Pixels of two channels side by side, as `dot` reads them; zeros beside those of a single one.
INLINE void zip(const uint16_t *a, const uint16_t *b, uint32_t *to, const int count) {
  if (b) {
    ELEMENTWISE for (int i = 0; i < count; i++) to[i] = a[i] | (uint32_t)b[i] << 16;
  } else {
    ELEMENTWISE for (int i = 0; i < count; i++) to[i] = a[i];
  }
}

// The pixels of channel pairs first..<last, a vector block for each tap.
INLINE void zip_channels(
  const ck_pair_convolution *job, int64_t first, int64_t last, ptrdiff_t p, const int vectors, uint32_t *to) {
  for (int64_t pair = first; pair < last; pair++) {
    const uint16_t *const a = job->x + 2 * pair * job->x_stride + p;
    const bool is_single = 2 * pair + 1 == job->inputs;
    for (int64_t t = 0; t < job->taps; t++, to += vectors * WIDTH) {
      const uint16_t *const at = a + job->offsets[t];
      zip(at, is_single ? 0 : at + job->x_stride, to, vectors * WIDTH);
    }
  }
}

// Some of the products of one register block: `group` output channels times `vectors` vectors of
// pixels from p on. Sums wait in y until the last products.
INLINE void pair_block(
  const ck_pair_convolution *job, const uint32_t *pixels, int64_t products, const uint32_t *w, int64_t first,
  const int group, const int vectors, ptrdiff_t p, bool is_first, bool is_last) {
  float *const y = job->y + first * job->y_stride + p;
  V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS];
  UNROLL for (int o = 0; o < group; o++) {
    const V bias = set1(job->bias ? job->bias[first + o] : 0.0f);
    const float *const before = y + o * job->y_stride;
    UNROLL for (int i = 0; i < vectors; i++)
      sums[o][i] = !is_first ? load(before + i * WIDTH) : job->accumulate ? add(bias, load(before + i * WIDTH)) : bias;
  }
  for (int64_t k = 0; k < products; k++, w += group, pixels += vectors * WIDTH) {
    P values[CONVOLVE_VECTORS];
    UNROLL for (int i = 0; i < vectors; i++) values[i] = load_stored(pixels + i * WIDTH);
    UNROLL for (int o = 0; o < group; o++) {
      const P weight = broadcast_pair(w + o);
      UNROLL for (int i = 0; i < vectors; i++) sums[o][i] = dot(weight, values[i], sums[o][i]);
    }
  }
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) {
      const V value = is_last ? keep(sums[o][i], job->mask, p + i * WIDTH) : sums[o][i];
      store(y + o * job->y_stride + i * WIDTH, value);
    }
}

// The next pixels of some channels, whose cache lines are prefetched a few at a time.
typedef struct {
  const uint16_t *plane;
  ptrdiff_t stride;
  int64_t planes, each, line;
} coming_pixels;

INLINE void prefetch_pixels(coming_pixels *coming, const int lines) {
  for (int64_t i = 0; i < coming->each && coming->planes > 0; i++) {
    prefetch_at(coming->plane, (uintptr_t)coming->line * STORED_LINE * sizeof *coming->plane);
    if (++coming->line == lines) coming->line = 0, coming->plane += coming->stride, coming->planes--;
  }
}

// All output channels, `vectors` vectors of pixels from p on; a few input channels at a time, whose
// pixels stay in the first-level cache.
INLINE void pair_pixels(const ck_pair_convolution *job, const int vectors, ptrdiff_t p) {
  _Alignas(64) uint32_t pixels[PAIR_PRODUCTS * CONVOLVE_VECTORS * WIDTH];
  const int lines = vectors * WIDTH / STORED_LINE + 1;
  const int64_t pairs = (job->inputs + 1) / 2, step = PAIR_PRODUCTS / job->taps;
  int64_t begin = 0;
  do {
    const int64_t end = pairs - begin < step ? pairs : begin + step, products = (end - begin) * job->taps;
    zip_channels(job, begin, end, p, vectors, pixels);
    // The same channels' next pixels.
    const int64_t channels = 2 * end < job->inputs ? 2 * (end - begin) : job->inputs - 2 * begin;
    coming_pixels coming = {
      .plane = job->x + 2 * begin * job->x_stride + p + vectors * WIDTH, .stride = job->x_stride, .planes = channels,
      .each = channels * lines / (job->outputs / CK_OUTPUT_GROUP + 1) + 1};
    for (int64_t o = 0; o < job->outputs;) {
      prefetch_pixels(&coming, lines);
      const int64_t group = ck_output_group(job->outputs, o);
      const uint32_t *const w = job->weights + (o * pairs + begin * group) * job->taps;
      const bool is_last = end == pairs;
      switch (group) {
        case 4: pair_block(job, pixels, products, w, o, 4, vectors, p, begin == 0, is_last); break;
        case 3: pair_block(job, pixels, products, w, o, 3, vectors, p, begin == 0, is_last); break;
        case 2: pair_block(job, pixels, products, w, o, 2, vectors, p, begin == 0, is_last); break;
        default: pair_block(job, pixels, products, w, o, 1, vectors, p, begin == 0, is_last); break;
      }
      o += group;
    }
    begin = end;
  } while (begin < pairs);
}

static void convolve_pairs(const ck_pair_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + CONVOLVE_VECTORS * WIDTH <= end; p += CONVOLVE_VECTORS * WIDTH) pair_pixels(job, CONVOLVE_VECTORS, p);
  for (; p + 2 * WIDTH <= end; p += 2 * WIDTH) pair_pixels(job, 2, p);
  for (; p < end; p += WIDTH) pair_pixels(job, 1, p);
}

// One register block of sums over all pixels, pairs of which lie side by side as they are.
INLINE void pair_sums_block(const ck_pair_sums *job, int64_t row, const int rows, int64_t column, const int columns) {
  const uint16_t *const dy = job->dy + row * job->dy_stride, *const x = job->x + column * job->x_stride;
  V sums[GRADIENT_ROWS][3];
  UNROLL for (int o = 0; o < rows; o++) UNROLL for (int j = 0; j < columns; j++) sums[o][j] = set1(0);
  int64_t p = 0;
  for (; p + 2 * WIDTH <= job->count; p += 2 * WIDTH) {
    P values[3];
    UNROLL for (int j = 0; j < columns; j++) {
      // The next columns' pixels, while these are multiplied.
      prefetch_at(x + j * job->x_stride + p, (uintptr_t)(columns * job->x_stride) * sizeof *x);
      values[j] = load_stored(x + j * job->x_stride + p);
    }
    UNROLL for (int o = 0; o < rows; o++) {
      const P g = load_stored(dy + o * job->dy_stride + p);
      UNROLL for (int j = 0; j < columns; j++) sums[o][j] = dot(g, values[j], sums[o][j]);
    }
  }
#ifdef HAS_FEW_STORED
  if (p < job->count)
    UNROLL for (int o = 0; o < rows; o++) {
      const P g = load_few_stored(dy + o * job->dy_stride + p);
      UNROLL for (int j = 0; j < columns; j++)
        sums[o][j] = dot(g, load_few_stored(x + j * job->x_stride + p), sums[o][j]);
    }
#endif
  UNROLL for (int j = 0; j < columns; j++) {
    float *const to = job->sums + row * job->sums_stride + column + j;
    float totals[GRADIENT_ROWS];
    if (rows % 4 == 0)
      UNROLL for (int o = 0; o < rows; o += 4)
        fold_four(sums[o][j], sums[o + 1][j], sums[o + 2][j], sums[o + 3][j], totals + o);
    else
      UNROLL for (int o = 0; o < rows; o++) totals[o] = fold(sums[o][j]);
    UNROLL for (int o = 0; o < rows; o++)
      to[o * job->sums_stride] = totals[o] + (job->accumulate ? to[o * job->sums_stride] : 0);
  }
}

INLINE void pair_sums_rows(const ck_pair_sums *job, int64_t row, const int rows) {
  int64_t column = 0;
  for (; column + 3 <= job->columns; column += 3) pair_sums_block(job, row, rows, column, 3);
  for (; column < job->columns; column++) pair_sums_block(job, row, rows, column, 1);
}

static void pair_sums(const ck_pair_sums *job) {
  int64_t row = 0;
  for (; row + GRADIENT_ROWS <= job->rows; row += GRADIENT_ROWS) pair_sums_rows(job, row, GRADIENT_ROWS);
  for (; row + 4 <= job->rows; row += 4) pair_sums_rows(job, row, 4);
  for (; row < job->rows; row++) pair_sums_rows(job, row, 1);
}

static double pair_peak(int64_t rounds, float *sink) {
  // 0.5 * 0.5 + 0.5 * 0.5, but as two values that the compiler does not know.
  uint32_t halves = 0x3f003f00u;
  __asm__ volatile("" : "+r"(halves));
  const P half = broadcast_pair(&halves);
  V sums[24];
  UNROLL for (int i = 0; i < 24; i++) sums[i] = set1(0);
  for (int64_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < 24; i++) sums[i] = dot(half, half, sums[i]);
  V all = sums[0];
  UNROLL for (int i = 1; i < 24; i++) all = add(all, sums[i]);
  *sink = fold(all);
  return 4.0 * 24 * WIDTH * (double)rounds;
}

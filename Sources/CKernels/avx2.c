// The inner loops with 256-bit vectors and fused multiply-add.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "x86_pairs.h"

typedef __m256 V;
enum {
  WIDTH = 8, CONVOLVE_VECTORS = 3, CONVOLVE_PRODUCTS = 96, SIGNED_VECTORS = 3,
  CACHED_FLOATS = 1 << 17, PRODUCT_VECTORS = 3, GRADIENT_PIXELS = 1024,
};
#define GRADIENT_ROWS 4
#define GATHERED_VECTORS 768

// Of values stored as bfloat16, beside the functions of the same name for floats.
#define OVERLOAD static inline __attribute__((overloadable))

static inline V load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, V v) { _mm256_storeu_ps(p, v); }
static inline V set1(float value) { return _mm256_set1_ps(value); }

OVERLOAD V load(const uint16_t *p) {
  const __m256i halves = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16));
}

OVERLOAD void store(uint16_t *p, V v) {
  const __m256i bits = _mm256_castps_si256(v), one = _mm256_set1_epi32(1);
  const __m256i even = _mm256_and_si256(_mm256_srli_epi32(bits, 16), one);
  const __m256i nearest = _mm256_add_epi32(bits, _mm256_add_epi32(even, _mm256_set1_epi32(0x7fff)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  const __m256i all = _mm256_srli_epi32(_mm256_blendv_epi8(nearest, quiet, is_nan), 16);
  _mm_storeu_si128(
    (__m128i *)p, _mm_packus_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1)));
}

// Not hoisted: twelve sums, three vectors of pixels and one weight are all the registers there are.
static inline V broadcast(const float *p) {
  V v;
  __asm__ volatile("vbroadcastss %1, %0" : "=x"(v) : "m"(*p));
  return v;
}
static inline V muladd(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
static inline V add(V a, V b) { return _mm256_add_ps(a, b); }
static inline V sub(V a, V b) { return _mm256_sub_ps(a, b); }
static inline V mul(V a, V b) { return _mm256_mul_ps(a, b); }
static inline V divide(V a, V b) { return _mm256_div_ps(a, b); }
static inline V max(V a, V b) { return _mm256_max_ps(a, b); }
static inline V min(V a, V b) { return _mm256_min_ps(a, b); }

static inline V keep(V v, ck_mask mask, ptrdiff_t p) {
  const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i bits = _mm256_set1_epi32(mask.bits[p / 8]);
  return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(bits, lane), lane)));
}

static inline V where_positive(V y, V g) {
  return _mm256_and_ps(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ), g);
}

static inline float fold(V v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline void fold_four(V a, V b, V c, V d, float sums[4]) {
  const V all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

static inline void store_first(float *p, V v, int64_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane), v);
}

static inline V first_of(V v, int64_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane)));
}

static inline V muladd_first(V a, V b, V c, int64_t count) {
  return muladd(first_of(a, count), first_of(b, count), c);
}

// Every second element of a and b, from the first or the second on, and the inverse.
static inline __m256 in_order(__m256 v) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}

static inline void divide_pairs(V a, V b, V *first, V *second) {
  *first = in_order(_mm256_shuffle_ps(a, b, 0x88));
  *second = in_order(_mm256_shuffle_ps(a, b, 0xdd));
}

static inline void join_pairs(V first, V second, V *a, V *b) {
  const V low = _mm256_unpacklo_ps(first, second), high = _mm256_unpackhi_ps(first, second);
  *a = _mm256_permute2f128_ps(low, high, 0x20);
  *b = _mm256_permute2f128_ps(low, high, 0x31);
}

typedef __m256d D;

static inline D low(V v) { return _mm256_cvtps_pd(_mm256_castps256_ps128(v)); }
static inline D high(V v) { return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)); }
static inline D set1_double(double value) { return _mm256_set1_pd(value); }
static inline D add_double(D a, D b) { return _mm256_add_pd(a, b); }
static inline D muladd_double(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }

static inline double fold_double(D v) {
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static inline V unpack_low(V a, V b) { return _mm256_unpacklo_ps(a, b); }
static inline V unpack_high(V a, V b) { return _mm256_unpackhi_ps(a, b); }
static inline V pair_low(V a, V b) { return _mm256_shuffle_ps(a, b, 0x44); }
static inline V pair_high(V a, V b) { return _mm256_shuffle_ps(a, b, 0xee); }

static inline V load_parts(float *const *p, int n) {
  if (n == 1) return load(p[0]);
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p[0])), _mm_loadu_ps(p[1]), 1);
}

static inline void store_parts(float *const *p, int n, V v) {
  if (n == 1) return store(p[0], v);
  _mm_storeu_ps(p[0], _mm256_castps256_ps128(v));
  _mm_storeu_ps(p[1], _mm256_extractf128_ps(v, 1));
}

#define NEXT_COLUMNS
static inline V load_pairs(float *const at[4][4], ptrdiff_t shift) { return gather_pairs(at, shift); }

// Every 128 bits hold a tile of each quarter.
static inline V shift_tiles(V tiles, __m128 last) {
  return _mm256_permute2f128_ps(tiles, _mm256_castps128_ps256(last), 0x21);
}

static inline void next_columns(const V *left, V pairs, V *right) {
  right[0] = shift_tiles(left[0], first_of_pairs(pairs));
  right[1] = shift_tiles(left[1], second_of_pairs(pairs));
}

#define KERNELS_NAME "avx2"
#include "vector_kernels.h"
#include "filter_kernels.h"
#include "strided_filter_kernels.h"
#include "relevance_kernels.h"
#include "winograd_kernels.h"
#include "elementwise_kernels.h"
#include "bfloat16_kernels.h"
#include "vector_table.h"

#pragma clang attribute pop

const ck_kernels *ck_avx2(void) { return ck_has_avx2() ? &table : 0; }
#else
const ck_kernels *ck_avx2(void) { return 0; }
#endif

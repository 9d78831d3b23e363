// The inner loops with 512-bit vectors.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)

#include "x86_pairs.h"

typedef __m512 V;
enum {
  WIDTH = 16, CONVOLVE_VECTORS = 6, CONVOLVE_PRODUCTS = 64, SIGNED_VECTORS = 4,
  CACHED_FLOATS = 1 << 18, PRODUCT_VECTORS = 3, GRADIENT_PIXELS = 768,
};
#define GRADIENT_ROWS 8

// Of values stored as bfloat16, beside the functions of the same name for floats.
#define OVERLOAD static inline __attribute__((overloadable))

static inline V load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, V v) { _mm512_storeu_ps(p, v); }
static inline V set1(float value) { return _mm512_set1_ps(value); }

OVERLOAD V load(const uint16_t *p) {
  const __m512i halves = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(halves, 16));
}

OVERLOAD void store(uint16_t *p, V v) {
  const __m512i bits = _mm512_castps_si512(v), one = _mm512_set1_epi32(1);
  const __m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
  const __m512i nearest = _mm512_add_epi32(bits, _mm512_add_epi32(even, _mm512_set1_epi32(0x7fff)));
  const __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  const __m512i all = _mm512_mask_or_epi32(nearest, is_nan, bits, _mm512_set1_epi32(0x400000));
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(all, 16)));
}

static inline V broadcast(const float *p) { return set1(*p); }
static inline V muladd(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
static inline V add(V a, V b) { return _mm512_add_ps(a, b); }
static inline V sub(V a, V b) { return _mm512_sub_ps(a, b); }
static inline V mul(V a, V b) { return _mm512_mul_ps(a, b); }
static inline V divide(V a, V b) { return _mm512_div_ps(a, b); }
static inline V max(V a, V b) { return _mm512_max_ps(a, b); }
static inline V min(V a, V b) { return _mm512_min_ps(a, b); }

static inline V keep(V v, ck_mask mask, ptrdiff_t p) {
  uint16_t bits;
  memcpy(&bits, mask.bits + p / 8, sizeof bits);
  return _mm512_maskz_mov_ps(bits, v);
}

static inline V where_positive(V y, V g) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), g);
}

static inline float fold(V v) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline __m256 halves(V v) { return _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)); }

static inline void fold_four(V a, V b, V c, V d, float sums[4]) {
  const __m256 all =
    _mm256_hadd_ps(_mm256_hadd_ps(halves(a), halves(b)), _mm256_hadd_ps(halves(c), halves(d)));
  _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

static inline void store_first(float *p, V v, int64_t count) { _mm512_mask_storeu_ps(p, (1u << count) - 1, v); }

static inline V muladd_first(V a, V b, V c, int64_t count) {
  return _mm512_mask3_fmadd_ps(a, b, c, (__mmask16)((1u << count) - 1));
}

// Every second element of a and b, from the first or the second on, and the inverse.
static inline void divide_pairs(V a, V b, V *first, V *second) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  *first = _mm512_permutex2var_ps(a, even, b);
  *second = _mm512_permutex2var_ps(a, _mm512_add_epi32(even, _mm512_set1_epi32(1)), b);
}

static inline void join_pairs(V first, V second, V *a, V *b) {
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  *a = _mm512_permutex2var_ps(first, low, second);
  *b = _mm512_permutex2var_ps(first, _mm512_add_epi32(low, _mm512_set1_epi32(8)), second);
}

typedef __m512d D;

static inline D low(V v) { return _mm512_cvtps_pd(_mm512_castps512_ps256(v)); }
static inline D high(V v) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)); }
static inline D set1_double(double value) { return _mm512_set1_pd(value); }
static inline D add_double(D a, D b) { return _mm512_add_pd(a, b); }
static inline D muladd_double(D a, D b, D c) { return _mm512_fmadd_pd(a, b, c); }

static inline double fold_double(D v) {
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

static inline V unpack_low(V a, V b) { return _mm512_unpacklo_ps(a, b); }
static inline V unpack_high(V a, V b) { return _mm512_unpackhi_ps(a, b); }
static inline V pair_low(V a, V b) { return _mm512_shuffle_ps(a, b, 0x44); }
static inline V pair_high(V a, V b) { return _mm512_shuffle_ps(a, b, 0xee); }

static inline V load_parts(float *const *p, int n) {
  if (n == 1) return load(p[0]);
  if (n == 2)
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(p[0])), _mm256_loadu_ps(p[1]), 1);
  const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p[0])), _mm_loadu_ps(p[1]), 1);
  const __m256 high = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p[2])), _mm_loadu_ps(p[3]), 1);
  return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

static inline void store_parts(float *const *p, int n, V v) {
  if (n == 1) return store(p[0], v);
  const __m256 low = _mm512_castps512_ps256(v), high = _mm512_extractf32x8_ps(v, 1);
  if (n == 2) {
    _mm256_storeu_ps(p[0], low);
    _mm256_storeu_ps(p[1], high);
    return;
  }
  _mm_storeu_ps(p[0], _mm256_castps256_ps128(low));
  _mm_storeu_ps(p[1], _mm256_extractf128_ps(low, 1));
  _mm_storeu_ps(p[2], _mm256_castps256_ps128(high));
  _mm_storeu_ps(p[3], _mm256_extractf128_ps(high, 1));
}

#define NEXT_COLUMNS
static inline V load_pairs(float *const at[4][4], ptrdiff_t shift) {
  return _mm512_castps256_ps512(gather_pairs(at, shift));
}

// Every 128 bits hold a tile of each quarter.
static inline V shift_tiles(V tiles, __m128 last) {
  return _mm512_castsi512_ps(_mm512_alignr_epi32(
    _mm512_castps_si512(_mm512_castps128_ps512(last)), _mm512_castps_si512(tiles), 4));
}

static inline void next_columns(const V *left, V pairs, V *right) {
  right[0] = shift_tiles(left[0], first_of_pairs(_mm512_castps512_ps256(pairs)));
  right[1] = shift_tiles(left[1], second_of_pairs(_mm512_castps512_ps256(pairs)));
}

#define KERNELS_NAME "avx512"
#include "vector_kernels.h"
#include "filter_kernels.h"
#include "strided_filter_kernels.h"
#include "relevance_kernels.h"
#include "winograd_kernels.h"
#include "elementwise_kernels.h"
#include "bfloat16_kernels.h"

#pragma clang attribute pop
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,avx512bf16"))), apply_to = function)

typedef __m512bh P;

static inline P load_stored(const void *p) { return (P)_mm512_loadu_si512(p); }
static inline P load_few_stored(const void *p) {
  return (P)_mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)p));
}
static inline P broadcast_pair(const uint32_t *p) { return (P)_mm512_set1_epi32((int)*p); }
static inline V dot(P a, P b, V sums) { return _mm512_dpbf16_ps(sums, a, b); }

#define PAIR_KERNELS_NAME "avx512-bf16"
#define HAS_FEW_STORED
#include "pair_kernels.h"
#include "vector_table.h"

#pragma clang attribute pop

const ck_kernels *ck_avx512(void) { return ck_has_avx512() ? &table : 0; }
const ck_kernels *ck_avx512_bf16(void) { return ck_has_avx512_bf16() ? &pair_table : 0; }
#else
const ck_kernels *ck_avx512(void) { return 0; }
const ck_kernels *ck_avx512_bf16(void) { return 0; }
#endif

// The inner loops with the 128-bit vectors that every 64-bit Arm processor has.
#include "CKernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

typedef float32x4_t V;
enum {
  WIDTH = 4, CONVOLVE_VECTORS = 6, CONVOLVE_PRODUCTS = 64, SIGNED_VECTORS = 4,
  CACHED_FLOATS = 1 << 17, PRODUCT_VECTORS = 6, GRADIENT_PIXELS = 768,
};
#define GRADIENT_ROWS 8

// Of values stored as bfloat16, beside the functions of the same name for floats.
#define OVERLOAD static inline __attribute__((overloadable))

static inline V load(const float *p) { return vld1q_f32(p); }
static inline void store(float *p, V v) { vst1q_f32(p, v); }
static inline V set1(float value) { return vdupq_n_f32(value); }

OVERLOAD V load(const uint16_t *p) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16)); }

OVERLOAD void store(uint16_t *p, V v) {
  const uint32x4_t bits = vreinterpretq_u32_f32(v), even = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t nearest = vaddq_u32(bits, vaddq_u32(even, vdupq_n_u32(0x7fff)));
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  vst1_u16(p, vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), nearest, quiet), 16));
}

static inline V broadcast(const float *p) { return vld1q_dup_f32(p); }
static inline V muladd(V a, V b, V c) { return vfmaq_f32(c, a, b); }
static inline V add(V a, V b) { return vaddq_f32(a, b); }
static inline V sub(V a, V b) { return vsubq_f32(a, b); }
static inline V mul(V a, V b) { return vmulq_f32(a, b); }
static inline V divide(V a, V b) { return vdivq_f32(a, b); }
static inline V max(V a, V b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
static inline V min(V a, V b) { return vbslq_f32(vcltq_f32(a, b), a, b); }

static inline V keep(V v, ck_mask mask, ptrdiff_t p) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vld1q_u32(mask.lanes + p)));
}

static inline V where_positive(V y, V g) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(g), vcgtzq_f32(y)));
}

static inline float fold(V v) {
  const float32x2_t two = vadd_f32(vget_low_f32(v), vget_high_f32(v));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline void fold_four(V a, V b, V c, V d, float sums[4]) {
  vst1q_f32(sums, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

static inline void store_first(float *p, V v, int64_t count) {
  float all[WIDTH];
  store(all, v);
  for (int64_t i = 0; i < count; i++) p[i] = all[i];
}

static inline V first_of(V v, int64_t count) {
  const int32x4_t lane = {0, 1, 2, 3};
  return vreinterpretq_f32_u32(
    vandq_u32(vreinterpretq_u32_f32(v), vcgtq_s32(vdupq_n_s32((int32_t)count), lane)));
}

static inline V muladd_first(V a, V b, V c, int64_t count) {
  return muladd(first_of(a, count), first_of(b, count), c);
}

// Every second element of a and b, from the first or the second on, and the inverse.
static inline void divide_pairs(V a, V b, V *first, V *second) {
  *first = vuzp1q_f32(a, b);
  *second = vuzp2q_f32(a, b);
}

static inline void join_pairs(V first, V second, V *a, V *b) {
  *a = vzip1q_f32(first, second);
  *b = vzip2q_f32(first, second);
}

typedef float64x2_t D;

static inline D low(V v) { return vcvt_f64_f32(vget_low_f32(v)); }
static inline D high(V v) { return vcvt_high_f64_f32(v); }
static inline D set1_double(double value) { return vdupq_n_f64(value); }
static inline D add_double(D a, D b) { return vaddq_f64(a, b); }
static inline D muladd_double(D a, D b, D c) { return vfmaq_f64(c, a, b); }
static inline double fold_double(D v) { return vaddvq_f64(v); }

static inline V unpack_low(V a, V b) { return vzip1q_f32(a, b); }
static inline V unpack_high(V a, V b) { return vzip2q_f32(a, b); }
static inline V pair_low(V a, V b) { return vcombine_f32(vget_low_f32(a), vget_low_f32(b)); }
static inline V pair_high(V a, V b) { return vcombine_f32(vget_high_f32(a), vget_high_f32(b)); }
static inline V load_parts(float *const *p, int n) {
  return n == 1 ? load(p[0]) : vcombine_f32(vld1_f32(p[0]), vld1_f32(p[1]));
}

static inline void store_parts(float *const *p, int n, V v) {
  if (n == 1) return store(p[0], v);
  vst1_f32(p[0], vget_low_f32(v));
  vst1_f32(p[1], vget_high_f32(v));
}

#define KERNELS_NAME "neon"
#include "vector_kernels.h"
#include "filter_kernels.h"
#include "strided_filter_kernels.h"
#include "relevance_kernels.h"
#include "winograd_kernels.h"
#include "elementwise_kernels.h"
#include "bfloat16_kernels.h"

#pragma clang attribute push(__attribute__((target("bf16"))), apply_to = function)

typedef bfloat16x8_t P;

static inline P load_stored(const void *p) { return vreinterpretq_bf16_u16(vld1q_u16(p)); }
static inline P broadcast_pair(const uint32_t *p) { return vreinterpretq_bf16_u32(vld1q_dup_u32(p)); }
static inline V dot(P a, P b, V sums) { return vbfdotq_f32(sums, a, b); }

#define PAIR_KERNELS_NAME "neon-bf16"
#include "pair_kernels.h"
#include "vector_table.h"

#pragma clang attribute pop

const ck_kernels *ck_neon(void) { return &table; }
const ck_kernels *ck_neon_bf16(void) { return ck_has_neon_bf16() ? &pair_table : 0; }
#else
const ck_kernels *ck_neon(void) { return 0; }
const ck_kernels *ck_neon_bf16(void) { return 0; }
#endif

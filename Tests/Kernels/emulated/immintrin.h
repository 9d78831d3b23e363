// AVX-512 on processors without it: the intrinsics as SIMDe computes them in plain C, and those
// that it lacks.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_NATIVE
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>
#include <string.h>

typedef uint16_t __mmask16;

static inline __m256 _mm512_extractf32x8_ps(__m512 v, int half) {
  __m256 halves[2];
  memcpy(halves, &v, sizeof v);
  return halves[half];
}

static inline __m512d _mm512_cvtps_pd(__m256 v) {
  float from[8];
  double to[8];
  memcpy(from, &v, sizeof v);
  for (int i = 0; i < 8; i++) to[i] = from[i];
  __m512d result;
  memcpy(&result, to, sizeof result);
  return result;
}

static inline void _mm512_mask_storeu_ps(float *p, __mmask16 mask, __m512 v) {
  float from[16];
  memcpy(from, &v, sizeof v);
  for (int i = 0; i < 16; i++)
    if (mask >> i & 1) p[i] = from[i];
}

static inline __m512 _mm512_mask3_fmadd_ps(__m512 a, __m512 b, __m512 c, __mmask16 mask) {
  return _mm512_mask_mov_ps(c, mask, _mm512_fmadd_ps(a, b, c));
}

static inline __m512i _mm512_alignr_epi32(__m512i a, __m512i b, int shift) {
  int32_t both[32];
  __m512i result;
  memcpy(both, &b, sizeof b);
  memcpy(both + 16, &a, sizeof a);
  memcpy(&result, both + shift, sizeof result);
  return result;
}

static inline __m512i _mm512_zextsi256_si512(__m256i v) {
  __m512i result = _mm512_setzero_si512();
  memcpy(&result, &v, sizeof v);
  return result;
}

static inline __m512i _mm512_cvtepu16_epi32(__m256i v) {
  uint16_t from[16];
  uint32_t to[16];
  memcpy(from, &v, sizeof v);
  for (int i = 0; i < 16; i++) to[i] = from[i];
  __m512i result;
  memcpy(&result, to, sizeof result);
  return result;
}

static inline __m256i _mm512_cvtepi32_epi16(__m512i v) {
  uint32_t from[16];
  uint16_t to[16];
  memcpy(from, &v, sizeof v);
  for (int i = 0; i < 16; i++) to[i] = (uint16_t)from[i];
  __m256i result;
  memcpy(&result, to, sizeof result);
  return result;
}

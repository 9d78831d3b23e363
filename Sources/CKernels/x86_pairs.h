// Pairs of elements in four places, which AVX2 and AVX-512 gather alike.
#include <immintrin.h>
#include <stddef.h>

// Two elements at each of at[0][0] + shift, ..., at[3][0] + shift.
static inline __m256 gather_pairs(float *const at[4][4], ptrdiff_t shift) {
  __m128 low = _mm_castpd_ps(_mm_load_sd((const double *)(at[0][0] + shift)));
  __m128 high = _mm_castpd_ps(_mm_load_sd((const double *)(at[2][0] + shift)));
  low = _mm_loadh_pi(low, (const __m64 *)(at[1][0] + shift));
  high = _mm_loadh_pi(high, (const __m64 *)(at[3][0] + shift));
  return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
}

// Of four pairs the first elements or the second.
static inline __m128 first_of_pairs(__m256 pairs) {
  return _mm_shuffle_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1), 0x88);
}

static inline __m128 second_of_pairs(__m256 pairs) {
  return _mm_shuffle_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1), 0xdd);
}

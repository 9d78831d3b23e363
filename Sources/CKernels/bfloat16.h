// Single precision as bits, and its upper halves, bfloat16.
#pragma once

#include <stdint.h>
#include <string.h>

#define BITS static inline __attribute__((always_inline))

BITS float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

BITS uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

BITS float widened(uint32_t half) { return from_bits(half << 16); }

// To the nearest, ties to even; what is not a number stays so.
BITS uint16_t rounded(float value) {
  const uint32_t bits = to_bits(value), magnitude = bits & 0x7fffffffu;
  const uint32_t nearest = bits + 0x7fffu + (bits >> 16 & 1u), quiet = bits | 0x400000u;
  return (uint16_t)((magnitude > 0x7f800000u ? quiet : nearest) >> 16);
}

#undef BITS

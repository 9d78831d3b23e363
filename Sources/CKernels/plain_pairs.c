// Products of pairs of values stored as bfloat16, one after the other.
#include "CKernels.h"
#include "bfloat16.h"

#pragma STDC FP_CONTRACT OFF

void ck_pack_weight_pairs(
  const float *weights, int64_t outputs, int64_t inputs, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, int64_t first, int64_t last, uint32_t *packed) {
  packed += first * ((inputs + 1) / 2) * taps;
  while (first < last) {
    const int64_t group = ck_output_group(outputs, first);
    for (int64_t c = 0; c < inputs; c += 2)
      for (int64_t t = 0; t < taps; t++)
        for (int64_t o = first; o < first + group; o++) {
          const float *const at = weights + (transposed ? c * outputs + o : o * inputs + c) * kernel_size + tap_index[t];
          const uint32_t second = c + 1 < inputs ? rounded(at[(transposed ? outputs : 1) * kernel_size]) : 0;
          *packed++ = rounded(*at) | second << 16;
        }
    first += group;
  }
}

static float dot(uint32_t a, uint32_t b, float sum) {
  sum += widened(a & 0xffff) * widened(b & 0xffff);
  return sum + widened(a >> 16) * widened(b >> 16);
}

static float convolved(const ck_pair_convolution *job, const uint32_t *w, int64_t group, ptrdiff_t p, float sum) {
  for (int64_t c = 0; c < job->inputs; c += 2)
    for (int64_t t = 0; t < job->taps; t++, w += group) {
      const uint16_t *const a = job->x + c * job->x_stride + p + job->offsets[t];
      const uint32_t second = c + 1 < job->inputs ? a[job->x_stride] : 0;
      sum = dot(*a | second << 16, *w, sum);
    }
  return sum;
}

void ck_plain_convolve_pairs(const ck_pair_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
  const int64_t pairs = (job->inputs + 1) / 2;
  for (int64_t first = 0; first < job->outputs;) {
    const int64_t group = ck_output_group(job->outputs, first);
    for (int64_t o = first; o < first + group; o++) {
      const uint32_t *const w = job->weights + first * pairs * job->taps + (o - first);
      float *const y = job->y + o * job->y_stride;
      for (ptrdiff_t p = begin; p < end; p++) {
        const float start = (job->bias ? job->bias[o] : 0) + (job->accumulate ? y[p] : 0);
        y[p] = job->mask.lanes[p] ? convolved(job, w, group, p, start) : 0;
      }
    }
    first += group;
  }
}

void ck_plain_pair_sums(const ck_pair_sums *job) {
  for (int64_t o = 0; o < job->rows; o++)
    for (int64_t i = 0; i < job->columns; i++) {
      const uint16_t *const dy = job->dy + o * job->dy_stride, *const x = job->x + i * job->x_stride;
      float *const to = job->sums + o * job->sums_stride + i;
      float sum = 0;
      for (int64_t p = 0; p < job->count; p++) sum += widened(dy[p]) * widened(x[p]);
      *to = sum + (job->accumulate ? *to : 0);
    }
}

double ck_plain_pair_peak(int64_t rounds, float *sink) {
  float sum = 0;
  for (int64_t round = 0; round < rounds; round++) sum = dot(0x3f003f00u, 0x3f003f00u, sum);
  *sink = sum;
  return 4.0 * (double)rounds;
}

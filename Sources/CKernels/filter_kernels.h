// The loops of depthwise convolutions in terms of one instruction set's vectors; included after
// vector_kernels.h.
//
// A filter reads a plane where it lies: every tap is a shifted read, of the first-level cache after
// the first. So a register block is as many vectors as hide a multiply-add's latency, and the taps'
// number is a constant where it is a usual one.
enum { FILTER_VECTORS = 6, FILTER_TAPS = 9 };

INLINE void filter_block(
  const ck_filter *job, const int64_t taps, const bool has_mask, const int vectors, ptrdiff_t p) {
  V sums[FILTER_VECTORS];
  UNROLL for (int i = 0; i < vectors; i++) sums[i] = set1(job->bias);
  for (int64_t t = 0; t < taps; t++) {
    const float *const at = job->x + job->offsets[t] + p;
    const V weight = broadcast(job->weights + t);
    UNROLL for (int i = 0; i < vectors; i++) sums[i] = muladd(weight, load(at + i * WIDTH), sums[i]);
  }
  float *const y = job->y + p;
  UNROLL for (int i = 0; i < vectors; i++) {
    V value = has_mask ? keep(sums[i], job->mask, p + i * WIDTH) : sums[i];
    if (job->accumulate) value = add(value, load(y + i * WIDTH));
    store(y + i * WIDTH, value);
  }
}

INLINE void filter_taps(const ck_filter *job, const int64_t taps, const bool has_mask, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + FILTER_VECTORS * WIDTH <= end; p += FILTER_VECTORS * WIDTH)
    filter_block(job, taps, has_mask, FILTER_VECTORS, p);
  for (; p < end; p += WIDTH) filter_block(job, taps, has_mask, 1, p);
}

static void filter(const ck_filter *job, ptrdiff_t begin, ptrdiff_t end) {
  const bool has_mask = job->mask.bits;
  if (job->taps == 9 && has_mask) return filter_taps(job, 9, true, begin, end);
  if (job->taps == 9) return filter_taps(job, 9, false, begin, end);
  if (job->taps == 25 && !has_mask) return filter_taps(job, 25, false, begin, end);
  if (has_mask) return filter_taps(job, job->taps, true, begin, end);
  filter_taps(job, job->taps, false, begin, end);
}

INLINE void filter_gradient_taps(
  const ck_filter_gradient *job, int64_t first, const int taps, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  V sums[FILTER_TAPS];
  UNROLL for (int t = 0; t < taps; t++) sums[t] = set1(0);
  for (ptrdiff_t p = begin; p < end; p += WIDTH) {
    const V gradient = load(job->dy + p);
    const float *const x = job->x + p;
    UNROLL for (int t = 0; t < taps; t++)
      sums[t] = muladd(gradient, load(x + job->offsets[first + t]), sums[t]);
  }
  UNROLL for (int t = 0; t < taps; t++) totals[first + t] += fold(sums[t]);
}

static void filter_gradient(const ck_filter_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    int64_t t = 0;
    for (; t + FILTER_TAPS <= job->taps; t += FILTER_TAPS)
      filter_gradient_taps(job, t, FILTER_TAPS, start, stop, totals);
    for (; t + 4 <= job->taps; t += 4) filter_gradient_taps(job, t, 4, start, stop, totals);
    for (; t < job->taps; t++) filter_gradient_taps(job, t, 1, start, stop, totals);
  }
}

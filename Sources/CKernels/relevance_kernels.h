// Relevance of a convolution's input, the alpha-beta rule's two passes over planes, in terms of one instruction set's
// vectors; included after vector_kernels.h.
//
// Rows of weights are taken a group at a time, their entries ordered by the signs of a group's weights: within one list
// of entries it is known at compile time which sum, or which input, each row's weight goes with.

// sums[r] += w[r] * (bit r of `signs` ? minus : plus) over `count` entries, rows r of a group, at pixels from p on.
INLINE void signed_sums(
  const float *plus, const float *minus, const int signs, int32_t count, const ptrdiff_t **offsets,
  const float **weights, const int group, const int vectors, V sums[CK_SIGNED_GROUP][CONVOLVE_VECTORS]) {
  for (; count > 0; count--, (*offsets)++, *weights += group)
    UNROLL for (int sign = 0; sign < 2; sign++) {
      if (signs == (sign ? 0 : (1 << group) - 1)) continue;
      const float *const at = (sign ? minus : plus) + **offsets;
      V pixels[CONVOLVE_VECTORS];
      UNROLL for (int i = 0; i < vectors; i++) pixels[i] = load(at + i * WIDTH);
      UNROLL for (int r = 0; r < group; r++) {
        if ((signs >> r & 1) != sign) continue;
        const V weight = broadcast(*weights + r);
        UNROLL for (int i = 0; i < vectors; i++) sums[r][i] = muladd(weight, pixels[i], sums[r][i]);
      }
    }
}

INLINE void quotients_block(
  const ck_relevance_quotients *job, int64_t first, const int group, const int vectors, ptrdiff_t p) {
  const int32_t *const counts = job->weights.counts + first / CK_SIGNED_GROUP * CK_SIGN_LISTS;
  const ptrdiff_t *offsets = job->weights.offsets + first / CK_SIGNED_GROUP * job->weights.entries;
  const float *weights = job->weights.weights + first * job->weights.entries;
  const float *const x = job->x + p;
  V sums[2][CK_SIGNED_GROUP][CONVOLVE_VECTORS];
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) sums[0][o][i] = sums[1][o][i] = set1(0);
  UNROLL for (int list = 0; list < 1 << group; list++) {
    const int signs = ck_signs_of_list(list);
    V active[CK_SIGNED_GROUP][CONVOLVE_VECTORS];
    UNROLL for (int o = 0; o < group; o++)
      UNROLL for (int i = 0; i < vectors; i++) active[o][i] = sums[signs >> o & 1][o][i];
    signed_sums(x, x, 0, counts[list], &offsets, &weights, group, vectors, active);
    UNROLL for (int o = 0; o < group; o++)
      UNROLL for (int i = 0; i < vectors; i++) sums[signs >> o & 1][o][i] = active[o][i];
  }
  const V tiny = set1(1e-9f), alpha = set1(job->alpha), beta = set1(-job->beta);
  UNROLL for (int i = 0; i < vectors; i++) {
    const ptrdiff_t at = p + i * WIDTH;
    const V extra = mul(tiny, load(job->box + at));
    V total = first == 0 ? set1(0) : load(job->total + at);
    UNROLL for (int o = 0; o < group; o++) {
      const ptrdiff_t row = (first + o) * job->stride + at;
      const V relevance = load(job->relevance + row);
      const V plus = divide(mul(alpha, relevance), add(add(sums[0][o][i], extra), tiny));
      const V minus = divide(mul(beta, relevance), add(sub(sums[1][o][i], extra), tiny));
      const V positive = keep(plus, job->mask, at);
      const V negative = job->beta == 0 ? set1(0) : keep(minus, job->mask, at);
      store(job->positive + row, positive);
      store(job->negative + row, negative);
      total = muladd(tiny, sub(positive, negative), total);
    }
    store(job->total + at, total);
  }
}

INLINE void spread_block(
  const ck_relevance_spread *job, int64_t first, const int group, const int vectors, ptrdiff_t p) {
  const int32_t *const counts = job->weights.counts + first / CK_SIGNED_GROUP * CK_SIGN_LISTS;
  const ptrdiff_t *offsets = job->weights.offsets + first / CK_SIGNED_GROUP * job->weights.entries;
  const float *weights = job->weights.weights + first * job->weights.entries;
  V sums[CK_SIGNED_GROUP][CONVOLVE_VECTORS];
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) sums[o][i] = load(job->box + p + i * WIDTH);
  UNROLL for (int list = 0; list < 1 << group; list++)
    signed_sums(
      job->positive + p, job->negative + p, ck_signs_of_list(list), counts[list], &offsets, &weights, group, vectors,
      sums);
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < vectors; i++) {
      const ptrdiff_t at = p + i * WIDTH;
      const V x = load(job->x + (first + o) * job->x_stride + at);
      store(job->result + (first + o) * job->result_stride + at, keep(mul(x, sums[o][i]), job->mask, at));
    }
}

INLINE void quotients_group(
  const ck_relevance_quotients *job, int64_t first, const int group, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + CONVOLVE_VECTORS * WIDTH <= end; p += CONVOLVE_VECTORS * WIDTH)
    quotients_block(job, first, group, CONVOLVE_VECTORS, p);
  for (; p < end; p += WIDTH) quotients_block(job, first, group, 1, p);
}

INLINE void spread_group(
  const ck_relevance_spread *job, int64_t first, const int group, ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t p = begin;
  for (; p + CONVOLVE_VECTORS * WIDTH <= end; p += CONVOLVE_VECTORS * WIDTH)
    spread_block(job, first, group, CONVOLVE_VECTORS, p);
  for (; p < end; p += WIDTH) spread_block(job, first, group, 1, p);
}

static void relevance_quotients(const ck_relevance_quotients *job, ptrdiff_t begin, ptrdiff_t end) {
  for (int64_t first = 0; first < job->weights.rows; first += CK_SIGNED_GROUP)
    switch (job->weights.rows - first) {
      case 1: quotients_group(job, first, 1, begin, end); break;
      case 2: quotients_group(job, first, 2, begin, end); break;
      case 3: quotients_group(job, first, 3, begin, end); break;
      default: quotients_group(job, first, CK_SIGNED_GROUP, begin, end); break;
    }
}

static void relevance_spread(const ck_relevance_spread *job, ptrdiff_t begin, ptrdiff_t end) {
  for (int64_t first = 0; first < job->weights.rows; first += CK_SIGNED_GROUP)
    switch (job->weights.rows - first) {
      case 1: spread_group(job, first, 1, begin, end); break;
      case 2: spread_group(job, first, 2, begin, end); break;
      case 3: spread_group(job, first, 3, begin, end); break;
      default: spread_group(job, first, CK_SIGNED_GROUP, begin, end); break;
    }
}

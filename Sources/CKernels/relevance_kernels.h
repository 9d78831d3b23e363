// The alpha-beta rule's passes over planes, a convolution that sums positive and negative
// contributions apart, quotients of relevance by the sums, and these redistributed over the input,
// in terms of one instruction set's vectors; included after vector_kernels.h. Needs load_parts and
// store_parts, which winograd_kernels.h tells of.
//
// Rows of weights are taken a group at a time, their entries ordered by the signs of a group's
// weights: within one list of entries it is known at compile time which sum, or which input, each
// row's weight goes with.

// The pixels that one pass computes, as ck_pixel_vectors says; `count` and `rows` are known at
// compile time.
typedef struct {
  ptrdiff_t starts[SIGNED_VECTORS], pitch;
  int count, rows;
} pixel_block;

INLINE pixel_block block_of(const ck_pixel_vectors *all, ptrdiff_t first, const int count, const int rows) {
  pixel_block block = {.pitch = all->pitch, .count = count, .rows = rows};
  UNROLL for (int i = 0; i < count; i++) block.starts[i] = all->starts[first + i];
  return block;
}

INLINE V load_pixels(const pixel_block *block, const float *plane, int i) {
  float *const p = (float *)plane + block->starts[i];
  return block->rows == 1 ? load(p) : load_parts((float *const[]){p, p + block->pitch}, 2);
}

INLINE void store_pixels(const pixel_block *block, float *plane, int i, V v) {
  float *const p = plane + block->starts[i];
  if (block->rows == 1) store(p, v);
  else store_parts((float *const[]){p, p + block->pitch}, 2, v);
}

// `v`, but zero at borders.
INLINE V at_pixels(const pixel_block *block, const ck_pixel_vectors *all, ck_mask mask, int i, V v) {
  return block->rows == 1 && all->has_borders ? keep(v, mask, block->starts[i]) : v;
}

// sums[r] += w[r] * (bit r of `signs` ? minus : plus) over `count` entries, rows r of a group.
INLINE void add_signed(
  const pixel_block *block, const float *plus, const float *minus, const int signs, int32_t count,
  const int32_t **offsets, const float **weights, const int group, V sums[CK_SIGNED_GROUP][SIGNED_VECTORS]) {
  for (; count > 0; count--, (*offsets)++, *weights += group)
    UNROLL for (int sign = 0; sign < 2; sign++) {
      if (signs == (sign ? 0 : (1 << group) - 1)) continue;
      const float *plane = (sign ? minus : plus) + **offsets;
      // Else compilers keep a sum of pointers for every vector and sign, for which there are not
      // enough registers.
      __asm__("" : "+r"(plane));
      V pixels[SIGNED_VECTORS];
      UNROLL for (int i = 0; i < block->count; i++) pixels[i] = load_pixels(block, plane, i);
      UNROLL for (int r = 0; r < group; r++) {
        if ((signs >> r & 1) != sign) continue;
        const V weight = broadcast(*weights + r);
        UNROLL for (int i = 0; i < block->count; i++) sums[r][i] = muladd(weight, pixels[i], sums[r][i]);
      }
    }
}

INLINE void sums_block(const void *context, const pixel_block block, int64_t first, const int group) {
  const ck_contributions *const job = context;
  prefetch_lines(job->prefetch);
  const ck_signed_weights *const all = &job->weights;
  const int32_t *counts = all->counts + first / CK_SIGNED_GROUP * all->parts * CK_SIGN_LISTS;
  const int32_t *offsets = all->offsets + first / CK_SIGNED_GROUP * all->entries;
  const float *weights = all->weights + first * all->entries;
  V sums[2][CK_SIGNED_GROUP][SIGNED_VECTORS];
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < block.count; i++) sums[0][o][i] = sums[1][o][i] = set1(0);
  for (int64_t part = 0; part < all->parts; part++, counts += CK_SIGN_LISTS)
    UNROLL for (int list = 0; list < 1 << group; list++) {
      const int signs = ck_signs_of_list(list);
      V active[CK_SIGNED_GROUP][SIGNED_VECTORS];
      UNROLL for (int o = 0; o < group; o++)
        UNROLL for (int i = 0; i < block.count; i++) active[o][i] = sums[signs >> o & 1][o][i];
      add_signed(&block, job->x, job->x, 0, counts[list], &offsets, &weights, group, active);
      UNROLL for (int o = 0; o < group; o++)
        UNROLL for (int i = 0; i < block.count; i++) sums[signs >> o & 1][o][i] = active[o][i];
    }
  const V tiny = set1(1e-9f), low = set1(job->bounds.low), high = set1(job->bounds.high);
  UNROLL for (int i = 0; i < block.count; i++) {
    const V extra = mul(tiny, load_pixels(&block, job->box, i));
    UNROLL for (int o = 0; o < group; o++) {
      const ptrdiff_t row = (first + o) * job->stride;
      const V plus = add(add(sums[0][o][i], extra), tiny), minus = add(sub(sums[1][o][i], extra), tiny);
      store_pixels(&block, job->positive + row, i, at_pixels(&block, &job->vectors, job->mask, i, plus));
      store_pixels(&block, job->negative + row, i, at_pixels(&block, &job->vectors, job->mask, i, minus));
      const V scale = broadcast(job->scale + first + o), shift = broadcast(job->shift + first + o);
      const V y = min(high, max(low, affine(scale, add(sums[0][o][i], sums[1][o][i]), shift)));
      store_pixels(&block, job->y + row, i, at_pixels(&block, &job->vectors, job->mask, i, y));
    }
  }
}

INLINE void redistribution_block(const void *context, const pixel_block block, int64_t first, const int group) {
  const ck_redistribution *const job = context;
  prefetch_lines(job->prefetch);
  const ck_signed_weights *const all = &job->weights;
  const int32_t *counts = all->counts + first / CK_SIGNED_GROUP * all->parts * CK_SIGN_LISTS;
  const int32_t *offsets = all->offsets + first / CK_SIGNED_GROUP * all->entries;
  const float *weights = all->weights + first * all->entries;
  V sums[CK_SIGNED_GROUP][SIGNED_VECTORS];
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < block.count; i++) sums[o][i] = load_pixels(&block, job->box, i);
  for (int64_t part = 0; part < all->parts; part++, counts += CK_SIGN_LISTS)
    UNROLL for (int list = 0; list < 1 << group; list++)
      add_signed(
        &block, job->positive, job->negative, ck_signs_of_list(list), counts[list], &offsets, &weights, group, sums);
  UNROLL for (int o = 0; o < group; o++)
    UNROLL for (int i = 0; i < block.count; i++) {
      const V x = load_pixels(&block, job->x + (first + o) * job->x_stride, i);
      float *const to = job->result + (first + o) * job->result_stride;
      const V result = at_pixels(&block, &job->vectors, job->mask, i, mul(x, sums[o][i]));
      store_pixels(&block, to, i, job->accumulate ? add(load_pixels(&block, to, i), result) : result);
    }
}

// One pass over a block of pixels for the rows of weights from `first` on.
typedef void block_pass(const void *job, const pixel_block block, int64_t first, const int group);

INLINE void for_each_block(
  block_pass *pass, const void *job, const ck_pixel_vectors *vectors, const int rows, int64_t first, const int group,
  ptrdiff_t begin, ptrdiff_t end) {
  for (; begin + SIGNED_VECTORS <= end; begin += SIGNED_VECTORS)
    pass(job, block_of(vectors, begin, SIGNED_VECTORS, rows), first, group);
  for (; begin < end; begin++) pass(job, block_of(vectors, begin, 1, rows), first, group);
}

INLINE void for_each_group(
  block_pass *pass, const void *job, int64_t weight_rows, const ck_pixel_vectors *vectors, const int rows,
  ptrdiff_t begin, ptrdiff_t end) {
  for (int64_t first = 0; first < weight_rows; first += CK_SIGNED_GROUP)
    switch (weight_rows - first) {
      case 1: for_each_block(pass, job, vectors, rows, first, 1, begin, end); break;
      case 2: for_each_block(pass, job, vectors, rows, first, 2, begin, end); break;
      case 3: for_each_block(pass, job, vectors, rows, first, 3, begin, end); break;
      default: for_each_block(pass, job, vectors, rows, first, CK_SIGNED_GROUP, begin, end); break;
    }
}

static void contributions(const ck_contributions *job, ptrdiff_t begin, ptrdiff_t end) {
  if (job->vectors.rows == 1) for_each_group(sums_block, job, job->weights.rows, &job->vectors, 1, begin, end);
  else for_each_group(sums_block, job, job->weights.rows, &job->vectors, 2, begin, end);
}

INLINE void quotients_of_rows(const ck_relevance_quotients *job, const int rows, ptrdiff_t begin, ptrdiff_t end) {
  const V tiny = set1(1e-9f), alpha = set1(job->alpha), beta = set1(-job->beta);
  for (int64_t o = 0; o < job->rows; o++)
    for (ptrdiff_t vector = begin; vector < end; vector++) {
      const pixel_block block = block_of(&job->vectors, vector, 1, rows);
      const V relevance = load_pixels(&block, job->relevance + o * job->stride, 0);
      const V plus = divide(mul(alpha, relevance), load_pixels(&block, job->plus + o * job->stride, 0));
      const V minus = divide(mul(beta, relevance), load_pixels(&block, job->minus + o * job->stride, 0));
      const V positive = at_pixels(&block, &job->vectors, job->mask, 0, plus);
      const V negative = job->beta == 0 ? set1(0) : at_pixels(&block, &job->vectors, job->mask, 0, minus);
      store_pixels(&block, job->positive + o * job->quotient_stride, 0, positive);
      store_pixels(&block, job->negative + o * job->quotient_stride, 0, negative);
      const V total = o == 0 ? set1(0) : load_pixels(&block, job->total, 0);
      store_pixels(&block, job->total, 0, muladd(tiny, sub(positive, negative), total));
    }
}

static void relevance_quotients(const ck_relevance_quotients *job, ptrdiff_t begin, ptrdiff_t end) {
  if (job->vectors.rows == 1) quotients_of_rows(job, 1, begin, end);
  else quotients_of_rows(job, 2, begin, end);
}

static void redistribute(const ck_redistribution *job, ptrdiff_t begin, ptrdiff_t end) {
  if (job->vectors.rows == 1) for_each_group(redistribution_block, job, job->weights.rows, &job->vectors, 1, begin, end);
  else for_each_group(redistribution_block, job, job->weights.rows, &job->vectors, 2, begin, end);
}

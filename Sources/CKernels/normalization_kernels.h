// Batch norm's passes over planes, for the moments, the map and its gradient, in terms of one
// instruction set's vectors; included by vector_kernels.h, for each kind of planes, with
//
//   VALUE         float, or uint16_t for bfloat16
//   OF(name)      the function's name
static double OF(sum)(const VALUE *x, ptrdiff_t begin, ptrdiff_t end) {
  double total = 0;
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    V sums[4] = {set1(0), set1(0), set1(0), set1(0)};
    ptrdiff_t p = start;
    for (; p + 4 * WIDTH <= stop; p += 4 * WIDTH)
      UNROLL for (int i = 0; i < 4; i++) sums[i] = add(sums[i], load(x + p + i * WIDTH));
    for (; p < stop; p += WIDTH) sums[0] = add(sums[0], load(x + p));
    total += fold(add(add(sums[0], sums[2]), add(sums[1], sums[3])));
  }
  return total;
}

static ck_moments OF(moments)(const VALUE *x, ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
  ck_moments all = {0, 0, 0};
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    const double count = mask.counts[start / CK_SUM_BLOCK], borders = (double)(stop - start) - count;
    if (count == 0) continue;
    const float center = (float)(OF(sum)(x, start, stop) / count);
    const V middle = set1(center);
    // In double: a variance wrong in its last bit can move a value across ReLU's kink, and so a
    // whole gradient.
    D squares[4], rests[4];
    UNROLL for (int i = 0; i < 4; i++) squares[i] = rests[i] = set1_double(0);
    ptrdiff_t p = start;
    for (; p + 2 * WIDTH <= stop; p += 2 * WIDTH)
      UNROLL for (int i = 0; i < 2; i++) {
        // The block after this one, while this one is in the first-level cache.
        prefetch_at(x + p + i * WIDTH, CK_SUM_BLOCK * sizeof *x);
        const V d = sub(load(x + p + i * WIDTH), middle);
        const D halves[2] = {low(d), high(d)};
        UNROLL for (int h = 0; h < 2; h++) {
          squares[2 * i + h] = muladd_double(halves[h], halves[h], squares[2 * i + h]);
          rests[2 * i + h] = add_double(rests[2 * i + h], halves[h]);
        }
      }
    for (; p < stop; p += WIDTH) {
      const V d = sub(load(x + p), middle);
      squares[0] = muladd_double(low(d), low(d), squares[0]);
      squares[1] = muladd_double(high(d), high(d), squares[1]);
      rests[0] = add_double(add_double(rests[0], low(d)), high(d));
    }
    const double square =
      fold_double(add_double(add_double(squares[0], squares[2]), add_double(squares[1], squares[3])));
    const double rest = fold_double(add_double(add_double(rests[0], rests[2]), add_double(rests[1], rests[3])));
    // Borders are zeros, and took part as such.
    const double away = center;
    ck_join_moments(
      &all, ck_block_moments(count, away, rest + borders * away, square - borders * away * away));
  }
  return all;
}

// dy where the ReLU let its value through.
INLINE V OF(masked)(
  const ck_activation_mask *active, const int kind, const bool has_ceiling, V scale, V shift, V x, ptrdiff_t p, V dy) {
  if (kind == OPEN) return dy;
  // As scale_shift computed it.
  const V y = kind == OUTPUT ? load((const VALUE *)active->output + p) : affine(scale, x, shift);
  const V g = where_positive(y, dy);
  return has_ceiling ? where_positive(sub(set1(active->ceiling), y), g) : g;
}

INLINE ck_gradient_sums OF(gradient_sums_of)(
  const VALUE *dy, const VALUE *x, const ck_activation_mask *active, const int kind, const bool has_ceiling, float mean,
  VALUE *masked_dy, ptrdiff_t begin, ptrdiff_t end) {
  const V middle = set1(mean), scale = set1(active->scale), shift = set1(active->shift);
  ck_gradient_sums total = {0, 0};
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    V gradients[2] = {set1(0), set1(0)}, products[2] = {set1(0), set1(0)};
    ptrdiff_t p = start;
    for (; p + 2 * WIDTH <= stop; p += 2 * WIDTH)
      UNROLL for (int i = 0; i < 2; i++) {
        prefetch_ahead(x + p + i * WIDTH);
        prefetch_ahead(dy + p + i * WIDTH);
        if (kind == OUTPUT) prefetch_ahead((const VALUE *)active->output + p + i * WIDTH);
        const V value = load(x + p + i * WIDTH);
        const V g =
          OF(masked)(active, kind, has_ceiling, scale, shift, value, p + i * WIDTH, load(dy + p + i * WIDTH));
        if (masked_dy) store(masked_dy + p + i * WIDTH, g);
        gradients[i] = add(gradients[i], g);
        products[i] = muladd(g, sub(value, middle), products[i]);
      }
    for (; p < stop; p += WIDTH) {
      const V value = load(x + p), g = OF(masked)(active, kind, has_ceiling, scale, shift, value, p, load(dy + p));
      if (masked_dy) store(masked_dy + p, g);
      gradients[0] = add(gradients[0], g);
      products[0] = muladd(g, sub(value, middle), products[0]);
    }
    total.gradient += fold(add(gradients[0], gradients[1]));
    total.product += fold(add(products[0], products[1]));
  }
  return total;
}

static ck_gradient_sums OF(gradient_sums)(
  const VALUE *dy, const VALUE *x, ck_activation_mask active, float mean, VALUE *masked_dy, ptrdiff_t begin,
  ptrdiff_t end) {
  if (active.ceiling < __builtin_inff()) {
    if (active.output) return OF(gradient_sums_of)(dy, x, &active, OUTPUT, true, mean, masked_dy, begin, end);
    if (active.affine) return OF(gradient_sums_of)(dy, x, &active, AFFINE, true, mean, 0, begin, end);
  }
  if (active.output && masked_dy)
    return OF(gradient_sums_of)(dy, x, &active, OUTPUT, false, mean, masked_dy, begin, end);
  if (active.output) return OF(gradient_sums_of)(dy, x, &active, OUTPUT, false, mean, 0, begin, end);
  if (active.affine) return OF(gradient_sums_of)(dy, x, &active, AFFINE, false, mean, 0, begin, end);
  return OF(gradient_sums_of)(dy, x, &active, OPEN, false, mean, 0, begin, end);
}

static void OF(scale_shift)(
  const VALUE *x, float scale, float shift, const VALUE *residual, ck_bounds bounds, VALUE *y, ptrdiff_t begin,
  ptrdiff_t end, ck_mask mask) {
  const V a = set1(scale), b = set1(shift), low = set1(bounds.low), high = set1(bounds.high);
  for (ptrdiff_t line = begin; line < end; line += CK_VECTOR_FLOATS) {
    prefetch_ahead(x + line);
    prefetch_ahead(y + line);
    if (residual) prefetch_ahead(residual + line);
    VECTORS_OF_LINE {
      const ptrdiff_t p = line + i;
      const V value = affine(a, load(x + p), b), sum = residual ? add(value, load(residual + p)) : value;
      store(y + p, keep(min(high, max(low, sum)), mask, p));
    }
  }
}

INLINE void OF(normalize_gradient_of)(
  const VALUE *dy, const VALUE *x, const ck_activation_mask *active, const int kind, const bool has_ceiling, float a,
  float b, float c, bool accumulate, VALUE *dx, ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
  const V va = set1(a), vb = set1(b), vc = set1(c), scale = set1(active->scale), shift = set1(active->shift);
  for (ptrdiff_t line = begin; line < end; line += CK_VECTOR_FLOATS) {
    prefetch_ahead(x + line);
    prefetch_ahead(dy + line);
    prefetch_ahead(dx + line);
    if (kind == OUTPUT) prefetch_ahead((const VALUE *)active->output + line);
    VECTORS_OF_LINE {
      const ptrdiff_t p = line + i;
      const V value = load(x + p), g = OF(masked)(active, kind, has_ceiling, scale, shift, value, p, load(dy + p));
      V gradient = keep(muladd(va, g, muladd(vb, value, vc)), mask, p);
      if (accumulate) gradient = add(gradient, load(dx + p));
      store(dx + p, gradient);
    }
  }
}

static void OF(normalize_gradient)(
  const VALUE *dy, const VALUE *x, ck_activation_mask active, float a, float b, float c, bool accumulate, VALUE *dx,
  ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
#define WHERE(kind, has_ceiling) \
  return OF(normalize_gradient_of)(dy, x, &active, kind, has_ceiling, a, b, c, accumulate, dx, begin, end, mask)
  if (active.ceiling < __builtin_inff()) {
    if (active.output) WHERE(OUTPUT, true);
    if (active.affine) WHERE(AFFINE, true);
  }
  if (active.output) WHERE(OUTPUT, false);
  if (active.affine) WHERE(AFFINE, false);
  WHERE(OPEN, false);
#undef WHERE
}

// Plain C versions of every kernel: what runs where no faster version exists, and what the faster
// ones are tested against. Written so that a compiler vectorises them with what the platform
// guarantees.
#include <string.h>

#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

static inline float keep(float value, uint32_t lane) {
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  word &= lane;
  memcpy(&value, &word, sizeof word);
  return value;
}

static inline float within(float value, ck_bounds bounds) {
  return value < bounds.low ? bounds.low : value > bounds.high ? bounds.high : value;
}

enum { LANES = CK_VECTOR_FLOATS, BLOCK = CK_PIXEL_BLOCK };

static void convolve(const ck_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
  for (int64_t first = 0; first < job->outputs;) {
    const int64_t group = ck_output_group(job->outputs, first);
    const float *weights = job->weights + first * job->inputs * job->taps;
    for (ptrdiff_t start = begin; start < end; start += BLOCK) {
      const ptrdiff_t count = end - start < BLOCK ? end - start : BLOCK;
      float sums[CK_OUTPUT_GROUP][BLOCK];
      for (int64_t o = 0; o < group; o++)
        for (ptrdiff_t i = 0; i < BLOCK; i++) sums[o][i] = job->bias ? job->bias[first + o] : 0;
      const float *w = weights;
      for (int64_t c = 0; c < job->inputs; c++)
        for (int64_t t = 0; t < job->taps; t++, w += group) {
          const float *x = job->x + c * job->x_stride + start + job->offsets[t];
          for (int64_t o = 0; o < group; o++)
            for (ptrdiff_t i = 0; i < count; i++) sums[o][i] += w[o] * x[i];
        }
      for (int64_t o = 0; o < group; o++) {
        float *y = job->y + (first + o) * job->y_stride + start;
        const uint32_t *lanes = job->mask.lanes + start;
        if (job->accumulate)
          for (ptrdiff_t i = 0; i < count; i++) y[i] += keep(sums[o][i], lanes[i]);
        else
          for (ptrdiff_t i = 0; i < count; i++) y[i] = keep(sums[o][i], lanes[i]);
      }
    }
    first += group;
  }
}

typedef struct {
  const int32_t *offsets;
  const float *weights;
  // From one entry's weight to the next.
  int64_t step;
} row_of_signed_weights;

static row_of_signed_weights signed_row(const ck_signed_weights *all, int64_t row) {
  const int64_t group = row / CK_SIGNED_GROUP, first = group * CK_SIGNED_GROUP, left = all->rows - first;
  const row_of_signed_weights found = {
    all->offsets + group * all->entries, all->weights + first * all->entries + row - first,
    left < CK_SIGNED_GROUP ? left : CK_SIGNED_GROUP};
  return found;
}

// Copies a vector's pixels, from its start on in `plane`.
static void load_vector(const ck_pixel_vectors *v, const float *plane, float out[LANES]) {
  const int part = LANES / v->rows;
  for (int row = 0; row < v->rows; row++) memcpy(out + row * part, plane + row * v->pitch, part * sizeof *out);
}

static void store_vector(const ck_pixel_vectors *v, const uint32_t *lanes, const float in[LANES], float *plane) {
  const int part = LANES / v->rows;
  for (int row = 0; row < v->rows; row++)
    for (int i = 0; i < part; i++)
      plane[row * v->pitch + i] = v->has_borders ? keep(in[row * part + i], lanes[i]) : in[row * part + i];
}

static void contributions(const ck_contributions *job, ptrdiff_t begin, ptrdiff_t end) {
  const ck_pixel_vectors *v = &job->vectors;
  for (int64_t o = 0; o < job->weights.rows; o++) {
    const row_of_signed_weights row = signed_row(&job->weights, o);
    for (const ptrdiff_t *start = v->starts + begin; start < v->starts + end; start++) {
      float plus[LANES] = {0}, minus[LANES] = {0}, x[LANES], box[LANES], y[LANES];
      for (int64_t e = 0; e < job->weights.entries; e++) {
        const float weight = row.weights[e * row.step];
        float *sums = weight < 0 ? minus : plus;
        load_vector(v, job->x + *start + row.offsets[e], x);
        for (int i = 0; i < LANES; i++) sums[i] += weight * x[i];
      }
      load_vector(v, job->box + *start, box);
      for (int i = 0; i < LANES; i++) {
        const float all = job->scale[o] * (plus[i] + minus[i]) + job->shift[o];
        y[i] = within(all, job->bounds);
        plus[i] = plus[i] + 1e-9f * box[i] + 1e-9f;
        minus[i] = minus[i] - 1e-9f * box[i] + 1e-9f;
      }
      const uint32_t *lanes = job->mask.lanes + *start;
      store_vector(v, lanes, plus, job->positive + o * job->stride + *start);
      store_vector(v, lanes, minus, job->negative + o * job->stride + *start);
      store_vector(v, lanes, y, job->y + o * job->stride + *start);
    }
  }
}

static void relevance_quotients(const ck_relevance_quotients *job, ptrdiff_t begin, ptrdiff_t end) {
  const ck_pixel_vectors *v = &job->vectors;
  for (int64_t o = 0; o < job->rows; o++)
    for (const ptrdiff_t *start = v->starts + begin; start < v->starts + end; start++) {
      float plus[LANES], minus[LANES], relevance[LANES], total[LANES] = {0};
      load_vector(v, job->relevance + o * job->stride + *start, relevance);
      load_vector(v, job->plus + o * job->stride + *start, plus);
      load_vector(v, job->minus + o * job->stride + *start, minus);
      const uint32_t *lanes = job->mask.lanes + *start;
      for (int i = 0; i < LANES; i++) {
        plus[i] = job->alpha * relevance[i] / plus[i];
        minus[i] = job->beta == 0 ? 0 : -job->beta * relevance[i] / minus[i];
      }
      store_vector(v, lanes, plus, job->positive + o * job->quotient_stride + *start);
      store_vector(v, lanes, minus, job->negative + o * job->quotient_stride + *start);
      // As stored: zero at borders.
      load_vector(v, job->positive + o * job->quotient_stride + *start, plus);
      load_vector(v, job->negative + o * job->quotient_stride + *start, minus);
      if (o > 0) load_vector(v, job->total + *start, total);
      for (int i = 0; i < LANES; i++) total[i] += 1e-9f * (plus[i] - minus[i]);
      store_vector(v, lanes, total, job->total + *start);
    }
}

static void redistribute(const ck_redistribution *job, ptrdiff_t begin, ptrdiff_t end) {
  const ck_pixel_vectors *v = &job->vectors;
  for (int64_t c = 0; c < job->weights.rows; c++) {
    const row_of_signed_weights row = signed_row(&job->weights, c);
    for (const ptrdiff_t *start = v->starts + begin; start < v->starts + end; start++) {
      float sums[LANES], q[LANES], x[LANES];
      load_vector(v, job->box + *start, sums);
      for (int64_t e = 0; e < job->weights.entries; e++) {
        const float weight = row.weights[e * row.step];
        load_vector(v, (weight < 0 ? job->negative : job->positive) + *start + row.offsets[e], q);
        for (int i = 0; i < LANES; i++) sums[i] += weight * q[i];
      }
      load_vector(v, job->x + c * job->x_stride + *start, x);
      float *const result = job->result + c * job->result_stride + *start;
      float before[LANES] = {0};
      if (job->accumulate) load_vector(v, result, before);
      for (int i = 0; i < LANES; i++) sums[i] = before[i] + sums[i] * x[i];
      store_vector(v, job->mask.lanes + *start, sums, result);
    }
  }
}

static inline float fold(const float *lanes) {
  float eight[8], four[4];
  for (int i = 0; i < 8; i++) eight[i] = lanes[i] + lanes[i + 8];
  for (int i = 0; i < 4; i++) four[i] = eight[i] + eight[i + 4];
  return (four[0] + four[2]) + (four[1] + four[3]);
}

static void weight_gradient(
  const ck_weight_gradient *job, int64_t count, ptrdiff_t begin, ptrdiff_t end, float *sums) {
  for (int64_t c = 0; c < job->inputs; c++)
    for (int64_t t = 0; t < job->taps; t++) {
      const float *x = job->x + c * job->x_stride + job->offsets[t];
      for (int64_t o = 0; o < count; o++, sums += LANES) {
        const float *dy = job->dy + o * job->dy_stride;
        for (ptrdiff_t p = begin; p < end; p += LANES)
          for (int i = 0; i < LANES; i++) sums[i] += dy[p + i] * x[p + i];
      }
    }
}

static void fold_weight_gradient(const ck_weight_gradient *job, int64_t count, const float *sums, float *partial) {
  const int64_t columns = job->inputs * job->taps;
  for (int64_t column = 0; column < columns; column++)
    for (int64_t o = 0; o < count; o++, sums += LANES) partial[o * columns + column] = fold(sums);
}

static void filter(const ck_filter *job, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t start = begin; start < end; start += BLOCK) {
    const ptrdiff_t count = end - start < BLOCK ? end - start : BLOCK;
    float sums[BLOCK], *y = job->y + start;
    for (ptrdiff_t i = 0; i < BLOCK; i++) sums[i] = job->bias;
    for (int64_t t = 0; t < job->taps; t++) {
      const float *x = job->x + start + job->offsets[t], weight = job->weights[t];
      for (ptrdiff_t i = 0; i < count; i++) sums[i] += weight * x[i];
    }
    if (job->mask.lanes)
      for (ptrdiff_t i = 0; i < count; i++) sums[i] = keep(sums[i], job->mask.lanes[start + i]);
    if (job->accumulate)
      for (ptrdiff_t i = 0; i < count; i++) y[i] += sums[i];
    else
      for (ptrdiff_t i = 0; i < count; i++) y[i] = sums[i];
  }
}

static void filter_gradient(const ck_filter_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    for (int64_t t = 0; t < job->taps; t++) {
      const float *x = job->x + job->offsets[t];
      float sums[LANES] = {0};
      for (ptrdiff_t p = start; p < stop; p += LANES)
        for (int i = 0; i < LANES; i++) sums[i] += job->dy[p + i] * x[p + i];
      totals[t] += fold(sums);
    }
  }
}

static void plane_gradient(const ck_plane_gradient *job, ptrdiff_t begin, ptrdiff_t end, double *totals) {
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    for (int t = 0; t < 9; t++) {
      const float *const dy = job->dy - (t / 3 - 1) * job->pitch, *const x = job->x + t % 3 - 1;
      float sums[LANES] = {0};
      for (ptrdiff_t p = start; p < stop; p += LANES)
        for (int i = 0; i < LANES; i++) sums[i] += dy[p + i] * x[p + i];
      totals[t] += fold(sums);
    }
  }
}

static double sum(const float *x, ptrdiff_t begin, ptrdiff_t end) {
  double total = 0;
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    float sums[LANES] = {0};
    for (ptrdiff_t p = start; p < stop; p += LANES)
      for (int i = 0; i < LANES; i++) sums[i] += x[p + i];
    total += fold(sums);
  }
  return total;
}

static ck_moments moments(const float *x, ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
  ck_moments all = {0, 0, 0};
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    const double count = mask.counts[start / CK_SUM_BLOCK];
    if (count == 0) continue;
    float sums[LANES] = {0};
    for (ptrdiff_t p = start; p < stop; p += LANES)
      for (int i = 0; i < LANES; i++) sums[i] += x[p + i];
    const float center = fold(sums) / (float)count;
    // In double: a variance wrong in its last bit can move a value across ReLU's kink, and so a
    // whole gradient.
    double squares = 0, rest = 0;
    for (ptrdiff_t p = start; p < stop; p++) {
      const double d = keep(x[p] - center, mask.lanes[p]);
      squares += d * d;
      rest += d;
    }
    const ck_moments block = ck_block_moments(count, center, rest, squares);
    ck_join_moments(&all, block);
  }
  return all;
}

static inline bool is_open(const ck_activation_mask *active, const float *x, ptrdiff_t p) {
  if (!active->output && !active->affine) return true;
  const float y = active->output ? ((const float *)active->output)[p] : active->scale * x[p] + active->shift;
  return y > 0 && y < active->ceiling;
}

static ck_gradient_sums gradient_sums(
  const float *dy, const float *x, ck_activation_mask active, float mean, float *masked_dy, ptrdiff_t begin, ptrdiff_t end) {
  ck_gradient_sums total = {0, 0};
  for (ptrdiff_t start = begin; start < end; start += CK_SUM_BLOCK) {
    const ptrdiff_t stop = end - start < CK_SUM_BLOCK ? end : start + CK_SUM_BLOCK;
    float gradients[LANES] = {0}, products[LANES] = {0};
    for (ptrdiff_t p = start; p < stop; p += LANES)
      for (int i = 0; i < LANES; i++) {
        const float g = is_open(&active, x, p + i) ? dy[p + i] : 0;
        if (masked_dy && active.output) masked_dy[p + i] = g;
        gradients[i] += g;
        products[i] += g * (x[p + i] - mean);
      }
    total.gradient += fold(gradients);
    total.product += fold(products);
  }
  return total;
}

static void scale_shift(
  const float *x, float scale, float shift, const float *residual, ck_bounds bounds, float *y, ptrdiff_t begin,
  ptrdiff_t end, ck_mask mask) {
  if (residual)
    for (ptrdiff_t p = begin; p < end; p++)
      y[p] = keep(within(scale * x[p] + shift + residual[p], bounds), mask.lanes[p]);
  else
    for (ptrdiff_t p = begin; p < end; p++) y[p] = keep(within(scale * x[p] + shift, bounds), mask.lanes[p]);
}

static void normalize_gradient(
  const float *dy, const float *x, ck_activation_mask active, float a, float b, float c, bool accumulate, float *dx,
  ptrdiff_t begin, ptrdiff_t end, ck_mask mask) {
  for (ptrdiff_t p = begin; p < end; p++) {
    const float g = is_open(&active, x, p) ? dy[p] : 0;
    const float value = keep(a * g + (b * x[p] + c), mask.lanes[p]);
    dx[p] = accumulate ? value + dx[p] : value;
  }
}

static void add(const float *x, float *y, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) y[p] += x[p];
}

static void quotient(const float *r, const float *z, float small, float *out, ptrdiff_t begin, ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) out[p] = r[p] / (z[p] + small);
}

static void split_sum(
  float *branch, float scale, float shift, const float *shortcut, const float *total, float *relevance, ptrdiff_t begin,
  ptrdiff_t end) {
  for (ptrdiff_t p = begin; p < end; p++) {
    const float quotient = relevance[p] / (total[p] + 1e-9f);
    if (branch) branch[p] = (scale * branch[p] + shift) * quotient;
    relevance[p] = shortcut[p] * quotient;
  }
}

static void combine(
  const float *a, const float *p, float alpha, const float *n, float beta, float *out, ptrdiff_t begin,
  ptrdiff_t end) {
  for (ptrdiff_t i = begin; i < end; i++) out[i] = a[i] * (alpha * p[i] - beta * n[i]);
}

static void sgd(float *w, const float *g, float *v, int64_t count, ck_sgd options) {
  const float rate = options.learning_rate, momentum = options.momentum, decay = options.weight_decay;
  if (options.nesterov)
    for (int64_t i = 0; i < count; i++) {
      const float gradient = g[i] + decay * w[i];
      v[i] = momentum * v[i] + gradient;
      w[i] -= rate * (gradient + momentum * v[i]);
    }
  else
    for (int64_t i = 0; i < count; i++) {
      const float gradient = g[i] + decay * w[i];
      v[i] = momentum * v[i] + gradient;
      w[i] -= rate * v[i];
    }
}

static double peak(int64_t rounds, float *sink) {
  float sums[4 * LANES] = {0};
  for (int64_t round = 0; round < rounds; round++)
    for (int i = 0; i < 4 * LANES; i++) sums[i] = sums[i] * 0.5f + 1.0f;
  *sink = fold(sums) + fold(sums + LANES) + fold(sums + 2 * LANES) + fold(sums + 3 * LANES);
  return 2.0 * 4 * LANES * (double)rounds;
}

#include "elementwise_kernels.h"
#include "bfloat16_kernels.h"

static const ck_kernels table = {
  .name = "portable",
  .convolve = convolve,
  .width = LANES,
  .cached_floats = 1 << 17,
  .signed_vectors = 1,
  .contributions = contributions,
  .relevance_quotients = relevance_quotients,
  .redistribute = redistribute,
  .weight_gradient = weight_gradient,
  .fold_weight_gradient = fold_weight_gradient,
  .filter = filter,
  .filter_gradient = filter_gradient,
  .plane_gradient = plane_gradient,
  .strided_filter = ck_plain_strided_filter,
  .strided_filter_input_gradient = ck_plain_strided_filter_input_gradient,
  .strided_filter_gradient = ck_plain_strided_filter_gradient,
  .cut_window = ck_cut_window,
  .paste_window = ck_paste_window,
  .sum = sum,
  .moments = moments,
  .gradient_sums = gradient_sums,
  .scale_shift = scale_shift,
  .activate = activate,
  .activation_gradient = activation_gradient,
  .normalize_gradient = normalize_gradient,
  .add = add,
  .quotient = quotient,
  .split_sum = split_sum,
  .combine = combine,
  .sgd = sgd,
  .widen = widen,
  .narrow = narrow,
  .widen_rows = widen_rows,
  .narrow_rows = narrow_rows,
  .narrow_tiles = narrow_tiles,
  .peak = peak,
  .convolve_pairs = ck_plain_convolve_pairs,
  .pair_sums = ck_plain_pair_sums,
  .pair_peak = ck_plain_pair_peak,
};

void ck_widen(const uint16_t *x, float *y, ptrdiff_t begin, ptrdiff_t end) { widen(x, y, begin, end); }
void ck_narrow(const float *x, uint16_t *y, ptrdiff_t begin, ptrdiff_t end) { narrow(x, y, begin, end); }

const ck_kernels *ck_portable(void) { return &table; }

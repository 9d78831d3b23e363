// The loops of 3x3 filters with stride 2 in terms of one instruction set's vectors, a row of
// outputs at a time; included after filter_kernels.h.
//
//   muladd_first(a, b, c, count)  a * b + c in the first elements, count < WIDTH, and c in others

enum { STRIDED_TAPS = 9 };

// The sizes of a job's two maps.
typedef struct {
  int64_t rows, columns, pitch, output_rows, output_columns, output_pitch;
} strided_maps;

INLINE strided_maps maps_of(const ck_strided_filter *job) {
  const int64_t output_rows = (job->rows + 1) / 2, output_columns = (job->columns + 1) / 2;
  return (strided_maps){
    job->rows, job->columns, job->columns + 1, output_rows, output_columns, output_columns + 1};
}

// The row of pixels that a row of outputs reads by its middle taps.
INLINE ptrdiff_t input_row(const strided_maps *m, int64_t image, int64_t row) {
  return (image * (m->rows + 1) + 2 * row) * m->pitch;
}

INLINE ptrdiff_t output_row(const strided_maps *m, int64_t image, int64_t row) {
  return (image * (m->output_rows + 1) + row) * m->output_pitch;
}

// What the three taps of a row read for a vector of outputs: pixels 2 q - 1, 2 q and 2 q + 1.
INLINE void row_taps(const float *row, V taps[3]) {
  V same;
  divide_pairs(load(row - 1), load(row - 1 + WIDTH), &taps[0], &same);
  divide_pairs(load(row), load(row + WIDTH), &taps[1], &taps[2]);
}

INLINE void prefetch_pair(const float *row, ptrdiff_t pitch) {
  prefetch_ahead(row);
  prefetch_ahead(row + WIDTH);
  prefetch_ahead(row + pitch);
  prefetch_ahead(row + pitch + WIDTH);
}

static void strided_filter(const ck_strided_filter *job, const float *x, int64_t first, int64_t images, float *y) {
  const strided_maps m = maps_of(job);
  V weights[STRIDED_TAPS];
  UNROLL for (int t = 0; t < STRIDED_TAPS; t++) weights[t] = set1(job->weights[t]);
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < m.output_rows; r++) {
      const float *const from = x + input_row(&m, n, r);
      float *const to = y + output_row(&m, n, r);
      for (int64_t q = 0; q < m.output_columns; q += WIDTH) {
        prefetch_pair(from + 2 * q, m.pitch);
        prefetch_ahead(to + q);
        V sum = set1(job->bias);
        UNROLL for (int u = 0; u < 3; u++) {
          V taps[3];
          row_taps(from + (u - 1) * m.pitch + 2 * q, taps);
          UNROLL for (int v = 0; v < 3; v++) sum = muladd(weights[3 * u + v], taps[v], sum);
        }
        paste(to + q, sum, m.output_columns - q, false);
      }
    }
}

INLINE void strided_input_gradient(
  const ck_strided_filter *job, const float *dy, int64_t first, int64_t images, const bool accumulate, float *dx) {
  const strided_maps m = maps_of(job);
  V w[STRIDED_TAPS];
  UNROLL for (int t = 0; t < STRIDED_TAPS; t++) w[t] = set1(job->weights[t]);
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < m.output_rows; r++) {
      const float *const from = dy + output_row(&m, n, r);
      float *const to = dx + input_row(&m, n, r);
      for (int64_t q = 0; q < m.output_columns; q += WIDTH) {
        prefetch_ahead(from + q);
        prefetch_pair(to + 2 * q, m.pitch);
        const V here = load(from + q), right = load(from + q + 1);
        const V below = load(from + m.output_pitch + q), across = load(from + m.output_pitch + q + 1);
        const int64_t left = m.columns - 2 * q;
        paste_pairs(to + 2 * q, mul(w[4], here), muladd(w[5], here, mul(w[3], right)), left, accumulate);
        if (2 * r + 1 == m.rows) continue;
        const V even = muladd(w[7], here, mul(w[1], below));
        const V odd = muladd(w[8], here, muladd(w[6], right, muladd(w[2], below, mul(w[0], across))));
        paste_pairs(to + m.pitch + 2 * q, even, odd, left, accumulate);
      }
    }
}

static void strided_filter_input_gradient(
  const ck_strided_filter *job, const float *dy, int64_t first, int64_t images, bool accumulate, float *dx) {
  if (accumulate) return strided_input_gradient(job, dy, first, images, true, dx);
  strided_input_gradient(job, dy, first, images, false, dx);
}

// Adds one row of outputs to the sums.
INLINE void strided_row_gradient(const strided_maps *m, const float *from, const float *dy, V sums[STRIDED_TAPS]) {
  for (int64_t q = 0; q < m->output_columns; q += WIDTH) {
    prefetch_pair(from + 2 * q, m->pitch);
    prefetch_ahead(dy + q);
    const int64_t left = m->output_columns - q;
    const V gradient = load(dy + q);
    UNROLL for (int u = 0; u < 3; u++) {
      V taps[3];
      row_taps(from + (u - 1) * m->pitch + 2 * q, taps);
      UNROLL for (int v = 0; v < 3; v++) {
        V *const sum = &sums[3 * u + v];
        // Behind the row anything may be in memory.
        *sum = left < WIDTH ? muladd_first(gradient, taps[v], *sum, left) : muladd(gradient, taps[v], *sum);
      }
    }
  }
}

static void strided_filter_gradient(
  const ck_strided_filter *job, const float *x, const float *dy, int64_t first, int64_t images, double *totals) {
  const strided_maps m = maps_of(job);
  const int64_t rows = images * m.output_rows, width = (m.output_columns + WIDTH - 1) / WIDTH * WIDTH;
  const int64_t together = width < CK_SUM_BLOCK ? CK_SUM_BLOCK / width : 1;
  int64_t n = first, r = 0;
  for (int64_t begin = 0; begin < rows; begin += together) {
    const int64_t end = rows - begin < together ? rows : begin + together;
    V sums[STRIDED_TAPS];
    UNROLL for (int t = 0; t < STRIDED_TAPS; t++) sums[t] = set1(0);
    for (int64_t row = begin; row < end; row++) {
      strided_row_gradient(&m, x + input_row(&m, n, r), dy + output_row(&m, n, r), sums);
      if (++r == m.output_rows) r = 0, n++;
    }
    UNROLL for (int t = 0; t < STRIDED_TAPS; t++) totals[t] += fold(sums[t]);
  }
}

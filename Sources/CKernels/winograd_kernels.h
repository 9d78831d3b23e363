// The transforms of Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, "Fast algorithms for convolutional neural
// networks", arXiv 1509.09308) in terms of one instruction set's vectors; included after vector_kernels.h by files that
// also define
//
//   evens(a, b), odds(a, b)            elements 0, 2, ... and 1, 3, ... of a followed by b
//   zip_low(a, b), zip_high(a, b)      the inverse: a[0], b[0], a[1], b[1], ... in two vectors
//   load_rows(p, n), store_rows(v, p, n)
//                                      a vector in n equal parts at p[0], ..., p[n - 1]; n = 1, 2 or 4
//
// A vector holds one element of WIDTH tiles. `run` tiles lie side by side in a map's row, at most CK_VECTOR_FLOATS.

// In how many parts the pixels of half of WIDTH tiles lie.
#define PARTS(run) ((run) >= WIDTH || 2 * (run) >= WIDTH ? 1 : WIDTH / (2 * (run)))

// Where the pixels of WIDTH tiles lie: each of two vectors' worth of pixels in `parts` parts.
typedef struct {
  float *low[4], *high[4];
} tile_rows;

INLINE tile_rows rows_of(const ck_winograd *g, float *x, int64_t tile, const int run, const int parts) {
  tile_rows rows;
  const int32_t *const starts = g->starts + tile / g->run;
  if (run >= WIDTH) {
    rows.low[0] = x + starts[0] + 2 * (tile % g->run);
    rows.high[0] = rows.low[0] + WIDTH;
    return rows;
  }
  UNROLL for (int i = 0; i < parts; i++) {
    rows.low[i] = x + starts[i];
    rows.high[i] = x + starts[parts + i];
  }
  return rows;
}

INLINE V load_part(float *const *parts_at, ptrdiff_t shift, const int parts) {
  const float *at[4];
  UNROLL for (int i = 0; i < parts; i++) at[i] = parts_at[i] + shift;
  return load_rows(at, parts);
}

// Row `r` of the tiles' 4x4 inputs times B: d0 - d2, d1 + d2, d2 - d1, d1 - d3.
INLINE void input_row(const ck_winograd *g, const tile_rows *rows, int64_t r, const int parts, V h[4]) {
  const ptrdiff_t shift = (r - 1) * g->pitch - 1;
  const V a = load_part(rows->low, shift, parts), b = load_part(rows->high, shift, parts);
  const V c = load_part(rows->low, shift + 2, parts), d = load_part(rows->high, shift + 2, parts);
  const V d0 = evens(a, b), d1 = odds(a, b), d2 = evens(c, d), d3 = odds(c, d);
  h[0] = sub(d0, d2), h[1] = add(d1, d2), h[2] = sub(d2, d1), h[3] = sub(d1, d3);
}

INLINE void input_tiles(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, float *v, ptrdiff_t stride, const int run) {
  const int parts = PARTS(run);
  for (int64_t t = 0; t < count; t += WIDTH, v += WIDTH) {
    const tile_rows rows = rows_of(g, (float *)x, first + t, run, parts);
    V h[4][4];
    UNROLL for (int r = 0; r < 4; r++) input_row(g, &rows, r, parts, h[r]);
    UNROLL for (int b = 0; b < 4; b++) {
      store(v + b * stride, sub(h[0][b], h[2][b]));
      store(v + (4 + b) * stride, add(h[1][b], h[2][b]));
      store(v + (8 + b) * stride, sub(h[2][b], h[1][b]));
      store(v + (12 + b) * stride, sub(h[1][b], h[3][b]));
    }
  }
}

// Only row `row` of the four, which takes two rows of pixels.
INLINE void input_tiles_row(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, int64_t row, float *v, ptrdiff_t stride,
  const int run) {
  const int parts = PARTS(run);
  const int64_t one = row == 0 ? 0 : row == 2 ? 2 : 1, other = row == 3 ? 3 : row == 2 ? 1 : 2;
  const V sign = set1(row == 1 ? 1 : -1);
  for (int64_t t = 0; t < count; t += WIDTH, v += WIDTH) {
    const tile_rows rows = rows_of(g, (float *)x, first + t, run, parts);
    V h[4], k[4];
    input_row(g, &rows, one, parts, h), input_row(g, &rows, other, parts, k);
    UNROLL for (int b = 0; b < 4; b++) store(v + b * stride, muladd(sign, k[b], h[b]));
  }
}

// Row `row` of A dy transposed(A), A = [[1, 0], [1, 1], [1, -1], [0, -1]].
INLINE void gradient_tiles_row(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, int64_t row, float *d, ptrdiff_t stride,
  const int run) {
  const int parts = PARTS(run);
  const V upper = set1(row == 3 ? 0 : 1), lower = set1(row == 0 ? 0 : row == 1 ? 1 : -1);
  for (int64_t t = 0; t < count; t += WIDTH, d += WIDTH) {
    const tile_rows rows = rows_of(g, (float *)dy, first + t, run, parts);
    const V a = load_part(rows.low, 0, parts), b = load_part(rows.high, 0, parts);
    const V a1 = load_part(rows.low, g->pitch, parts), b1 = load_part(rows.high, g->pitch, parts);
    const V low = muladd(lower, a1, mul(upper, a)), high = muladd(lower, b1, mul(upper, b));
    const V left = evens(low, high), right = odds(low, high);
    store(d, left);
    store(d + stride, add(left, right));
    store(d + 2 * stride, sub(left, right));
    store(d + 3 * stride, sub(set1(0), right));
  }
}

INLINE void output_tiles(
  const ck_winograd *g, const float *m, ptrdiff_t stride, int64_t first, int64_t count, float bias,
  const bool accumulate, float *y, const int run) {
  const int parts = PARTS(run);
  const V shift = set1(bias);
  for (int64_t t = 0; t < count; t += WIDTH, m += WIDTH) {
    V s[2][4];
    UNROLL for (int b = 0; b < 4; b++) {
      const V m0 = load(m + b * stride), m1 = load(m + (4 + b) * stride);
      const V m2 = load(m + (8 + b) * stride), m3 = load(m + (12 + b) * stride);
      const V sum = add(m1, m2);
      s[0][b] = add(m0, sum), s[1][b] = sub(sub(m1, m2), m3);
    }
    const tile_rows rows = rows_of(g, y, first + t, run, parts);
    UNROLL for (int r = 0; r < 2; r++) {
      const V left = add(add(s[r][0], shift), add(s[r][1], s[r][2]));
      const V right = add(sub(s[r][1], s[r][2]), sub(shift, s[r][3]));
      V low = zip_low(left, right), high = zip_high(left, right);
      if (accumulate) {
        low = add(low, load_part(rows.low, r * g->pitch, parts));
        high = add(high, load_part(rows.high, r * g->pitch, parts));
      }
      float *low_at[4], *high_at[4];
      UNROLL for (int i = 0; i < parts; i++) {
        low_at[i] = rows.low[i] + r * g->pitch;
        high_at[i] = rows.high[i] + r * g->pitch;
      }
      store_rows(low, low_at, parts);
      store_rows(high, high_at, parts);
    }
  }
}

#define FOR_RUN(call) \
  switch (g->run < WIDTH ? g->run : WIDTH) { \
    case 16: call(16); break; \
    case 8: call(8); break; \
    case 4: call(4); break; \
    default: call(2); break; \
  }

static void winograd_input(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, float *v, ptrdiff_t stride) {
#define CALL(run) input_tiles(g, x, first, count, v, stride, run)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_input_row(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, int64_t row, float *v, ptrdiff_t stride) {
#define CALL(run) input_tiles_row(g, x, first, count, row, v, stride, run)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_gradient_row(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, int64_t row, float *d, ptrdiff_t stride) {
#define CALL(run) gradient_tiles_row(g, dy, first, count, row, d, stride, run)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_output(
  const ck_winograd *g, const float *m, ptrdiff_t stride, int64_t first, int64_t count, float bias, bool accumulate,
  float *y) {
#define ADD(run) output_tiles(g, m, stride, first, count, bias, true, y, run)
#define SET(run) output_tiles(g, m, stride, first, count, bias, false, y, run)
  if (accumulate) FOR_RUN(ADD) else FOR_RUN(SET)
}

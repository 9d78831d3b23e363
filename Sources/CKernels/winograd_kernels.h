// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for
// convolutional neural networks", arXiv 1509.09308), points 0, 1, -1, 2, -2, infinity, in terms of
// one instruction set's vectors; included after vector_kernels.h by files that also define
//
//   unpack_low(a, b), unpack_high(a, b)   in every 128 bits: a0, b0, a1, b1 and a2, b2, a3, b3
//   pair_low(a, b), pair_high(a, b)       in every 128 bits: a0, a1, b0, b1 and a2, a3, b2, b3
//   load_parts(p, n), store_parts(p, n, v)
//       a vector in n equal parts at p[0], ..., p[n - 1]; n = 1, 2 or 4
//   NEXT_COLUMNS
//       where a vector holds more than four tiles, and then
//   load_pairs(at, shift)
//       two elements at each of at[0][0] + shift, ..., at[3][0] + shift
//   next_columns(left, pairs, right)
//       two columns of tiles, for each tile those of the next in its quarter, for the last ones the
//       quarters' pairs
//
// A vector holds one element of WIDTH tiles, in an order of its own that all transforms share: the
// pixels of a quarter of them fill a vector, and transposing 4x4 blocks in every 128 bits turns
// four such vectors into one for each column.

// Tiles whose pixels in one row fill a vector.
#define QUARTER (WIDTH / 4)

// Where the pixels of WIDTH tiles lie: each quarter in `parts` runs of tiles that lie side by side.
typedef struct {
  float *at[4][4];
} tile_quarters;

// `starts`: of the runs that the tiles fill.
INLINE tile_quarters quarters_of(const int32_t *starts, float *x, const int run, const int parts) {
  tile_quarters quarters;
  UNROLL for (int i = 0; i < 4; i++)
    UNROLL for (int j = 0; j < parts; j++) {
      const int tile = i * QUARTER + j * (QUARTER / parts);
      quarters.at[i][j] = x + starts[tile / run] + 4 * (tile % run);
    }
  return quarters;
}

INLINE V load_quarter(float *const *parts_at, ptrdiff_t shift, const int parts) {
  float *at[4];
  UNROLL for (int j = 0; j < parts; j++) at[j] = parts_at[j] + shift;
  return load_parts(at, parts);
}

// Pixels to columns, and back.
INLINE void transpose(const V p[4], V columns[4]) {
  const V a = unpack_low(p[0], p[1]), b = unpack_low(p[2], p[3]);
  const V c = unpack_high(p[0], p[1]), d = unpack_high(p[2], p[3]);
  columns[0] = pair_low(a, b), columns[1] = pair_high(a, b);
  columns[2] = pair_low(c, d), columns[3] = pair_high(c, d);
}

// Only the first two columns.
INLINE void transpose_left(const V p[4], V columns[2]) {
  const V a = unpack_low(p[0], p[1]), b = unpack_low(p[2], p[3]);
  columns[0] = pair_low(a, b), columns[1] = pair_high(a, b);
}

// transposed(B) d
INLINE void input_points(const V d[6], V v[6]) {
  const V a = muladd(set1(-4), d[2], d[4]), b = muladd(set1(-4), d[1], d[3]);
  const V c = sub(d[4], d[2]), e = sub(d[3], d[1]);
  v[0] = muladd(set1(4), d[0], muladd(set1(-5), d[2], d[4]));
  v[1] = add(a, b), v[2] = sub(a, b);
  v[3] = muladd(set1(2), e, c), v[4] = muladd(set1(-2), e, c);
  v[5] = muladd(set1(4), d[1], muladd(set1(-5), d[3], d[5]));
}

// transposed(A) m
INLINE void output_points(const V m[6], V y[4]) {
  const V a = add(m[1], m[2]), b = sub(m[1], m[2]), c = add(m[3], m[4]), d = sub(m[3], m[4]);
  y[0] = add(m[0], add(a, c));
  y[1] = muladd(set1(2), d, b);
  y[2] = muladd(set1(4), c, a);
  y[3] = add(muladd(set1(8), d, b), m[5]);
}

// A y
INLINE void gradient_points(const V y[4], V d[6]) {
  const V a = add(y[0], y[2]), b = add(y[1], y[3]);
  const V c = muladd(set1(4), y[2], y[0]), e = muladd(set1(8), y[3], add(y[1], y[1]));
  d[0] = y[0];
  d[1] = add(a, b), d[2] = sub(a, b);
  d[3] = add(c, e), d[4] = sub(c, e);
  d[5] = y[3];
}

// transposed(B) x of rows of pixels, for the quarters' vectors `shift` columns from their tiles on.
INLINE void filter_rows(
  const ck_winograd *g, const tile_quarters *quarters, ptrdiff_t shift, const int parts, V filtered[6][4]) {
  UNROLL for (int i = 0; i < 4; i++) {
    V rows[6], points[6];
    UNROLL for (int r = 0; r < 6; r++) rows[r] = load_quarter(quarters->at[i], (r - 1) * g->pitch + shift, parts);
    input_points(rows, points);
    UNROLL for (int a = 0; a < 6; a++) filtered[a][i] = points[a];
  }
}

// The same for the two columns to the right. Where a quarter's tiles lie side by side, those of all
// tiles but its last are the first two columns of the next: then only the last tile's, for all
// quarters in filtered[a][0].
INLINE void filter_right(
  const ck_winograd *g, const tile_quarters *quarters, const int parts, V filtered[6][4]) {
#ifdef NEXT_COLUMNS
  if (parts == 1) {
    V rows[6], points[6];
    UNROLL for (int r = 0; r < 6; r++) rows[r] = load_pairs(quarters->at, (r - 1) * g->pitch + 4 * QUARTER - 1);
    input_points(rows, points);
    UNROLL for (int a = 0; a < 6; a++) filtered[a][0] = points[a];
    return;
  }
#endif
  filter_rows(g, quarters, 3, parts, filtered);
}

// Columns of row `a` from what was filtered.
INLINE void columns_of(const V left[4], const V right[4], const int parts, V columns[6]) {
  transpose(left, columns);
#ifdef NEXT_COLUMNS
  if (parts == 1) return next_columns(columns, right[0], columns + 4);
#endif
  transpose_left(right, columns + 4);
}

INLINE void input_tiles(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, float *v, ptrdiff_t stride, const int run,
  const int parts) {
  const int32_t *starts = g->starts + first / run;
  for (int64_t t = 0; t < count; t += WIDTH, v += WIDTH, starts += WIDTH / run) {
    const tile_quarters quarters = quarters_of(starts, (float *)x, run, parts);
    V left[6][4], right[6][4];
    filter_rows(g, &quarters, -1, parts, left);
    filter_right(g, &quarters, parts, right);
    UNROLL for (int a = 0; a < 6; a++) {
      V columns[6], points[6];
      columns_of(left[a], right[a], parts, columns);
      input_points(columns, points);
      UNROLL for (int b = 0; b < 6; b++) store(v + (6 * a + b) * stride, points[b]);
    }
  }
}

// Up to four terms of a sum over rows of pixels.
typedef struct {
  int row[4];
  float factor[4];
} row_sum;

INLINE V sum_rows(const row_sum *sum, float *const *parts_at, ptrdiff_t shift, ptrdiff_t pitch, const int parts) {
  V total = mul(set1(sum->factor[0]), load_quarter(parts_at, shift + sum->row[0] * pitch, parts));
  UNROLL for (int i = 1; i < 4; i++)
    total = muladd(set1(sum->factor[i]), load_quarter(parts_at, shift + sum->row[i] * pitch, parts), total);
  return total;
}

// Row `row` of transposed(B) x B alone.
INLINE void input_tiles_row(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, int64_t row, float *v, ptrdiff_t stride,
  const int run, const int parts) {
  static const row_sum sums[6] = {
    {{-1, 1, 3, 3}, {4, -5, 1, 0}}, {{0, 1, 2, 3}, {-4, -4, 1, 1}}, {{0, 1, 2, 3}, {4, -4, -1, 1}},
    {{0, 1, 2, 3}, {-2, -1, 2, 1}}, {{0, 1, 2, 3}, {2, -1, -2, 1}}, {{0, 2, 4, 4}, {4, -5, 1, 0}}};
  const row_sum sum = sums[row];
  const int32_t *starts = g->starts + first / run;
  for (int64_t t = 0; t < count; t += WIDTH, v += WIDTH, starts += WIDTH / run) {
    const tile_quarters quarters = quarters_of(starts, (float *)x, run, parts);
    V left[4], right[4], columns[6], points[6];
    UNROLL for (int i = 0; i < 4; i++) left[i] = sum_rows(&sum, quarters.at[i], -1, g->pitch, parts);
    UNROLL for (int i = 0; i < 4; i++) right[i] = sum_rows(&sum, quarters.at[i], 3, g->pitch, parts);
    transpose(left, columns), transpose_left(right, columns + 4);
    input_points(columns, points);
    UNROLL for (int b = 0; b < 6; b++) store(v + b * stride, points[b]);
  }
}

INLINE void gradient_tiles(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, float *d, ptrdiff_t stride, const int run,
  const int parts) {
  const int32_t *starts = g->starts + first / run;
  for (int64_t t = 0; t < count; t += WIDTH, d += WIDTH, starts += WIDTH / run) {
    const tile_quarters quarters = quarters_of(starts, (float *)dy, run, parts);
    V rows[4][6];
    for (int r = 0; r < 4; r++) {
      V pixels[4], columns[4];
      UNROLL for (int i = 0; i < 4; i++) pixels[i] = load_quarter(quarters.at[i], r * g->pitch, parts);
      transpose(pixels, columns);
      gradient_points(columns, rows[r]);
    }
    for (int b = 0; b < 6; b++) {
      V columns[4], points[6];
      UNROLL for (int r = 0; r < 4; r++) columns[r] = rows[r][b];
      gradient_points(columns, points);
      UNROLL for (int a = 0; a < 6; a++) store(d + (6 * a + b) * stride, points[a]);
    }
  }
}

// Row `row` of A dy transposed(A) alone.
INLINE void gradient_tiles_row(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, int64_t row, float *d, ptrdiff_t stride,
  const int run, const int parts) {
  static const row_sum sums[6] = {
    {{0, 0, 0, 0}, {1, 0, 0, 0}}, {{0, 1, 2, 3}, {1, 1, 1, 1}},  {{0, 1, 2, 3}, {1, -1, 1, -1}},
    {{0, 1, 2, 3}, {1, 2, 4, 8}}, {{0, 1, 2, 3}, {1, -2, 4, -8}}, {{3, 3, 3, 3}, {1, 0, 0, 0}}};
  const row_sum sum = sums[row];
  const int32_t *starts = g->starts + first / run;
  for (int64_t t = 0; t < count; t += WIDTH, d += WIDTH, starts += WIDTH / run) {
    const tile_quarters quarters = quarters_of(starts, (float *)dy, run, parts);
    V pixels[4], columns[4], points[6];
    UNROLL for (int i = 0; i < 4; i++) pixels[i] = sum_rows(&sum, quarters.at[i], 0, g->pitch, parts);
    transpose(pixels, columns);
    gradient_points(columns, points);
    UNROLL for (int b = 0; b < 6; b++) store(d + b * stride, points[b]);
  }
}

INLINE void output_tiles(
  const ck_winograd *g, const float *m, ptrdiff_t stride, int64_t first, int64_t count, float bias,
  const bool accumulate, float *y, const int run, const int parts) {
  const V shift = set1(bias);
  const int32_t *starts = g->starts + first / run;
  for (int64_t t = 0; t < count; t += WIDTH, m += WIDTH, starts += WIDTH / run) {
    const tile_quarters quarters = quarters_of(starts, y, run, parts);
    V rows[4][6];
    for (int b = 0; b < 6; b++) {
      V points[6], pixels[4];
      UNROLL for (int a = 0; a < 6; a++) points[a] = load(m + (6 * a + b) * stride);
      output_points(points, pixels);
      UNROLL for (int r = 0; r < 4; r++) rows[r][b] = pixels[r];
    }
    for (int r = 0; r < 4; r++) {
      V columns[4], pixels[4];
      output_points(rows[r], columns);
      UNROLL for (int i = 0; i < 4; i++) columns[i] = add(columns[i], shift);
      transpose(columns, pixels);
      UNROLL for (int i = 0; i < 4; i++) {
        float *at[4];
        UNROLL for (int j = 0; j < parts; j++) at[j] = quarters.at[i][j] + r * g->pitch;
        store_parts(at, parts, accumulate ? add(pixels[i], load_parts(at, parts)) : pixels[i]);
      }
    }
  }
}

// How many parts a quarter's pixels lie in where runs have this number of tiles.
#define PARTS(run) ((run) >= QUARTER ? 1 : QUARTER / (run))

#define FOR_RUN(call) \
  switch (g->run) { \
    case 4: call(4, PARTS(4)); break; \
    case 2: call(2, PARTS(2)); break; \
    default: call(1, PARTS(1)); break; \
  }

static void winograd_input(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, float *v, ptrdiff_t stride) {
#define CALL(run, parts) input_tiles(g, x, first, count, v, stride, run, parts)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_input_row(
  const ck_winograd *g, const float *x, int64_t first, int64_t count, int64_t row, float *v, ptrdiff_t stride) {
#define CALL(run, parts) input_tiles_row(g, x, first, count, row, v, stride, run, parts)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_gradient(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, float *d, ptrdiff_t stride) {
#define CALL(run, parts) gradient_tiles(g, dy, first, count, d, stride, run, parts)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_gradient_row(
  const ck_winograd *g, const float *dy, int64_t first, int64_t count, int64_t row, float *d, ptrdiff_t stride) {
#define CALL(run, parts) gradient_tiles_row(g, dy, first, count, row, d, stride, run, parts)
  FOR_RUN(CALL)
#undef CALL
}

static void winograd_output(
  const ck_winograd *g, const float *m, ptrdiff_t stride, int64_t first, int64_t count, float bias, bool accumulate,
  float *y) {
#define ADD(run, parts) output_tiles(g, m, stride, first, count, bias, true, y, run, parts)
#define SET(run, parts) output_tiles(g, m, stride, first, count, bias, false, y, run, parts)
  if (accumulate) FOR_RUN(ADD) else FOR_RUN(SET)
}

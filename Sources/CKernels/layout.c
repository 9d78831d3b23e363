// Rearranging weights and planes into the order in which the inner loops read them, and adding up
// partial sums.
#include <string.h>

#include "CKernels.h"

void ck_pack_weights(
  const float *weights, int64_t outputs, int64_t inputs, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, int64_t first, int64_t last, float *packed) {
  packed += first * inputs * taps;
  while (first < last) {
    const int64_t group = ck_output_group(outputs, first);
    for (int64_t c = 0; c < inputs; c++)
      for (int64_t t = 0; t < taps; t++)
        for (int64_t o = first; o < first + group; o++)
          *packed++ = weights[(transposed ? c * outputs + o : o * inputs + c) * kernel_size + tap_index[t]];
    first += group;
  }
}

// A group of rows of weights, as ck_pack_signed_weights takes them.
typedef struct {
  const float *weights;
  int64_t rows, columns, kernel_size, first, count;
  bool transposed;
} row_group;

// The weights of one column and place in the kernel, and their signs.
static inline int signed_entry(const row_group *g, int64_t column, int64_t place, float entry[CK_SIGNED_GROUP]) {
  int signs = 0;
  for (int64_t r = 0; r < g->count; r++) {
    const int64_t row = g->first + r;
    entry[r] = g->weights[(g->transposed ? column * g->rows + row : row * g->columns + column) * g->kernel_size + place];
    signs |= (entry[r] < 0) << r;
  }
  return signs;
}

void ck_pack_signed_weights(
  const float *weights, int64_t rows, int64_t columns, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, const ptrdiff_t *offsets, ptrdiff_t column_stride, int64_t part, int64_t group_index, int32_t *counts,
  int32_t *packed_offsets, float *packed_weights) {
  const int64_t parts = (columns + part - 1) / part, first = group_index * CK_SIGNED_GROUP;
  const int64_t count = rows - first < CK_SIGNED_GROUP ? rows - first : CK_SIGNED_GROUP;
  const row_group group = {weights, rows, columns, kernel_size, first, count, transposed};
  int list_of[CK_SIGN_LISTS];
  for (int list = 0; list < CK_SIGN_LISTS; list++) list_of[ck_signs_of_list(list)] = list;
  counts += group_index * parts * CK_SIGN_LISTS;
  packed_offsets += group_index * columns * taps;
  packed_weights += first * columns * taps;
  float entry[CK_SIGNED_GROUP];
  for (int64_t begin = 0; begin < columns; begin += part, counts += CK_SIGN_LISTS) {
    const int64_t end = columns - begin < part ? columns : begin + part;
    memset(counts, 0, CK_SIGN_LISTS * sizeof *counts);
    for (int64_t c = begin; c < end; c++)
      for (int64_t t = 0; t < taps; t++) counts[list_of[signed_entry(&group, c, tap_index[t], entry)]]++;
    int64_t places[CK_SIGN_LISTS] = {0};
    for (int list = 1; list < CK_SIGN_LISTS; list++) places[list] = places[list - 1] + counts[list - 1];
    for (int64_t c = begin; c < end; c++)
      for (int64_t t = 0; t < taps; t++) {
        const int64_t place = places[list_of[signed_entry(&group, c, tap_index[t], entry)]]++;
        packed_offsets[place] = (int32_t)(c * column_stride + offsets[t]);
        memcpy(packed_weights + place * count, entry, count * sizeof *entry);
      }
    packed_offsets += (end - begin) * taps;
    packed_weights += (end - begin) * taps * count;
  }
}

typedef float four __attribute__((vector_size(16), aligned(4)));

// Elements 0, 2, ... of `from` to `even`, elements 1, 3, ... to `odd`, which may be null.
static inline void split_row(const float *from, int64_t pairs, float *even, float *odd) {
  int64_t c = 0;
  for (; c + 4 <= pairs; c += 4) {
    four a, b;
    memcpy(&a, from + 2 * c, sizeof a);
    memcpy(&b, from + 2 * c + 4, sizeof b);
    const four low = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    memcpy(even + c, &low, sizeof low);
    if (!odd) continue;
    const four high = __builtin_shufflevector(a, b, 1, 3, 5, 7);
    memcpy(odd + c, &high, sizeof high);
  }
  for (; c < pairs; c++) {
    even[c] = from[2 * c];
    if (odd) odd[c] = from[2 * c + 1];
  }
}

// Interleaves `columns` elements; a null row counts as zero.
static inline void join_row(const float *even, const float *odd, int64_t columns, bool accumulate, float *to) {
  const int64_t pairs = columns / 2;
  int64_t c = 0;
  for (; c + 4 <= pairs; c += 4) {
    four a = {0}, b = {0};
    if (even) memcpy(&a, even + c, sizeof a);
    if (odd) memcpy(&b, odd + c, sizeof b);
    four low = __builtin_shufflevector(a, b, 0, 4, 1, 5), high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    if (accumulate) {
      four old;
      memcpy(&old, to + 2 * c, sizeof old);
      low += old;
      memcpy(&old, to + 2 * c + 4, sizeof old);
      high += old;
    }
    memcpy(to + 2 * c, &low, sizeof low);
    memcpy(to + 2 * c + 4, &high, sizeof high);
  }
  for (int64_t q = 2 * c; q < columns; q++) {
    const float *from = q % 2 ? odd : even;
    const float value = from ? from[q / 2] : 0;
    to[q] = accumulate ? to[q] + value : value;
  }
}

// The same of stored values.
static inline void split_stored_row(const uint16_t *from, int64_t pairs, uint16_t *even, uint16_t *odd) {
  for (int64_t c = 0; c < pairs; c++) even[c] = from[2 * c];
  if (odd)
    for (int64_t c = 0; c < pairs; c++) odd[c] = from[2 * c + 1];
}

#define SPLIT_PHASES(name, Value, split) \
  void name( \
    const Value *x, int64_t rows, int64_t columns, int64_t first, int64_t images, int64_t phases, Value *out, \
    ptrdiff_t out_stride) { \
    const int64_t out_rows = (rows + 1) / 2, out_columns = (columns + 1) / 2, pitch = out_columns + 1; \
    for (int64_t n = first; n < first + images; n++) \
      for (int64_t a = 0; a < (phases > 1 ? 2 : 1); a++) { \
        Value *even = out + 2 * a * out_stride + n * (out_rows + 1) * pitch; \
        Value *odd = phases > 1 ? even + out_stride : 0; \
        for (int64_t r = 0; r <= out_rows; r++) { \
          /* Rows and columns past the end of the image are its zero border. */ \
          const Value *from = x + (n * (rows + 1) + 2 * r + a) * (columns + 1); \
          if (r < out_rows) \
            split(from, out_columns, even, odd); \
          else \
            for (int64_t c = 0; c < out_columns; c++) { \
              even[c] = 0; \
              if (odd) odd[c] = 0; \
            } \
          even[out_columns] = 0; \
          even += pitch; \
          if (!odd) continue; \
          odd[out_columns] = 0; \
          odd += pitch; \
        } \
      } \
  }

SPLIT_PHASES(ck_split_phases, float, split_row)
SPLIT_PHASES(ck_split_stored_phases, uint16_t, split_stored_row)

void ck_join_phases(
  const float *in, ptrdiff_t in_stride, int64_t phases, int64_t rows, int64_t columns, int64_t first, int64_t images,
  bool accumulate, float *x) {
  const int64_t in_rows = (rows + 1) / 2, in_columns = (columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < rows; r++) {
      float *to = x + (n * (rows + 1) + r) * (columns + 1);
      const float *even = in + (n * (in_rows + 1) + r / 2) * (in_columns + 1);
      if (phases > 1) {
        even += 2 * (r % 2) * in_stride;
        join_row(even, even + in_stride, columns, accumulate, to);
      } else if (r % 2 == 0)
        join_row(even, 0, columns, accumulate, to);
      else if (!accumulate)
        memset(to, 0, (size_t)columns * sizeof(float));
    }
}

// The same of stored values.
static inline void join_stored_row(const uint16_t *even, const uint16_t *odd, int64_t columns, uint16_t *to) {
  for (int64_t c = 0; c < columns / 2; c++) {
    const uint32_t pair = even[c] | (uint32_t)(odd ? odd[c] : 0) << 16;
    memcpy(to + 2 * c, &pair, sizeof pair);
  }
  if (columns % 2) to[columns - 1] = even[columns / 2];
}

void ck_join_stored_phases(
  const uint16_t *in, ptrdiff_t in_stride, int64_t phases, int64_t rows, int64_t columns, int64_t first, int64_t images,
  uint16_t *x) {
  const int64_t in_rows = (rows + 1) / 2, in_columns = (columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < rows; r++) {
      uint16_t *to = x + (n * (rows + 1) + r) * (columns + 1);
      const uint16_t *even = in + (n * (in_rows + 1) + r / 2) * (in_columns + 1);
      if (phases > 1) {
        even += 2 * (r % 2) * in_stride;
        join_stored_row(even, even + in_stride, columns, to);
      } else if (r % 2 == 0)
        join_stored_row(even, 0, columns, to);
      else
        memset(to, 0, (size_t)columns * sizeof *to);
    }
}

// Rows of four columns become columns.
static inline void transpose(four m[4]) {
  const four a = __builtin_shufflevector(m[0], m[1], 0, 4, 1, 5), b = __builtin_shufflevector(m[0], m[1], 2, 6, 3, 7);
  const four c = __builtin_shufflevector(m[2], m[3], 0, 4, 1, 5), d = __builtin_shufflevector(m[2], m[3], 2, 6, 3, 7);
  m[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

// out[r * out_pitch + c * lanes + n] = pixel (n, r, c) of a plane, zero where there is no such
// image.
static void gather_images(
  const float *x, int64_t images, int64_t rows, int64_t columns, int64_t lanes, ptrdiff_t out_pitch, float *out) {
  const int64_t pitch = columns + 1, image = (rows + 1) * pitch;
  for (int64_t r = 0; r < rows; r++, x += pitch, out += out_pitch) {
    int64_t n = 0;
    for (; n + 4 <= images; n += 4) {
      const float *const from = x + n * image;
      int64_t c = 0;
      for (; c + 4 <= columns; c += 4) {
        four m[4];
        for (int i = 0; i < 4; i++) memcpy(m + i, from + i * image + c, sizeof *m);
        transpose(m);
        for (int i = 0; i < 4; i++) memcpy(out + (c + i) * lanes + n, m + i, sizeof *m);
      }
      for (; c < columns; c++)
        for (int i = 0; i < 4; i++) out[c * lanes + n + i] = from[i * image + c];
    }
    for (; n < lanes; n++)
      for (int64_t c = 0; c < columns; c++) out[c * lanes + n] = n < images ? x[n * image + c] : 0;
  }
}

// The inverse, plus `bias`, and the plane's old values if `accumulate`.
static void scatter_images(
  const float *in, int64_t images, int64_t rows, int64_t columns, int64_t lanes, ptrdiff_t in_pitch, float bias,
  bool accumulate, float *x) {
  const int64_t pitch = columns + 1, image = (rows + 1) * pitch;
  for (int64_t r = 0; r < rows; r++, x += pitch, in += in_pitch) {
    int64_t n = 0;
    for (; n + 4 <= images; n += 4) {
      float *const to = x + n * image;
      int64_t c = 0;
      for (; c + 4 <= columns; c += 4) {
        four m[4];
        for (int i = 0; i < 4; i++) memcpy(m + i, in + (c + i) * lanes + n, sizeof *m);
        transpose(m);
        for (int i = 0; i < 4; i++) {
          four old = {0};
          if (accumulate) memcpy(&old, to + i * image + c, sizeof old);
          m[i] = old + (m[i] + bias);
          memcpy(to + i * image + c, m + i, sizeof *m);
        }
      }
      for (; c < columns; c++)
        for (int i = 0; i < 4; i++) {
          float *const at = to + i * image + c;
          *at = (accumulate ? *at : 0) + (in[c * lanes + n + i] + bias);
        }
    }
    for (; n < images; n++)
      for (int64_t c = 0; c < columns; c++) {
        float *const at = x + n * image + c;
        *at = (accumulate ? *at : 0) + (in[c * lanes + n] + bias);
      }
  }
}

void ck_pack_pixels(const float *x, int64_t images, int64_t rows, int64_t columns, float *packed) {
  gather_images(x, images, rows, columns, images, columns * images, packed);
}

void ck_unpack_pixels(
  const float *packed, int64_t images, int64_t rows, int64_t columns, float bias, bool accumulate, float *x) {
  scatter_images(packed, images, rows, columns, images, columns * images, bias, accumulate, x);
}

void ck_gather_lanes(
  const float *x, int64_t images, int64_t rows, int64_t columns, int64_t lanes, float *out) {
  const ptrdiff_t pitch = (columns + 1) * lanes;
  gather_images(x, images, rows, columns, lanes, pitch, out);
  for (int64_t r = 0; r <= rows; r++) memset(out + r * pitch - lanes, 0, (size_t)lanes * sizeof *out);
}

void ck_scatter_lanes(
  const float *in, int64_t images, int64_t rows, int64_t columns, int64_t lanes, bool accumulate, float *x) {
  scatter_images(in, images, rows, columns, lanes, (columns + 1) * lanes, 0, accumulate, x);
}

void ck_sum_groups(const float *partials, int64_t groups, ptrdiff_t stride, int64_t count, float *sum) {
  if (groups == 1 && sum == partials) return;
  enum { BLOCK = 64 };
  for (int64_t first = 0; first < count; first += BLOCK) {
    const int64_t size = count - first < BLOCK ? count - first : BLOCK;
    float totals[BLOCK];
    memcpy(totals, partials + first, (size_t)size * sizeof(float));
    for (int64_t group = 1; group < groups; group++) {
      const float *const from = partials + group * stride + first;
      for (int64_t i = 0; i < size; i++) totals[i] += from[i];
    }
    memcpy(sum + first, totals, (size_t)size * sizeof(float));
  }
}

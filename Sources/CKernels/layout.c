// Rearranging weights and planes into the order in which the inner loops read them.
#include <string.h>

#include "CKernels.h"

void ck_pack_weights(
  const float *weights, int64_t outputs, int64_t inputs, int64_t kernel_size, const int64_t *tap_index, int64_t taps,
  bool transposed, float *packed) {
  for (int64_t first = 0; first < outputs;) {
    const int64_t group = ck_output_group(outputs, first);
    for (int64_t c = 0; c < inputs; c++)
      for (int64_t t = 0; t < taps; t++)
        for (int64_t o = first; o < first + group; o++)
          *packed++ = weights[(transposed ? c * outputs + o : o * inputs + c) * kernel_size + tap_index[t]];
    first += group;
  }
}

void ck_split_phases(
  const float *x, int64_t rows, int64_t columns, int64_t first, int64_t images, int64_t phases, float *out,
  ptrdiff_t out_stride) {
  const int64_t out_rows = (rows + 1) / 2, out_columns = (columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t phase = 0; phase < phases; phase++) {
      const int64_t a = phase / 2, b = phase % 2;
      float *to = out + phase * out_stride + n * (out_rows + 1) * (out_columns + 1);
      for (int64_t r = 0; r < out_rows; r++, to += out_columns + 1) {
        // Rows and columns past the end of the image are its zero border.
        const float *from = x + (n * (rows + 1) + 2 * r + a) * (columns + 1) + b;
        for (int64_t c = 0; c < out_columns; c++) to[c] = from[2 * c];
        to[out_columns] = 0;
      }
      memset(to, 0, (size_t)(out_columns + 1) * sizeof(float));
    }
}

void ck_join_phases(
  const float *in, ptrdiff_t in_stride, int64_t phases, int64_t rows, int64_t columns, int64_t first, int64_t images,
  bool accumulate, float *x) {
  const int64_t in_rows = (rows + 1) / 2, in_columns = (columns + 1) / 2;
  for (int64_t n = first; n < first + images; n++)
    for (int64_t r = 0; r < rows; r++) {
      float *to = x + (n * (rows + 1) + r) * (columns + 1);
      for (int64_t b = 0; b < 2; b++) {
        const int64_t phase = 2 * (r % 2) + b;
        const float *from =
          in + phase * in_stride + (n * (in_rows + 1) + r / 2) * (in_columns + 1);
        if (phase >= phases) {
          if (!accumulate)
            for (int64_t c = b; c < columns; c += 2) to[c] = 0;
        } else if (accumulate)
          for (int64_t c = b; c < columns; c += 2) to[c] += from[c / 2];
        else
          for (int64_t c = b; c < columns; c += 2) to[c] = from[c / 2];
      }
    }
}

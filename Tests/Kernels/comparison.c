// See comparison.h.
#define _GNU_SOURCE
#include "comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t state = 1;

// Xorshift (Marsaglia 2003).
static uint64_t random_bits(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void seed(uint64_t number) {
  state = number * 0x9e3779b97f4a7c15u | 1;
  for (int i = 0; i < 8; i++) random_bits();
}

int random_int(int low, int high) { return low + (int)((random_bits() >> 33) % (uint64_t)(high - low + 1)); }

bool one_in(int count) { return random_int(1, count) == 1; }

float random_float(float low, float high) {
  return low + (high - low) * ((float)(random_bits() >> 40) / 16777216.0f);
}

typedef struct {
  void *start;
  size_t bytes;
} mapping;

static mapping mappings[1024];
static int mapping_count;

void *guarded(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), aligned = (bytes + 15) / 16 * 16;
  const size_t room = (aligned + page - 1) / page * page;
  char *const start = mmap(0, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mapping_count == 1024 || mprotect(start + page, room, PROT_READ | PROT_WRITE)) {
    fputs("no memory for guarded planes\n", stderr);
    exit(2);
  }
  mappings[mapping_count++] = (mapping){start, room + 2 * page};
  return one_in(2) ? start + page : start + page + room - aligned;
}

void release_memory(void) {
  while (mapping_count > 0) {
    const mapping last = mappings[--mapping_count];
    munmap(last.start, last.bytes);
  }
}

float *random_floats(int64_t count, float low, float high) {
  float *const values = guarded((size_t)count * sizeof *values);
  for (int64_t i = 0; i < count; i++) values[i] = random_float(low, high);
  return values;
}

static float magnitude_of(float value) { return isnan(value) ? 0 : fabsf(value); }

float *absolutes(const float *values, int64_t count) {
  float *const result = guarded((size_t)count * sizeof *result);
  for (int64_t i = 0; i < count; i++) result[i] = magnitude_of(values[i]);
  return result;
}

static ptrdiff_t rounded_up(ptrdiff_t value, ptrdiff_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static ck_mask mask_of(const geometry *g) {
  const ptrdiff_t room = rounded_up(g->length, CK_SUM_BLOCK) + CK_PIXEL_BLOCK;
  uint8_t *const bits = guarded((size_t)room / 8 + 8);
  uint32_t *const lanes = guarded((size_t)room * sizeof *lanes);
  int32_t *const counts = guarded((size_t)(room / CK_SUM_BLOCK + 1) * sizeof *counts);
  for (int image = 0; image < g->images; image++)
    for (int row = 0; row < g->rows; row++)
      for (int column = 0; column < g->columns; column++) {
        const ptrdiff_t p = image * g->image_stride + row * g->pitch + column;
        bits[p / 8] |= (uint8_t)(1 << p % 8);
        lanes[p] = UINT32_MAX;
        counts[p / CK_SUM_BLOCK]++;
      }
  return (ck_mask){bits, lanes, counts};
}

geometry geometry_of(int images, int rows, int columns) {
  geometry g = {.images = images, .rows = rows, .columns = columns, .pitch = columns + 1};
  g.image_stride = (rows + 1) * g.pitch;
  g.length = rounded_up(images * g.image_stride, CK_VECTOR_FLOATS);
  g.lead = rounded_up(g.pitch + 1, CK_VECTOR_FLOATS);
  g.used = rounded_up(g.lead + g.length + g.pitch + 1, CK_VECTOR_FLOATS);
  g.stride = (g.used / CK_VECTOR_FLOATS | 1) * CK_VECTOR_FLOATS;
  g.mask = mask_of(&g);
  return g;
}

// Of any width, of rows that are vectors, or of two rows that are one.
geometry random_geometry(void) {
  const int images = random_int(1, 4), width = (int)tested->width;
  if (one_in(4)) return geometry_of(images, random_int(1, 12), width * random_int(1, 3));
  if (one_in(4)) return geometry_of(images, 2 * random_int(1, 6), width / 2);
  return geometry_of(images, random_int(1, 20), random_int(1, 24));
}

geometry random_large_geometry(void) {
  if (!one_in(4)) return random_geometry();
  return geometry_of(random_int(2, 6), random_int(20, 40), random_int(20, 40));
}

ptrdiff_t *random_offsets(const geometry *g, int taps) {
  ptrdiff_t *const offsets = guarded((size_t)taps * sizeof *offsets);
  const int reach = (int)g->pitch + 1;
  for (int t = 0; t < taps; t++) offsets[t] = random_int(-reach, reach);
  return offsets;
}

ptrdiff_t *kernel_offsets(const geometry *g) {
  ptrdiff_t *const offsets = guarded(9 * sizeof *offsets);
  for (int t = 0; t < 9; t++) offsets[t] = (t / 3 - 1) * g->pitch + t % 3 - 1;
  return offsets;
}

ptrdiff_t random_cut(ptrdiff_t length, ptrdiff_t step) { return random_int(0, (int)(length / step)) * step; }

static size_t bytes_of(planes p) {
  return (size_t)((p.channels - 1) * p.g->stride + p.g->used) * sizeof(float);
}

static planes zeros(const geometry *g, int channels) {
  planes made = {g, channels, 0};
  made.data = (float *)guarded(bytes_of(made)) + g->lead;
  return made;
}

planes random_planes(const geometry *g, int channels, float low, float high) {
  const planes made = zeros(g, channels);
  for (int c = 0; c < channels; c++)
    for (ptrdiff_t p = 0; p < g->length; p++)
      if (g->mask.lanes[p]) made.data[c * g->stride + p] = random_float(low, high);
  return made;
}

planes copy_of(planes original) {
  const planes made = zeros(original.g, original.channels);
  memcpy(made.data - made.g->lead, original.data - made.g->lead, bytes_of(original));
  return made;
}

uint16_t *stored(planes of) {
  const geometry *const g = of.g;
  const ptrdiff_t count = (of.channels - 1) * g->stride + g->used;
  uint16_t *const values = guarded((size_t)count * sizeof *values);
  portable->narrow(of.data - g->lead, values, 0, count);
  return values + g->lead;
}

planes widened_from(const uint16_t *values, planes like) {
  const geometry *const g = like.g;
  const planes to = copy_of(like);
  portable->widen(values - g->lead, to.data - g->lead, 0, (to.channels - 1) * g->stride + g->used);
  return to;
}

planes absolute(planes original) {
  const planes made = copy_of(original);
  for (int c = 0; c < made.channels; c++)
    for (ptrdiff_t p = 0; p < made.g->length; p++)
      made.data[c * made.g->stride + p] = magnitude_of(made.data[c * made.g->stride + p]);
  return made;
}

void plant_nan(planes of) {
  const geometry *const g = of.g;
  const ptrdiff_t image = random_int(0, g->images - 1) * g->image_stride;
  const ptrdiff_t row = image + random_int(0, g->rows - 1) * g->pitch;
  of.data[random_int(0, of.channels - 1) * g->stride + row + random_int(0, g->columns - 1)] = NAN;
}

static comparison_results results = {.digest = 14695981039346656037u};
static const char *compared = "nothing";

void about_to_compare(const char *name) { compared = name; }

const char *name_of_comparison(void) { return compared; }

comparison_results results_of_comparisons(void) { return results; }

// FNV-1a, 64 bits. What is not a number has no bits that processors agree on.
static void digest(double value) {
  uint64_t bits = 0;
  if (!isnan(value)) memcpy(&bits, &value, sizeof bits);
  for (int byte = 0; byte < 8; byte++)
    results.digest = (results.digest ^ (bits >> 8 * byte & 255)) * 1099511628211u;
}

static bool agrees(double value, double expected, double magnitude, float tolerance) {
  digest(expected);
  if (isnan(expected) || isnan(value)) return isnan(expected) && isnan(value);
  return value == expected || fabs(value - expected) <= tolerance * fabs(magnitude);
}

// Counts a comparison; the values are those of the first element that differs.
static void count_comparison(bool failed, ptrdiff_t index, double value, double expected) {
  results.comparisons++;
  if (!failed) return;
  if (results.failures++ < 20)
    fprintf(
      stderr, "%s, %s: element %td is %.9g, expected %.9g\n", tested->name, compared, index, value, expected);
}

void compare_number(double value, double expected, double magnitude, float tolerance) {
  count_comparison(!agrees(value, expected, magnitude, tolerance), 0, value, expected);
}

void compare_values(
  const float *values, const float *expected, const float *magnitudes, int64_t count, float tolerance) {
  int64_t first = -1;
  for (int64_t i = count - 1; i >= 0; i--)
    if (!agrees(values[i], expected[i], magnitudes[i], tolerance)) first = i;
  count_comparison(first >= 0, first, first < 0 ? 0 : values[first], first < 0 ? 0 : expected[first]);
}

void compare_planes(planes values, planes expected, planes magnitudes, float tolerance) {
  const geometry *const g = values.g;
  bool failed = false;
  ptrdiff_t first = 0;
  for (ptrdiff_t c = values.channels - 1; c >= 0; c--)
    for (ptrdiff_t p = g->used - g->lead - 1; p >= -g->lead; p--) {
      const ptrdiff_t i = c * g->stride + p;
      const bool is_pixel = p >= 0 && p < g->length && g->mask.lanes[p];
      const bool fine = is_pixel ? agrees(values.data[i], expected.data[i], magnitudes.data[i], tolerance)
                                 : values.data[i] == 0 && expected.data[i] == 0;
      if (!fine) failed = true, first = i;
    }
  count_comparison(failed, first, values.data[first], expected.data[first]);
}

void expect_nan(planes values) {
  const geometry *const g = values.g;
  bool failed = false;
  ptrdiff_t first = 0;
  for (ptrdiff_t p = g->length - 1; p >= 0; p--)
    if (g->mask.lanes[p] ? !isnan(values.data[p]) : values.data[p] != 0) failed = true, first = p;
  count_comparison(failed, first, values.data[first], NAN);
}

void sum_weight_gradient(
  const ck_kernels *loops, const ck_weight_gradient *job, int64_t count, ptrdiff_t begin, ptrdiff_t end, float *partial) {
  const size_t size = (size_t)ck_gradient_scratch(job->inputs, job->taps, count);
  float *const sums = guarded(size * sizeof *sums);
  memset(sums, 0, size * sizeof *sums);
  const ptrdiff_t cut = begin + random_cut(end - begin, CK_VECTOR_FLOATS);
  loops->weight_gradient(job, count, begin, cut, sums);
  loops->weight_gradient(job, count, cut, end, sums);
  loops->fold_weight_gradient(job, count, sums, partial);
}

// What all comparisons of kernels with the portable ones share: random numbers and shapes, planes
// whose memory touches unreadable pages, and the comparison of results.
#pragma once

#include "CKernels.h"

// The kernels under test, and those that they are compared with.
extern const ck_kernels *tested, *portable;

// Starts another sequence of random numbers.
void seed(uint64_t number);
int random_int(int low, int high);
bool one_in(int count);
float random_float(float low, float high);

// Memory of zeros that starts where an unreadable page ends or ends where one starts.
void *guarded(size_t bytes);
float *random_floats(int64_t count, float low, float high);
// Zero for what is not a number, so that magnitudes made of them are numbers.
float *absolutes(const float *values, int64_t count);
// Unmaps all guarded memory.
void release_memory(void);

// As PlaneGeometry.swift lays planes out.
typedef struct {
  int images, rows, columns;
  ptrdiff_t pitch, image_stride, length, lead, used, stride;
  ck_mask mask;
} geometry;

geometry geometry_of(int images, int rows, int columns);
geometry random_geometry(void);
// Sometimes large enough for several blocks of sums.
geometry random_large_geometry(void);
// Distances of the taps of a 3x3 kernel, or `taps` random ones, within a plane's guards.
ptrdiff_t *random_offsets(const geometry *g, int taps);
ptrdiff_t *kernel_offsets(const geometry *g);
// A place to cut loops at, a multiple of `step` within `length`.
ptrdiff_t random_cut(ptrdiff_t length, ptrdiff_t step);

typedef struct {
  const geometry *g;
  int channels;
  // Flat index 0 of the first channel.
  float *data;
} planes;

planes random_planes(const geometry *g, int channels, float low, float high);
planes copy_of(planes original);
// As `absolutes`.
planes absolute(planes original);
void plant_nan(planes of);
// The values of planes as bfloat16, flat index 0 of the first channel, and planes of such values.
uint16_t *stored(planes of);
planes widened_from(const uint16_t *values, planes like);

// Comparisons name what they compare before they run it.
void about_to_compare(const char *name);
// The last of these names.
const char *name_of_comparison(void);
// All values differ from the expected ones by at most `tolerance` times their magnitudes, and are
// not numbers where these are none.
void compare_values(
  const float *values, const float *expected, const float *magnitudes, int64_t count, float tolerance);
void compare_number(double value, double expected, double magnitude, float tolerance);
// The same of pixels; what is no pixel is zero.
void compare_planes(planes values, planes expected, planes magnitudes, float tolerance);
// No pixel is a number.
void expect_nan(planes values);

// A weight gradient of pixels that are summed in two parts.
void sum_weight_gradient(
  const ck_kernels *loops, const ck_weight_gradient *job, int64_t count, ptrdiff_t begin, ptrdiff_t end, float *partial);

// Of one random shape each.
void compare_convolutions(void);
void compare_pairs(void);
void compare_filters(void);
void compare_winograd(void);
void compare_relevance(void);
void compare_sums(void);
void compare_elementwise(void);

typedef struct {
  long comparisons, failures;
  // Of all results of portable kernels so far.
  uint64_t digest;
} comparison_results;

comparison_results results_of_comparisons(void);

// 1x1 convolutions. The pixels of some inputs are gathered side by side in the first-level cache,
// where all outputs read them. Where planes lie, every input is in a page of its own, of which a
// register block reads two cache lines at most: too few for a processor to fetch the next ones by
// itself. So lines of the next pixels are prefetched while these are multiplied.

enum {
  // Inputs of one register block's pixels that are gathered at a time.
  GATHERED_INPUTS = GATHERED_VECTORS / CONVOLVE_VECTORS,
  // Outputs whose sums wait in memory while they read some of the inputs.
  GATHERING_OUTPUTS = 256,
  // Fewer inputs stay in the first-level cache where they lie.
  FEWEST_GATHERED = 24,
};

INLINE bool gathers(const ck_convolution *job) {
  return job->taps == 1 && job->inputs >= FEWEST_GATHERED && job->outputs > CK_OUTPUT_GROUP;
}

// The same cache lines of some planes, prefetched one by one.
typedef struct {
  const float *plane;
  ptrdiff_t stride;
  int64_t planes, lines, line, each;
} coming_lines;

INLINE void prefetch_some(coming_lines *coming) {
  for (int64_t i = 0; i < coming->each && coming->planes > 0; i++) {
    prefetch_at(coming->plane, (uintptr_t)coming->line * CK_VECTOR_FLOATS * sizeof *coming->plane);
    if (++coming->line == coming->lines) coming->line = 0, coming->plane += coming->stride, coming->planes--;
  }
}

// Gathers `vectors` vectors of pixels of some inputs: those of a register block, input after input,
// then those of the next one.
INLINE void gather_pixels(const float *x, ptrdiff_t stride, int64_t inputs, int64_t vectors, V *to) {
  for (int64_t c = 0; c < inputs; c++, x += stride) {
    int64_t i = 0;
#define EVERY(n) \
  for (; i + n <= vectors; i += n) \
    UNROLL for (int j = 0; j < n; j++) to[i * inputs + c * n + j] = load(x + (i + j) * WIDTH)
    EVERY(CONVOLVE_VECTORS);
    EVERY(2);
    EVERY(1);
#undef EVERY
  }
}

// Gathered pixels of inputs c..<c + inputs, and the first one's flat index.
typedef struct {
  const V *pixels;
  int64_t c, inputs;
  ptrdiff_t p;
} gathered;

// One register block: `group` output channels times `vectors` vectors of gathered pixels.
INLINE void pointwise_block(
  const ck_convolution *job, gathered x, int64_t first, const int group, const int vectors, V *memory) {
  V sums[CK_OUTPUT_GROUP][CONVOLVE_VECTORS];
  begin_sums(job, first, group, vectors, x.c > 0 ? memory : 0, sums);
  const float *pixels = (const float *)x.pixels, *w = job->weights + first * job->inputs + x.c * group;
  for (int64_t c = x.inputs; c > 0; c--, pixels += vectors * WIDTH, w += group)
    add_products(pixels, w, group, vectors, sums);
  end_sums(job, first, group, vectors, x.p, x.c + x.inputs < job->inputs ? memory : 0, sums);
}

// Output channels first..<last of a register block's gathered pixels.
INLINE void pointwise_outputs(
  const ck_convolution *job, gathered x, int64_t first, int64_t last, const int vectors, V *memory,
  coming_lines *coming) {
  for (int64_t o = first, group; o < last; o += group, memory += group * vectors) {
    prefetch_some(coming);
    switch (group = ck_output_group(job->outputs, o)) {
      case 4: pointwise_block(job, x, o, 4, vectors, memory); break;
      case 3: pointwise_block(job, x, o, 3, vectors, memory); break;
      case 2: pointwise_block(job, x, o, 2, vectors, memory); break;
      default: pointwise_block(job, x, o, 1, vectors, memory); break;
    }
  }
}

// Output channels first..<last of all gathered pixels, `vectors` vectors of them.
INLINE void pointwise_pixels(
  const ck_convolution *job, gathered x, int64_t first, int64_t last, int64_t vectors, V *memory,
  coming_lines *coming) {
#define EVERY(n) \
  for (; vectors >= n; vectors -= n, x.pixels += n * x.inputs, x.p += n * WIDTH, memory += n * (last - first)) \
    pointwise_outputs(job, x, first, last, n, memory, coming)
  EVERY(CONVOLVE_VECTORS);
  EVERY(2);
  EVERY(1);
#undef EVERY
}

__attribute__((noinline)) static void convolve_pointwise(const ck_convolution *job, ptrdiff_t begin, ptrdiff_t end) {
  // Room for one register block's sums: where there are more, all inputs have been gathered.
  V pixels[GATHERED_VECTORS], sums[GATHERING_OUTPUTS * CONVOLVE_VECTORS];
  const int64_t blocks = job->inputs < GATHERED_INPUTS ? GATHERED_INPUTS / job->inputs : 1;
  const int64_t floats = blocks * CONVOLVE_VECTORS * WIDTH;
  for (ptrdiff_t p = begin; p < end; p += floats) {
    const int64_t vectors = ((end - p < floats ? end - p : floats) + WIDTH - 1) / WIDTH;
    for (int64_t first = 0, last = 0; first < job->outputs; first = last) {
      last = end_of_outputs(job, first, GATHERING_OUTPUTS);
      for (int64_t c = 0; c < job->inputs; c += GATHERED_INPUTS) {
        const int64_t inputs = job->inputs - c < GATHERED_INPUTS ? job->inputs - c : GATHERED_INPUTS;
        const float *const x = job->x + c * job->x_stride + job->offsets[0] + p;
        // All inputs are still there for further outputs.
        if (first == 0 || inputs < job->inputs) gather_pixels(x, job->x_stride, inputs, vectors, pixels);
        coming_lines coming = {x + floats, job->x_stride, first == 0 ? inputs : 0, floats / CK_VECTOR_FLOATS + 1, 0, 0};
        coming.each = coming.planes * coming.lines / (last * blocks / CK_OUTPUT_GROUP + 1) + 1;
        pointwise_pixels(job, (gathered){pixels, c, inputs, p}, first, last, vectors, sums, &coming);
      }
    }
  }
}

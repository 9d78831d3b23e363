// The functions of the kernels' headers as a table, and as another one with those that multiply
// pairs of bfloat16 values.
#define SHARED_KERNELS \
  .convolve = convolve, \
  .width = WIDTH, \
  .signed_vectors = SIGNED_VECTORS, \
  .contributions = contributions, \
  .relevance_quotients = relevance_quotients, \
  .redistribute = redistribute, \
  .weight_gradient = weight_gradient, \
  .fold_weight_gradient = fold_weight_gradient, \
  .filter = filter, \
  .filter_gradient = filter_gradient, \
  .plane_gradient = plane_gradient, \
  .strided_filter = strided_filter, \
  .strided_filter_input_gradient = strided_filter_input_gradient, \
  .strided_filter_gradient = strided_filter_gradient, \
  .cut_window = cut_window, \
  .paste_window = paste_window, \
  .tile_block = PRODUCT_VECTORS * WIDTH, \
  .cached_floats = CACHED_FLOATS, \
  .multiply = multiply, \
  .product_sums = product_sums, \
  .winograd_input = winograd_input, \
  .winograd_input_row = winograd_input_row, \
  .winograd_gradient = winograd_gradient, \
  .winograd_gradient_row = winograd_gradient_row, \
  .winograd_output = winograd_output, \
  .sum = sum, \
  .moments = moments, \
  .gradient_sums = gradient_sums, \
  .scale_shift = scale_shift, \
  .activate = activate, \
  .activation_gradient = activation_gradient, \
  .normalize_gradient = normalize_gradient, \
  .add = add_planes, \
  .quotient = quotient, \
  .split_sum = split_sum, \
  .combine = combine, \
  .sgd = sgd, \
  .stored_moments = stored_moments, \
  .stored_gradient_sums = stored_gradient_sums, \
  .stored_scale_shift = stored_scale_shift, \
  .stored_normalize_gradient = stored_normalize_gradient, \
  .widen = widen, \
  .narrow = narrow, \
  .widen_rows = widen_rows, \
  .narrow_rows = narrow_rows, \
  .narrow_tiles = narrow_tiles, \
  .peak = peak,

static const ck_kernels table = {
  .name = KERNELS_NAME,
  SHARED_KERNELS
};

#ifdef PAIR_KERNELS_NAME
static const ck_kernels pair_table = {
  .name = PAIR_KERNELS_NAME,
  SHARED_KERNELS
  .convolve_pairs = convolve_pairs,
  .pair_sums = pair_sums,
  .pair_peak = pair_peak,
};
#endif

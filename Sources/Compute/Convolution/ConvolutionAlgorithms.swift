/// The table: in order of preference, the first that supports a problem and pays is taken.
extension ConvolutionAlgorithm {
  static let all: [ConvolutionAlgorithm] = [
    depthwise, grouped, winograd, manyChannelWinograd, paddedWinograd, batchInnermost, pairProducts,
    shiftedPlanes, im2colPairs, im2col, plain,
  ]

  static let depthwise = ConvolutionAlgorithm(
    name: "depthwise",
    summary: (
      "depthwise, any kernel, stride and padding",
      "a filter over each plane where it lies (3x3, stride 1 or 2), or over copies of some images with zeros around "
        + "them, a phase for each step of the stride",
      "`Depthwise.swift`, `StridedDepthwise.swift`, `FilterWindow.swift`, `filter_kernels.h`, "
        + "`strided_filter_kernels.h`, `filter_windows.c`"
    ),
    isDirect: true,
    takesAnyPrecision: true,
    supports: { problem, _ in problem.groups == problem.input.channels },
    // One input for all outputs is not depthwise, but what a first layer may be.
    pays: { problem, _ in problem.groups > 1 },
    forward: { $0.depthwiseConvolve($1.problem, $1.input, $1.weight, bias: $1.bias, into: $1.output) },
    inputGradient: {
      $0.depthwiseInputGradient(
        $1.problem, $1.outputGradient, $1.weight, accumulate: $1.accumulate, into: $1.inputGradient)
    },
    weightGradient: { $0.depthwiseWeightGradient($1.problem, $1.input, $1.outputGradient, into: &$2) },
    bothGradients: nil)

  static let grouped = ConvolutionAlgorithm(
    name: "grouped",
    summary: (
      "in groups", "every group as a convolution of its own, by what pays for it",
      "`GroupedConvolution.swift`"
    ),
    isDirect: true,
    takesAnyPrecision: false,
    supports: { problem, _ in problem.groups > 1 },
    pays: { _, _ in true },
    forward: { $0.groupedConvolve($1) },
    inputGradient: { $0.groupedInputGradient($1) },
    weightGradient: { $0.groupedWeightGradient($1, into: &$2) },
    bothGradients: nil)

  static let winograd = ConvolutionAlgorithm(
    name: "winograd",
    summary: (
      "3x3, stride 1, maps of whole 4x4 tiles, 8 to 95 channels",
      "Winograd's F(4x4, 3x3), 36 products a tile instead of 144; both gradients read the same transformed output "
        + "gradient, in one pass",
      "`Winograd*.swift`, `winograd.c`, `winograd_kernels.h`"
    ),
    isDirect: false,
    takesAnyPrecision: true,
    supports: { $0.hasWholeTiles($1) },
    // Fewer channels do not repay the transforms. Many have an algorithm of their own.
    pays: { problem, _ in problem.fewestChannels >= 8 && !problem.hasManyChannels },
    forward: { engine, call in
      engine.withWholeTiles(call.problem) { engine.winogradConvolve(call.application, tiles: $0) }
    },
    inputGradient: { engine, call in
      engine.withWholeTiles(call.problem) { engine.winogradConvolve(call.application, tiles: $0) }
    },
    weightGradient: { engine, call, gradient in
      engine.withWholeTiles(call.problem) {
        engine.winogradGradients(
          call.input, call.outputGradient, tiles: $0, into: &gradient, inputGradient: nil)
      }
    },
    bothGradients: BothGradients(
      pays: { problem, engine in
        guard let tiles = WinogradTiles(problem.input) else { return false }
        let split = WinogradGradientSplit(
          tiles: tiles.count, inputs: problem.input.channels, outputs: problem.outputs,
          cached: Int(engine.loops.cached_floats))
        // The input's alone can be cut finer.
        return split.groups >= engine.threads
      },
      compute: { engine, weights, gradient, inputs in
        engine.withWholeTiles(weights.problem) {
          engine.winogradGradients(
            weights.input, weights.outputGradient, tiles: $0, into: &gradient,
            inputGradient: (inputs.inputGradient, inputs.weight, inputs.accumulate))
        }
      }))

  static let manyChannelWinograd = ConvolutionAlgorithm(
    name: "many-channel-winograd",
    summary: (
      "the same from 96 channels on",
      "F(4x4, 3x3) of one element of the tiles at a time, whose weights are read once for many tiles; gradients of "
        + "weights by BLAS",
      "`ManyChannelWinograd.swift`"
    ),
    isDirect: false,
    takesAnyPrecision: true,
    supports: { $0.hasWholeTiles($1) },
    pays: { problem, _ in problem.hasManyChannels },
    forward: { engine, call in
      engine.withWholeTiles(call.problem) { engine.manyChannelWinogradConvolve(call.application, tiles: $0) }
    },
    inputGradient: { engine, call in
      engine.withWholeTiles(call.problem) { engine.manyChannelWinogradConvolve(call.application, tiles: $0) }
    },
    weightGradient: { engine, call, gradient in
      engine.withWholeTiles(call.problem) {
        engine.manyChannelWinogradWeightGradient(call.input, call.outputGradient, tiles: $0, into: &gradient)
      }
    },
    bothGradients: nil)

  static let paddedWinograd = ConvolutionAlgorithm(
    name: "padded-winograd",
    summary: (
      "3x3, stride 1, other maps, 96 channels and 96 tiles and more",
      "copies padded to whole 4x4 tiles, then as above", "`PaddedWinograd.swift`"
    ),
    isDirect: false,
    takesAnyPrecision: true,
    supports: { problem, engine in
      engine.loops.winograd_input != nil && problem.isSame3x3 && PaddedTiles(problem.input) != nil
    },
    // Filtering does with about half of the time of direct sums for each pixel. Transforming the
    // weights costs as much as filtering 96 tiles saves, measured at 512 channels.
    pays: { problem, _ in
      guard problem.hasManyChannels, let padded = PaddedTiles(problem.input) else { return false }
      return padded.growth <= 1.5 && padded.tiles.count >= 96
    },
    forward: { engine, call in
      engine.withPaddedTiles(call.problem) { engine.paddedConvolve(call.application, padded: $0) }
    },
    inputGradient: { engine, call in
      engine.withPaddedTiles(call.problem) { engine.paddedConvolve(call.application, padded: $0) }
    },
    weightGradient: { engine, call, gradient in
      engine.withPaddedTiles(call.problem) {
        engine.paddedWeightGradient(call.input, call.outputGradient, padded: $0, into: &gradient)
      }
    },
    bothGradients: nil)

  static let batchInnermost = ConvolutionAlgorithm(
    name: "batch-innermost",
    summary: (
      "3x3, stride 1, small maps with many channels (2x2 of VGG)",
      "planes packed with the batch innermost, `[channel][row][column][image]`; a product of matrices by BLAS for every "
        + "tap and row",
      "`BatchInnermostGEMM.swift`"
    ),
    isDirect: true,
    takesAnyPrecision: false,
    supports: { problem, _ in problem.isCentered && problem.stride == 1 },
    // Packing grows with pixels times channels, what it saves with channels squared.
    pays: { problem, _ in
      let channels = problem.fewestChannels
      return problem.kernel == 3 && channels >= 64
        && channels >= 4 * problem.input.rows * problem.input.columns
        && problem.input.images >= 16
    },
    forward: { $0.batchInnermostConvolve($1.application) },
    inputGradient: { $0.batchInnermostConvolve($1.application) },
    weightGradient: { $0.batchInnermostWeightGradient($1.input, $1.outputGradient, into: &$2) },
    bothGradients: nil)

  static let pairProducts = ConvolutionAlgorithm(
    name: "pair-products",
    summary: (
      "the next row's, from 8 channels on, of planes in bfloat16, by processors with `vdpbf16ps` or `bfdot`",
      "the same sums by instructions that multiply pairs of bfloat16 values",
      "`PairProducts.swift`, `pair_kernels.h`, `plain_pairs.c`"
    ),
    isDirect: false,
    takesAnyPrecision: true,
    supports: { problem, engine in
      engine.loops.convolve_pairs != nil && problem.precision == .bfloat16
        && problem.isSumOfShiftedPlanes
    },
    // Few outputs do not repay bringing pairs of channels together.
    pays: { problem, engine in engine.kernels.multipliesPairs && problem.fewestChannels >= 8 },
    forward: { $0.pairConvolve($1) },
    inputGradient: { $0.pairInputGradient($1) },
    weightGradient: { $0.pairWeightGradient($1, into: &$2) },
    bothGradients: nil)

  static let shiftedPlanes = ConvolutionAlgorithm(
    name: "shifted-planes",
    summary: (
      "other 1x1 and 3x3 with half padding, stride 1 or 2",
      "direct sums over shifted planes; with stride 2 over phase planes, which both strided convolutions of a residual "
        + "block share",
      "`ShiftedPlanes.swift`, `ConvolutionTaps.swift`, `vector_kernels.h`, `pointwise_kernels.h`"
    ),
    isDirect: true,
    takesAnyPrecision: true,
    supports: { problem, _ in problem.isSumOfShiftedPlanes },
    pays: { _, _ in true },
    forward: { $0.shiftedConvolve($1) },
    inputGradient: { $0.shiftedInputGradient($1) },
    weightGradient: { $0.shiftedWeightGradient($1, into: &$2) },
    bothGradients: nil)

  static let im2colPairs = ConvolutionAlgorithm(
    name: "im2col-pairs",
    summary: (
      "the next row's, to 8 channels and more, whose outputs are stored as bfloat16, by the same processors as "
        + "`pair-products`",
      "the same by products of pairs of bfloat16 values, to which images are rounded", "`Im2colPairs.swift`"
    ),
    isDirect: false,
    takesAnyPrecision: true,
    supports: { problem, engine in
      engine.loops.convolve_pairs != nil && problem.outputPrecision == .bfloat16 && problem.groups == 1
    },
    pays: { problem, engine in engine.kernels.multipliesPairs && problem.outputs >= 8 },
    forward: { $0.unfoldedPairConvolve($1) },
    inputGradient: nil,
    weightGradient: { $0.unfoldedPairGradient($1, into: &$2) },
    bothGradients: nil)

  static let im2col = ConvolutionAlgorithm(
    name: "im2col",
    summary: (
      "other kernels, strides and paddings, all channels together",
      "im2col of a chunk of pixels at a time, then a 1x1 convolution; not the input's gradient",
      "`Im2col.swift`"
    ),
    isDirect: true,
    takesAnyPrecision: true,
    supports: { problem, _ in problem.groups == 1 },
    pays: { _, _ in true },
    forward: { $0.unfoldedConvolve($1.problem, $1.input, $1.weight, bias: $1.bias, into: $1.output) },
    inputGradient: nil,
    weightGradient: { $0.unfoldedWeightGradient($1.problem, $1.input, $1.outputGradient, into: &$2) },
    bothGradients: nil)

  static let plain = ConvolutionAlgorithm(
    name: "plain",
    summary: (
      "what is left: the input's gradient of other kernels, and `ConvolutionMethod.precise`",
      "plain loops, in double precision for `precise`", "`PlainLoops.swift`, `plain_convolution.c`"
    ),
    isDirect: true,
    takesAnyPrecision: false,
    supports: { _, _ in true },
    pays: { _, _ in true },
    forward: { $0.plainConvolve($1.problem, $1.input, $1.weight, bias: $1.bias, into: $1.output) },
    inputGradient: {
      $0.plainInputGradient(
        $1.problem, $1.outputGradient, $1.weight, accumulate: $1.accumulate, into: $1.inputGradient)
    },
    weightGradient: { $0.plainWeightGradient($1.problem, $1.input, $1.outputGradient, into: &$2) },
    bothGradients: nil)
}

extension ConvolutionProblem {
  /// Channels from which on BLAS's packing pays, and reading each element's weights once for many
  /// tiles.
  private static let manyChannels = 96

  fileprivate var fewestChannels: Int { min(input.channels, outputs) }

  fileprivate var hasManyChannels: Bool { fewestChannels >= Self.manyChannels }

  /// Whether it is 3x3 with stride 1 and output maps as large as the input's.
  fileprivate var isSame3x3: Bool { isCentered && kernel == 3 && stride == 1 }

  /// Whether Winograd's minimal filtering applies to the maps as they are.
  fileprivate func hasWholeTiles(_ engine: Engine) -> Bool {
    engine.loops.winograd_input != nil && isSame3x3 && WinogradTiles(input) != nil
  }
}

extension Engine {
  fileprivate func withWholeTiles(_ problem: ConvolutionProblem, _ body: (WinogradTiles) -> Void) {
    guard let tiles = WinogradTiles(problem.input) else {
      preconditionFailure("\(problem.input) is not made of whole tiles")
    }
    body(tiles)
  }

  fileprivate func withPaddedTiles(_ problem: ConvolutionProblem, _ body: (PaddedTiles) -> Void) {
    guard let padded = PaddedTiles(problem.input) else {
      preconditionFailure("\(problem.input) cannot be padded to whole tiles")
    }
    body(padded)
  }
}

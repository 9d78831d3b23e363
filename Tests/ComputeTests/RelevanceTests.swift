import Testing

@testable import Compute

@Suite("Relevance of a convolution's input")
struct RelevanceTests {
  /// Those that the definition does not take long for.
  private static let cases = ConvolutionCase.all.filter { test in
    let weights = test.inputs * test.outputs * test.kernel * test.kernel
    return test.kernel <= 3 && weights * test.images * test.rows * test.columns < 5_000_000
  }

  @Test("agrees with the rule's definition", arguments: cases)
  func agreesWithDefinition(_ test: ConvolutionCase) throws {
    for (alpha, beta) in [(Float(2), Float(1)), (1, 0)] {
      let (found, expected) = try relevance(test, alpha: alpha, beta: beta)
      let largest = expected.map { abs($0) }.max() ?? 0
      for (index, pair) in zip(found, expected).enumerated() {
        #expect(abs(Double(pair.0) - pair.1) <= 2e-4 * largest, "element \(index), alpha \(alpha)")
        if abs(Double(pair.0) - pair.1) > 2e-4 * largest { return }
      }
    }
  }

  @Test(
    "a convolution that splits contributions by sign computes what a plain one does, and then the map and the activation",
    arguments: cases)
  func sumsBothSigns(_ test: ConvolutionCase) throws {
    var samples = Samples()
    let engine = try Engine(threads: 3, kernels: test.kernels)
    let x = samples.planes(test.input)
    let weight = samples.tensor([test.outputs, test.inputs, test.kernel, test.kernel])
    let maps = (0..<test.outputs).map { ChannelAffine(scale: Float($0) - 1.5, shift: 0.25) }
    let expected = Planes(Reference.outputShape(test.input, weight, stride: test.stride))
    let found = Planes(expected.shape)
    let sums = Contributions(positive: Planes(expected.shape), negative: Planes(expected.shape))
    engine.convolve(x, weight, stride: test.stride, method: .precise, into: expected)
    let plain = expected.dense()
    engine.scaleShiftAdd(expected, by: maps, activation: nil, into: found)
    let largest = Double(found.dense().map { abs($0) }.max() ?? 0) + 1
    for activation: ActivationFunction? in [.relu, .relu6, .silu, nil] {
      engine.scaleShiftAdd(expected, by: maps, activation: activation, into: found)
      let wanted = found.dense().map { Double($0) }
      engine.convolveSplittingContributions(
        x, SignedConvolution(weight, stride: test.stride), affine: maps, activation: activation, sums: sums,
        into: found)
      // Errors are those of what the activation is applied to, whatever it makes of it.
      #expect(
        difference(found.dense(), wanted) * max(1, wanted.map { abs($0) }.max() ?? 0) < 1e-5 * largest,
        "\(String(describing: activation))")
    }
    #expect(found.checkBorders() && sums.positive.checkBorders() && sums.negative.checkBorders())
    // Both signs' small terms, 1e-9 each, cancel.
    let both = zip(sums.positive.dense(), sums.negative.dense()).map { $0 + $1 }
    #expect(difference(both, plain.map { Double($0) }) < 1e-5)
  }

  @Test("where all that a sign's weights read is zero, relevance goes to the rest evenly")
  func nothingPositive() throws {
    for kernels in KernelClass.available {
      let engine = try Engine(threads: 1, kernels: kernels)
      let shape = PlaneShape(channels: 2, images: 1, rows: 1, columns: 1)
      let single = shape.with(channels: 1)
      let input = Planes(shape, dense: [0, 3])
      let result = Planes(shape)
      engine.summedRelevance(
        Planes(single, dense: [5]), Tensor(shape: [1, 2, 1, 1], values: [0.5, -0.25]), stride: 1,
        input: input, alpha: 1, beta: 0, into: result)
      // V+ = (0.5, 1e-9): 3 * 1e-9 * 5 / (3 * 1e-9 + 1e-9).
      #expect(abs(result.dense()[1] - 3.75) < 1e-3, "\(kernels)")
      #expect(result.dense()[0] == 0)
    }
  }

  @Test("what counts for nothing may be infinite: with beta = 0, a negative sum of zero", arguments: [1, 5])
  func withoutNegativePart(_ kernel: Int) throws {
    let engine = try Engine(threads: 1)
    let shape = PlaneShape(channels: 1, images: 1, rows: 1, columns: 1)
    // V- x + 1e-9 is zero: V- is -1e-9 of a positive weight, and x is one.
    var weight = Tensor(shape: [1, 1, kernel, kernel])
    weight.values = weight.values.map { _ in 0.5 }
    let (one, result) = (Planes(shape, dense: [1]), Planes(shape))
    // Large enough that its quotient by 1e-9 is infinite, too.
    let relevance = Planes(shape, dense: [1e30])
    for inputMayBeNegative in [false, true] {
      engine.convolutionRelevance(
        relevance, SignedConvolution(weight, stride: 1), input: one, sums: nil,
        inputMayBeNegative: inputMayBeNegative, alpha: 1, beta: 0, accumulate: false, into: result)
      #expect(abs(result.dense()[0] / 1e30 - 1) < 1e-6)
    }
  }

  @Test("a sum's relevance goes to its terms by their shares of it", arguments: KernelClass.available)
  func shares(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var random = RandomStream(seed: 11, purpose: .test)
    let stream = PlaneShape(channels: 5, images: 3, rows: 7, columns: 9)
    // The branch's last convolution has lost channels 1 and 4, or none.
    for channels in [[0, 3, 2], nil] {
      let own = stream.with(channels: channels?.count ?? 5)
      let (x, shortcut, r) = (
        random.values(own) { $0.uniform() - 0.5 }, random.values(stream) { $0.uniform() },
        random.values(stream) { $0.uniform() - 0.5 }
      )
      // Away from zero, where quotients are well conditioned.
      let sum = random.values(stream) { $0.uniform() + 1 }
      let maps = (0..<own.channels).map { ChannelAffine(scale: Float($0) - 1.5, shift: 0.25) }
      let (branch, relevance) = (Planes(own, dense: x), Planes(stream, dense: r))
      engine.splitRelevance(
        relevance, of: Planes(stream, dense: sum), shortcut: Planes(stream, dense: shortcut), branch: branch,
        by: maps, channels: channels)
      let pixels = stream.pixelsPerChannel
      let quotients = zip(r, sum).map { Double($0) / (Double($1) + 1e-9) }
      let branchShares = x.indices.map { index in
        let channel = index / pixels
        let term = Double(maps[channel].scale) * Double(x[index]) + Double(maps[channel].shift)
        return term * quotients[(channels?[channel] ?? channel) * pixels + index % pixels]
      }
      #expect(difference(branch.dense(), branchShares) < 1e-6)
      #expect(
        difference(relevance.dense(), zip(shortcut, quotients).map { Double($0) * $1 }) < 1e-6)
      #expect(branch.checkBorders() && relevance.checkBorders())
    }
  }

  @Test(
    "an image's relevance is the same, to the bit, whatever batch it comes in",
    arguments: KernelClass.available)
  func independentOfBatch(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    // Rows of a vector, of two, of half a vector and of none, which lie with images side by side
    // where there are many; groups of several images, the last one smaller; channels in several
    // parts.
    for (images, rows, columns, stride) in [
      (35, 4, 16, 1), (35, 4, 32, 1), (35, 8, 8, 1), (35, 4, 4, 1), (35, 5, 7, 1), (35, 8, 16, 2),
      (35, 8, 8, 2), (35, 2, 2, 1), (35, 1, 9, 1), (35, 9, 1, 1),
    ] {
      var random = RandomStream(seed: 3, purpose: .test)
      let batch = PlaneShape(channels: 18, images: images, rows: rows, columns: columns)
      let weight = Tensor(shape: [21, 18, 3, 3], values: (0..<3402).map { _ in random.uniform() - 0.5 })
      let x = Planes(batch, dense: random.values(batch) { max(0, $0.uniform() - 0.4) })
      let output = PlaneShape(
        channels: 21, images: images, rows: (rows - 1) / stride + 1, columns: (columns - 1) / stride + 1)
      let r = Planes(output, dense: random.values(output) { $0.uniform() - 0.3 })
      let maps = (0..<21).map { ChannelAffine(scale: Float($0) - 2, shift: 0.5) }
      let convolution = SignedConvolution(weight, stride: stride)
      func relevance(_ x: Planes, _ r: Planes) -> Planes {
        let sums = Contributions(positive: Planes(r.shape), negative: Planes(r.shape))
        let (y, result) = (Planes(r.shape), Planes(x.shape, dense: x.dense()))
        engine.convolveSplittingContributions(
          x, convolution, affine: maps, activation: .relu, sums: sums, into: y)
        engine.convolutionRelevance(
          r, convolution, input: x, sums: sums, inputMayBeNegative: false, alpha: 2, beta: 1,
          accumulate: true, into: result)
        for planes in [sums.positive, sums.negative, y, result] {
          #expect(planes.checkBorders(), "\(x.shape), stride \(stride)")
        }
        return result
      }
      // What planes held before must not matter.
      do {
        let stale = [1, 2, 3, 4, 8, 16, 32].flatMap { images in
          [batch, output, output.with(channels: 1)].flatMap { shape in
            (0..<6).map { _ in Planes(shape.with(images: images)) }
          }
        }
        for planes in stale {
          planes.load(
            dense: [Float](repeating: .nan, count: planes.shape.channels * planes.shape.pixelsPerChannel))
        }
      }
      let together = relevance(x, r)
      for image in [0, 1, 2, 17, 33, 34] {
        let alone = relevance(x.image(image), r.image(image))
        let isSame = alone.dense().map(\.bitPattern) == together.image(image).dense().map(\.bitPattern)
        #expect(isSame, "image \(image) of \(batch), stride \(stride)")
      }
    }
  }

  /// What the engine finds, and the definition in double precision.
  private func relevance(_ test: ConvolutionCase, alpha: Float, beta: Float) throws -> ([Float], [Double]) {
    var random = RandomStream(seed: 7, purpose: .test)
    func values(_ count: Int, _ draw: (inout RandomStream) -> Float) -> [Float] {
      (0..<count).map { _ in draw(&random) }
    }
    let output = PlaneShape(
      channels: test.outputs, images: test.images, rows: (test.rows - 1) / test.stride + 1,
      columns: (test.columns - 1) / test.stride + 1)
    let (k, s) = (test.kernel, test.stride)
    let weights = values(test.outputs * test.inputs * k * k) { $0.uniform() - 0.4 }
    // As behind a ReLU: many zeros.
    let x = values(test.inputs * test.input.pixelsPerChannel) { max(0, $0.uniform() - 0.3) }
    let r = values(test.outputs * output.pixelsPerChannel) { $0.uniform() - 0.3 }
    let result = Planes(test.input)
    let added = Planes(test.input, dense: x)
    let engine = try Engine(threads: 2, kernels: test.kernels)
    for (planes, accumulate) in [(result, false), (added, true)] {
      engine.summedRelevance(
        Planes(output, dense: r), Tensor(shape: [test.outputs, test.inputs, k, k], values: weights),
        stride: s, input: Planes(test.input, dense: x), alpha: alpha, beta: beta, accumulate: accumulate,
        into: planes)
    }
    #expect(added.dense() == zip(x, result.dense()).map(+), "added to planes, alpha \(alpha)")
    #expect(added.checkBorders())

    var sums = [Double](repeating: 0, count: x.count)
    func each(_ o: Int, _ n: Int, _ row: Int, _ column: Int, _ body: (_ weight: Int, _ pixel: Int) -> Void) {
      for c in 0..<test.inputs {
        for u in 0..<k {
          for v in 0..<k {
            let (i, j) = (row * s + u - k / 2, column * s + v - k / 2)
            guard (0..<test.rows).contains(i), (0..<test.columns).contains(j) else { continue }
            body(
              ((o * test.inputs + c) * k + u) * k + v,
              ((c * test.images + n) * test.rows + i) * test.columns + j)
          }
        }
      }
    }
    for o in 0..<test.outputs {
      for n in 0..<test.images {
        for row in 0..<output.rows {
          for column in 0..<output.columns {
            let relevance = Double(
              r[((o * test.images + n) * output.rows + row) * output.columns + column])
            var (plus, minus) = (1e-9, 1e-9)
            each(o, n, row, column) { weight, pixel in
              plus += Double(max(weights[weight], 1e-9)) * Double(x[pixel])
              minus += Double(min(weights[weight], -1e-9)) * Double(x[pixel])
            }
            each(o, n, row, column) { weight, pixel in
              sums[pixel] += Double(alpha) * Double(max(weights[weight], 1e-9)) * relevance / plus
              if beta != 0 {
                sums[pixel] -= Double(beta) * Double(min(weights[weight], -1e-9)) * relevance / minus
              }
            }
          }
        }
      }
    }
    return (result.dense(), zip(x, sums).map { Double($0) * $1 })
  }
}

extension Engine {
  /// Relevance with contributions of its own, where they are split.
  func summedRelevance(
    _ relevance: Planes, _ weight: Tensor, stride: Int, input: Planes, alpha: Float, beta: Float,
    accumulate: Bool = false, into result: Planes
  ) {
    let (shape, kernel) = (relevance.shape, weight.shape[2])
    let convolution = SignedConvolution(weight, stride: stride)
    let sums = Contributions(positive: Planes(shape), negative: Planes(shape))
    let isSummed = kernel <= 3
    if isSummed {
      let same = [ChannelAffine](repeating: ChannelAffine(scale: 1, shift: 0), count: shape.channels)
      convolveSplittingContributions(
        input, convolution, affine: same, activation: nil, sums: sums, into: Planes(shape))
    }
    convolutionRelevance(
      relevance, convolution, input: input, sums: isSummed ? sums : nil, inputMayBeNegative: false,
      alpha: alpha, beta: beta, accumulate: accumulate, into: result)
  }
}

extension RandomStream {
  fileprivate mutating func values(
    _ shape: PlaneShape, _ draw: (inout RandomStream) -> Float
  ) -> [Float] {
    (0..<shape.channels * shape.pixelsPerChannel).map { _ in draw(&self) }
  }
}

extension Planes {
  /// One image of a batch.
  fileprivate func image(_ image: Int) -> Planes {
    let size = shape.rows * shape.columns
    let values = dense()
    let one = PlaneShape(channels: shape.channels, images: 1, rows: shape.rows, columns: shape.columns)
    return Planes(
      one,
      dense: (0..<shape.channels).flatMap { channel in
        let first = channel * shape.pixelsPerChannel + image * size
        return values[first..<first + size]
      })
  }
}

import Synchronization
import Testing

@testable import Compute

@Suite("Determinism")
struct DeterminismTests {
  /// Every operation once, on shapes that are cut into several chunks; all results one after the
  /// other.
  private static func results(_ engine: Engine) -> [[Float]] {
    var samples = Samples()
    var all: [[Float]] = []
    let shape = PlaneShape(channels: 6, images: 20, rows: 33, columns: 31)
    let x = samples.planes(shape)
    let activation = Planes(shape, dense: x.dense().map { max(0, $0) })
    let mean = samples.values(6)
    for (kernel, step) in [(3, 1), (3, 2), (1, 1), (1, 2), (5, 2)] {
      let weight = samples.tensor([5, 6, kernel, kernel])
      let y = Planes(Reference.outputShape(shape, weight, stride: step))
      engine.convolve(x, weight, stride: step, into: y)
      let dx = Planes(shape)
      engine.convolutionInputGradient(y, weight, stride: step, into: dx)
      var dw = Tensor(shape: weight.shape)
      engine.convolutionWeightGradient(x, y, stride: step, into: &dw)
      all += [y.dense(), dx.dense(), dw.values]
      engine.summedRelevance(y, weight, stride: step, input: activation, alpha: 2, beta: 1, into: dx)
      all.append(dx.dense())
    }
    for (step, precision) in [(1, Precision.float32), (2, .float32), (1, .bfloat16), (2, .bfloat16)] {
      let weight = samples.tensor([12, 1, 3, 3])
      let x = Planes(shape, dense: x.dense(), precision: precision)
      let outputs = ConvolutionProblem(input: shape, outputs: 12, kernel: 3, stride: step, groups: 6).output
      let y = Planes(outputs, precision: precision)
      engine.convolve(x, weight, stride: step, groups: 6, into: y)
      let dx = Planes(shape, precision: precision)
      engine.convolutionInputGradient(y, weight, stride: step, groups: 6, into: dx)
      var dw = Tensor(shape: weight.shape)
      engine.convolutionWeightGradient(x, y, stride: step, groups: 6, into: &dw)
      all += [y.dense(), dx.dense(), dw.values]
    }
    // Fewer images than threads, and images side by side.
    for (images, rows, columns, stride) in [(2, 33, 48, 1), (2, 33, 48, 2), (75, 4, 4, 1)] {
      let shape = PlaneShape(channels: 6, images: images, rows: rows, columns: columns)
      let x = Planes(shape, dense: samples.planes(shape).dense().map { max(0, $0) })
      let weight = samples.tensor([5, 6, 3, 3])
      let r = samples.planes(Reference.outputShape(shape, weight, stride: stride))
      let dx = Planes(shape)
      engine.summedRelevance(r, weight, stride: stride, input: x, alpha: 2, beta: 1, into: dx)
      all.append(dx.dense())
    }
    // Small maps, and tiles with sums by our own loops and by products of matrices.
    for (inputs, outputs, images, rows, columns) in [
      (150, 200, 16, 3, 4), (32, 40, 24, 16, 16), (80, 64, 35, 16, 16), (97, 260, 44, 8, 8),
    ] {
      let shape = PlaneShape(channels: inputs, images: images, rows: rows, columns: columns)
      let x = samples.planes(shape)
      let weight = samples.tensor([outputs, inputs, 3, 3])
      let y = Planes(shape.with(channels: outputs))
      engine.convolve(x, weight, bias: samples.values(outputs), stride: 1, into: y)
      let dx = Planes(shape)
      engine.convolutionInputGradient(y, weight, stride: 1, into: dx)
      var dw = Tensor(shape: weight.shape)
      engine.convolutionWeightGradient(x, y, stride: 1, into: &dw)
      all += [y.dense(), dx.dense(), dw.values]
      engine.convolutionGradients(x, y, weight, stride: 1, accumulate: true, into: &dw, inputGradient: dx)
      all += [dx.dense(), dw.values]
    }
    let y = samples.planes(shape)
    let moments = engine.moments(x)
    // Every bit of them counts.
    all += moments.flatMap { [$0.mean, $0.variance] }.map { value in
      [Float(value), Float(value - Double(Float(value)))]
    }
    all += [engine.channelSums(x), engine.imageMeans(x).values, engine.flatten(x).values]
    let out = Planes(shape)
    let sums = engine.batchNormGradient(
      y, input: x, BatchNormStatistics(mean: mean, inverseDeviation: mean, weight: mean),
      channels: nil,
      activation: .output(y, of: .relu),
      into: out)
    all += [sums.shift, sums.scale, out.dense()]
    let maps = mean.map { ChannelAffine(scale: $0, shift: $0) }
    engine.scaleShiftAdd(x, by: maps, activation: .relu, into: out)
    all.append(out.dense())
    #expect(
      engine.batchNorm(x, residual: y, activation: nil, into: out) { channel, _ in maps[channel] } == moments)
    all.append(out.dense())
    engine.scaleShiftAdd(x, by: maps, channels: nil, residual: y, activation: nil, into: out)
    #expect(out.dense() == all.last)
    engine.activationGradient(out, input: y, by: .relu, into: out)
    engine.add(x, into: out)
    all.append(out.dense())
    engine.quotient(x, by: y, into: out)
    all.append(out.dense())
    let (branch, relevance) = (x.copy(), y.copy())
    engine.splitRelevance(relevance, of: y, shortcut: x, branch: branch, by: maps, channels: nil)
    all += [branch.dense(), relevance.dense()]
    engine.combine(activation: x, positive: out, alpha: 2, negative: y, beta: 1, into: out)
    all.append(out.dense())
    let pooled = Planes(PlaneShape(channels: 6, images: 20, rows: 16, columns: 15))
    var indices: [Int32] = []
    engine.maxPool(x, window: 2, stride: 2, padding: 0, into: pooled, indices: &indices)
    engine.maxPoolGradient(pooled, indices: indices, window: 2, stride: 2, padding: 0, into: out)
    all += [pooled.dense(), indices.map(Float.init), out.dense()]
    let means = samples.planes(PlaneShape(channels: 6, images: 20, rows: 1, columns: 1))
    engine.globalAveragePoolGradient(means, accumulate: false, into: out)
    all.append(out.dense())
    all.append(engine.matrixMultiply(samples.tensor([300, 70]), samples.tensor([70, 500])).values)
    var (w, v) = (samples.values(100_001), samples.values(100_001))
    engine.sgdStep(
      &w, gradient: samples.values(100_001), velocity: &v, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1,
      nesterov: true)
    return all + [w, v]
  }

  @Test("every operation gives the same bits on 1, 2 and 4 threads", arguments: KernelClass.available)
  func threads(_ kernels: KernelClass) throws {
    let expected = Self.results(try Engine(threads: 1, kernels: kernels)).map { $0.map(\.bitPattern) }
    for threads in [2, 4] {
      let engine = try Engine(threads: threads, kernels: kernels)
      for _ in 0..<2 {
        let actual = Self.results(engine).map { $0.map(\.bitPattern) }
        #expect(actual.count == expected.count)
        for (index, pair) in zip(actual, expected).enumerated() {
          #expect(pair.0 == pair.1, "result \(index) on \(threads) threads")
        }
      }
    }
  }

  @Test("a parallel loop visits every index once, also when loops are nested")
  func parallel() throws {
    let engine = try Engine(threads: 4)
    for count in [0, 1, 3, 1000] {
      let visits = Mutex([Int](repeating: 0, count: count))
      engine.parallel(count) { index in
        engine.parallel(2) { _ in visits.withLock { $0[index] += 1 } }
      }
      #expect(visits.withLock { $0.allSatisfy { $0 == 2 } })
    }
  }

  @Test("an engine says why it cannot be made")
  func errors() {
    #expect(throws: ComputeError.invalidThreadCount(0)) { try Engine(threads: 0) }
    #expect(throws: ComputeError.unknownKernels(name: "sse")) { try KernelClass.detect(requested: "sse") }
    for missing in KernelClass.allCases where !KernelClass.available.contains(missing) {
      #expect(throws: ComputeError.kernelsUnavailable(missing)) {
        try KernelClass.detect(requested: missing.rawValue)
      }
    }
  }
}

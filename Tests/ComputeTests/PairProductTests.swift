import Testing

@testable import Compute

@Suite("Products of pairs of bfloat16 values")
struct PairProductTests {
  /// Sizes at which pairs, groups of outputs, blocks of pixels and tiles end in every way.
  private static let problems = [
    problem(1, 9, 3, 5, 16, kernel: 3), problem(9, 11, 3, 2, 8, kernel: 3),
    problem(8, 8, 16, 1, 4, kernel: 3), problem(17, 5, 3, 33, 33, kernel: 3),
    problem(40, 20, 3, 13, 11, kernel: 1), problem(5, 20, 3, 13, 11, kernel: 1),
    problem(260, 140, 2, 6, 5, kernel: 1), problem(129, 90, 20, 17, 17, kernel: 1),
    problem(70, 80, 0, 6, 5, kernel: 1), problem(9, 8, 0, 6, 5, kernel: 3),
    problem(9, 11, 3, 5, 16, kernel: 3, stride: 2), problem(18, 9, 2, 17, 33, kernel: 3, stride: 2),
    problem(260, 9, 2, 7, 6, kernel: 1, stride: 2), problem(9, 140, 2, 16, 5, kernel: 1, stride: 2),
  ]

  /// Those of the portable kernels are not chosen by themselves.
  private static let engines = Result {
    try KernelClass.available.flatMap { kernels in
      try [1, 3].map { try Engine(threads: $0, kernels: kernels, convolution: "pair-products") }
    }.filter { $0.loops.convolve_pairs != nil }
  }

  private static func problem(
    _ inputs: Int, _ outputs: Int, _ images: Int, _ rows: Int, _ columns: Int, kernel: Int,
    stride: Int = 1
  ) -> ConvolutionProblem {
    ConvolutionProblem(
      input: PlaneShape(channels: inputs, images: images, rows: rows, columns: columns), outputs: outputs,
      kernel: kernel, stride: stride, precision: .bfloat16)
  }

  private func halves(_ shape: PlaneShape, _ samples: inout Samples) -> Planes {
    Planes(shape, dense: samples.values(shape.channels * shape.pixelsPerChannel), precision: .bfloat16)
  }

  @Test(
    "convolve rounded weights as exactly as others, to the same bytes with any number of threads",
    arguments: problems)
  func agree(_ problem: ConvolutionProblem) throws {
    var samples = Samples(11)
    let (x, dy) = (halves(problem.input, &samples), halves(problem.output, &samples))
    let before = halves(problem.input, &samples).dense()
    let (weight, bias) = (samples.tensor(problem.weightShape), samples.values(problem.outputs))
    let multiplied = Tensor(shape: weight.shape, values: rounded(weight.values))
    let output = Reference.convolve(problem, Dense(x), multiplied, bias: bias).values
    let inputGradient = Reference.inputGradient(problem, Dense(dy), multiplied).values
    let weightGradient = Reference.weightGradient(problem, Dense(x), Dense(dy))
    let added = zip(before.map(Double.init), inputGradient).map(+)
    var results: [KernelClass: [Float]] = [:]
    for engine in try Self.engines.get() {
      let name: Comment = "\(engine.kernels), \(engine.threads)"
      for pass in ConvolutionPass.allCases {
        #expect(engine.convolutionAlgorithm(pass, problem) == "pair-products", name)
      }
      let (y, half) = (Planes(problem.output), Planes(problem.output, precision: .bfloat16))
      for y in [y, half] { engine.convolve(x, weight, bias: bias, stride: problem.stride, into: y) }
      #expect(difference(y.dense(), output) < 2e-5 && y.checkBorders(), name)
      #expect(half.dense() == rounded(y.dense()) && half.checkBorders(), name)

      let (dx, sum) = (samples.planes(problem.input), Planes(problem.input, dense: before))
      let halfSum = Planes(problem.input, dense: before, precision: .bfloat16)
      engine.convolutionInputGradient(dy, weight, stride: problem.stride, into: dx)
      for sum in [sum, halfSum] {
        engine.convolutionInputGradient(
          dy, weight, stride: problem.stride, accumulate: true, into: sum)
      }
      #expect(difference(dx.dense(), inputGradient) < 2e-5 && dx.checkBorders(), name)
      #expect(difference(sum.dense(), added) < 2e-5 && sum.checkBorders(), name)
      #expect(halfSum.dense() == rounded(sum.dense()) && halfSum.checkBorders(), name)

      var dw = samples.tensor(problem.weightShape)
      engine.convolutionWeightGradient(x, dy, stride: problem.stride, into: &dw)
      #expect(difference(dw.values, weightGradient) < 2e-5, name)

      if problem.stride == 2 {
        let phases = Planes(uninitialized: engine.phaseShape(problem.input), precision: .bfloat16)
        engine.splitPhases(x, into: phases)
        let (shared, gradient) = (Planes(problem.output), dw)
        engine.convolve(x, weight, bias: bias, stride: 2, phases: phases, into: shared)
        engine.convolutionWeightGradient(x, dy, stride: 2, phases: phases, into: &dw)
        #expect(shared.dense() == y.dense() && dw == gradient, name)
      }

      let all = y.dense() + dx.dense() + sum.dense() + dw.values
      #expect(results[engine.kernels, default: all] == all, name)
      results[engine.kernels] = all
    }
    #expect(results[.portable] != nil)
  }

  @Test(
    "of unfolded planes agree with direct sums as exactly",
    arguments: [(3, 20, 9, 7, 2, 3), (3, 9, 13, 5, 1, 2), (2, 40, 8, 2, 2, 0), (1, 8, 0, 7, 2, 3)])
  func unfolded(
    _ inputs: Int, _ outputs: Int, _ images: Int, _ kernel: Int, _ stride: Int, _ padding: Int
  ) throws {
    var samples = Samples(13)
    // As a model's images are.
    let precision: Precision = stride == 1 ? .bfloat16 : .float32
    let problem = ConvolutionProblem(
      input: PlaneShape(channels: inputs, images: images, rows: 19, columns: 16), outputs: outputs,
      kernel: kernel, stride: stride, padding: padding, precision: precision, outputPrecision: .bfloat16)
    let pixels = samples.values(inputs * problem.input.pixelsPerChannel)
    let (x, dy) = (
      Planes(problem.input, dense: pixels, precision: precision), halves(problem.output, &samples)
    )
    let read = Planes(problem.input, dense: rounded(pixels))
    let (weight, bias) = (samples.tensor(problem.weightShape), samples.values(problem.outputs))
    let multiplied = Tensor(shape: weight.shape, values: rounded(weight.values))
    let output = Reference.convolve(problem, Dense(read), multiplied, bias: bias).values
    let gradient = Reference.weightGradient(problem, Dense(read), Dense(dy))
    var results: [KernelClass: [Float]] = [:]
    for kernels in KernelClass.available {
      for threads in [1, 3] {
        let engine = try Engine(threads: threads, kernels: kernels, convolution: "im2col-pairs")
        guard engine.loops.convolve_pairs != nil else { continue }
        #expect(engine.convolutionAlgorithm(.weightGradient, problem) == "im2col-pairs")
        let y = Planes(problem.output, precision: .bfloat16)
        engine.convolve(x, weight, bias: bias, stride: stride, padding: padding, into: y)
        #expect(difference(y.dense(), output) < 5e-3 && y.checkBorders(), "\(kernels)")
        var dw = samples.tensor(problem.weightShape)
        engine.convolutionWeightGradient(x, dy, stride: stride, padding: padding, into: &dw)
        #expect(difference(dw.values, gradient) < 2e-5, "\(kernels)")
        let all = y.dense() + dw.values
        #expect(results[kernels, default: all] == all, "\(kernels)")
        results[kernels] = all
      }
    }
    #expect(results[.portable] != nil)
  }

  @Test("are taken for planes of bfloat16 alone, and by themselves where instructions are for them")
  func choice() throws {
    var samples = Samples(12)
    let problem = Self.problem(40, 20, 3, 13, 11, kernel: 1)
    let half = halves(problem.input, &samples)
    let weight = samples.tensor(problem.weightShape)
    let single = Planes(problem.input, dense: half.dense())
    let engine = try Engine(threads: 1, kernels: .portable, convolution: "pair-products")
    let plain = try Engine(threads: 1, kernels: .portable)
    func convolved(_ x: Planes, _ engine: Engine) -> [Float] {
      let y = Planes(problem.output)
      engine.convolve(x, weight, stride: 1, into: y)
      return y.dense()
    }
    #expect(convolved(half, plain) == convolved(single, plain))
    #expect(convolved(single, engine) == convolved(single, plain))
    #expect(convolved(half, engine) != convolved(single, plain))

    let dy = halves(problem.output, &samples)
    var (mixed, expected) = (Tensor(shape: weight.shape), Tensor(shape: weight.shape))
    engine.convolutionWeightGradient(single, dy, stride: 1, into: &mixed)
    plain.convolutionWeightGradient(single, dy, stride: 1, into: &expected)
    #expect(mixed == expected)

    for kernels in KernelClass.available {
      let chosen = try Engine(threads: 1, kernels: kernels).convolutionAlgorithm(.forward, problem)
      #expect((chosen == "pair-products") == kernels.multipliesPairs, "\(kernels)")
    }
  }

  @Test("round otherwise; single precision is the same with and without their instructions")
  func rounding() {
    for (kernels, single) in [(KernelClass.avx512bf16, KernelClass.avx512), (.neonbf16, .neon)] {
      #expect(kernels.fingerprint(in: .float32) == single.fingerprint(in: .float32))
      #expect(kernels.fingerprint(in: .bfloat16) != single.fingerprint(in: .bfloat16))
      #expect(kernels.rounding(in: .float32) == single && kernels.rounding(in: .bfloat16) == kernels)
    }
    let classes = KernelClass.allCases
    #expect(Set(classes.map { $0.fingerprint(in: .bfloat16) }).count == classes.count)
  }
}

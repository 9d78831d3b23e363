import Foundation
import TestSupport
import Testing

@testable import Compute

@Suite("Algorithms of convolutions")
struct ConvolutionAlgorithmTests {
  /// Sizes at which loops over vectors, tiles and groups end in every way, beside the random ones.
  static let problems =
    ConvolutionProblem.samples
    + [
      problem(1, 9, 3, 5, 16), problem(9, 11, 3, 2, 8), problem(8, 8, 16, 1, 4), problem(17, 5, 3, 33, 33),
      problem(13, 12, 5, 7, 8, stride: 2), problem(11, 17, 3, 4, 4, kernel: 1), problem(97, 96, 2, 8, 8),
      // Groups of outputs that are paired and not, and weight gradients in tiles by BLAS.
      problem(5, 20, 3, 13, 11, kernel: 1), problem(19, 8, 3, 7, 9, kernel: 1, stride: 2),
      problem(260, 140, 2, 6, 5, kernel: 1), problem(100, 90, 20, 17, 17, kernel: 1),
      // By our own loops, in several parts of bfloat16 planes.
      problem(60, 60, 20, 17, 17, kernel: 1),
      // Of no image.
      problem(100, 90, 0, 5, 5, kernel: 1), problem(9, 8, 0, 8, 8),
      problem(40, 48, 3, 9, 10, stride: 2), problem(130, 132, 2, 8, 7, kernel: 1, stride: 2),
    ]
    + [1, 2, 7, 8, 33].flatMap { size in
      [3, 5].flatMap { kernel in
        [1, 2].map { problem(5, 10, 3, size, size, kernel: kernel, stride: $0, groups: 5) }
      }
    }
    + [
      // More images than a filter's window holds, and a batch that its last part does not fill.
      problem(2, 2, 37, 31, 17, stride: 2, groups: 2), problem(3, 3, 41, 28, 28, kernel: 5, groups: 3),
      problem(24, 16, 4, 8, 8, groups: 2), problem(12, 24, 2, 9, 9, stride: 2, groups: 12),
    ]

  /// Shared by all cases: threads cost more than a small problem.
  private static let engines = Result {
    try KernelClass.available.map { try Engine(threads: 2, kernels: $0) }
  }
  private static let crews = Result { try [1, 3].map { try Engine(threads: $0) } }

  private static func problem(
    _ inputs: Int, _ outputs: Int, _ images: Int, _ rows: Int, _ columns: Int, kernel: Int = 3,
    stride: Int = 1,
    groups: Int = 1
  ) -> ConvolutionProblem {
    ConvolutionProblem(
      input: PlaneShape(channels: inputs, images: images, rows: rows, columns: columns), outputs: outputs,
      kernel: kernel, stride: stride, groups: groups)
  }

  @Test("all agree with plain sums in double precision on whatever they support", arguments: problems)
  func agree(_ problem: ConvolutionProblem) throws {
    var samples = Samples(9)
    let (x, dy) = (samples.planes(problem.input), samples.planes(problem.output))
    let (weight, bias) = (samples.tensor(problem.weightShape), samples.values(problem.outputs))
    let before = samples.planes(problem.input)
    let output = Reference.convolve(problem, Dense(x), weight, bias: bias).values
    let inputGradient = Reference.inputGradient(problem, Dense(dy), weight).values
    let weightGradient = Reference.weightGradient(problem, Dense(x), Dense(dy))
    let added = zip(Dense(before).values, inputGradient).map(+)
    for engine in try Self.engines.get() {
      for algorithm in ConvolutionAlgorithm.all where algorithm.supports(problem, engine) {
        let name = "\(algorithm.name), \(engine.kernels)"
        let y = samples.planes(problem.output)
        algorithm.forward(
          engine,
          .init(
            problem: problem, input: x, weight: weight, bias: bias, phases: nil, method: .fastest, output: y))
        #expect(difference(y.dense(), output) < 2e-5 && y.checkBorders(), "\(name)")

        let dx = samples.planes(problem.input)
        func gradient(accumulate: Bool) -> ConvolutionAlgorithm.InputGradient {
          .init(
            problem: problem, outputGradient: dy, weight: weight, accumulate: accumulate, method: .fastest,
            inputGradient: dx)
        }
        algorithm.inputGradient?(engine, gradient(accumulate: false))
        #expect(
          algorithm.inputGradient == nil || difference(dx.dense(), inputGradient) < 2e-5 && dx.checkBorders(),
          "\(name)")
        let alone = dx.dense()
        dx.load(dense: before.dense())
        algorithm.inputGradient?(engine, gradient(accumulate: true))
        #expect(algorithm.inputGradient == nil || difference(dx.dense(), added) < 2e-5, "\(name)")

        var dw = samples.tensor(problem.weightShape)
        let sums = ConvolutionAlgorithm.WeightGradient(
          problem: problem, input: x, outputGradient: dy, phases: nil)
        algorithm.weightGradient(engine, sums, &dw)
        #expect(difference(dw.values, weightGradient) < 2e-5, "\(name)")

        guard let both = algorithm.bothGradients else { continue }
        var other = samples.tensor(problem.weightShape)
        both.compute(engine, sums, &other, gradient(accumulate: false))
        #expect(other == dw && dx.dense() == alone, "\(name)")
      }
    }
  }

  @Test("all compute the same bytes with any number of threads", arguments: problems)
  func threads(_ problem: ConvolutionProblem) throws {
    var samples = Samples(10)
    let (x, dy) = (samples.planes(problem.input), samples.planes(problem.output))
    let weight = samples.tensor(problem.weightShape)
    let engines = try Self.crews.get()
    for algorithm in ConvolutionAlgorithm.all where algorithm.supports(problem, engines[0]) {
      let found = engines.map { engine in
        let (y, dx) = (Planes(problem.output), Planes(problem.input))
        var dw = Tensor(shape: problem.weightShape)
        algorithm.forward(
          engine,
          .init(
            problem: problem, input: x, weight: weight, bias: nil, phases: nil, method: .fastest, output: y))
        algorithm.inputGradient?(
          engine,
          .init(
            problem: problem, outputGradient: dy, weight: weight, accumulate: false, method: .fastest,
            inputGradient: dx))
        algorithm.weightGradient(
          engine, .init(problem: problem, input: x, outputGradient: dy, phases: nil), &dw)
        return y.dense() + dx.dense() + dw.values
      }
      #expect(found[0] == found[1], "\(algorithm.name)")
    }
  }

  @Test("the sums of a weight gradient's groups take 128 MiB together, or as much as four of them need")
  func gradientGroups() {
    // 7x7 and 5x5 of all channels, elements of tiles, a depthwise 63x63 in double precision.
    let large = [512 * 4096 * 49, 512 * 512 * 25, 36 * 512 * 512, 2 * 512 * 63 * 63]
    for sums in large {
      let groups = GradientGroups(of: 1 << 20, sums: sums, most: 256, unit: 96)
      #expect(groups.count >= 4 && groups.count * sums <= max(4 * sums, 1 << 25), "\(sums)")
    }
    #expect(GradientGroups(of: 1 << 20, sums: 64 * 3 * 49, most: 32, unit: 96).count == 32)
    #expect(GradientGroups(of: 256, sums: 2 * 512 * 49, most: 256).size == 1)
    let groups = GradientGroups(of: 1000, sums: 1 << 25, most: 32, unit: 16)
    let ranges: [Range<Int>] = [0..<256, 256..<512, 512..<768, 768..<1000]
    #expect((0..<groups.count).map { groups[$0] } == ranges)
    #expect(GradientGroups(of: 0, sums: 1, most: 0).count == 0)
  }

  @Test("the windows of a depthwise weight gradient give the same sum in few groups")
  func windowGroups() throws {
    let problem = Self.problem(3, 3, 41, 28, 28, kernel: 5, groups: 3)
    var samples = Samples(11)
    let (x, dy) = (samples.planes(problem.input), samples.planes(problem.output))
    let expected = Reference.weightGradient(problem, Dense(x), Dense(dy))
    let engine = try Engine(threads: 2)
    for groups in [1, 2] {
      var dw = Tensor(shape: problem.weightShape)
      engine.depthwiseWeightGradient(problem, x, dy, groups: groups, into: &dw)
      #expect(difference(dw.values, expected) < 2e-5, "\(groups) groups")
    }
  }

  @Test("the one that is asked for is taken wherever it supports the problem, and no other name is")
  func preference() throws {
    let engine = try Engine(threads: 1, kernels: .portable, convolution: "plain")
    let problem = Self.problem(4, 4, 2, 8, 8)
    #expect(engine.convolutionAlgorithm(.forward, problem) == "plain")
    #expect(engine.single().convolutionAlgorithm(.forward, problem) == "plain")
    let unfolding = try Engine(threads: 1, kernels: .portable, convolution: "im2col")
    #expect(unfolding.convolutionAlgorithm(.forward, problem) == "im2col")
    #expect(unfolding.convolutionAlgorithm(.inputGradient, problem) == "shifted-planes")
    let filtering = try Engine(threads: 1, kernels: .portable, convolution: "depthwise")
    #expect(filtering.convolutionAlgorithm(.forward, problem) == "shifted-planes")
    #expect(throws: ComputeError.unknownConvolution(name: "fastest")) {
      try Engine(threads: 1, convolution: "fastest")
    }
  }

  @Test("names are distinct, and the last one supports everything")
  func names() throws {
    #expect(Set(ConvolutionAlgorithm.all.map(\.name)).count == ConvolutionAlgorithm.all.count)
    let engine = try Engine(threads: 1, kernels: .portable)
    let last = try #require(ConvolutionAlgorithm.all.last)
    for problem in Self.problems {
      #expect(last.supports(problem, engine) && last.pays(problem, engine))
      #expect(ConvolutionPass.allCases.allSatisfy(last.computes))
    }
  }

  /// `ESPALIER_UPDATE_DOCUMENTS=1` writes the table anew.
  @Test("ARCHITECTURE.md lists them as they are tried")
  func document() throws {
    let table = "\n" + ConvolutionAlgorithm.document + "\n"
    let found = try GeneratedText("ARCHITECTURE.md").part(
      between: "<!-- algorithms -->\n", and: "<!-- end of algorithms -->\n", updatedTo: table)
    #expect(found == table, "`ESPALIER_UPDATE_DOCUMENTS=1 make test` writes it anew")
  }
}

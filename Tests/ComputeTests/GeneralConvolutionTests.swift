import Foundation
import Testing

@testable import Compute

extension ConvolutionProblem {
  /// Random ones of every kernel up to 5, stride up to 3 and padding up to 3, with groups or
  /// depthwise.
  static let samples: [ConvolutionProblem] = {
    var random = RandomStream(seed: 21, purpose: .test)
    let sizes = [1, 2, 3, 5, 7, 8, 11, 17]
    var all: [ConvolutionProblem] = []
    for kernel in 1...5 {
      for stride in 1...3 {
        for padding in 0...3 {
          // Plain, in groups, depthwise, depthwise with a multiplier.
          for kind in 0..<4 {
            let groups = kind == 0 ? 1 : [1, 2, 3, 5, 7][random.below(5)]
            let inputs = kind < 2 ? groups * (1 + random.below(4)) : groups
            let outputs = kind == 2 ? groups : groups * (1 + random.below(4))
            let smallest = max(1, kernel - 2 * padding)
            func size() -> Int { max(smallest, sizes[random.below(sizes.count)]) }
            all.append(
              ConvolutionProblem(
                input: PlaneShape(
                  channels: inputs, images: [1, 3][random.below(2)], rows: size(), columns: size()),
                outputs: outputs, kernel: kernel, stride: stride, padding: padding, groups: groups))
          }
        }
      }
    }
    // Filters that step over pixels, with rows of several vectors and what is left of one.
    for columns in [30, 31, 32, 33, 64, 67, 96] {
      let input = PlaneShape(channels: 2, images: 3, rows: 2 + random.below(6), columns: columns)
      all.append(
        ConvolutionProblem(
          input: input, outputs: 2 + 2 * random.below(2), kernel: 3, stride: 2, padding: 1, groups: 2))
    }
    // Sanitizers make loops ten times as slow, and look for other faults than wrong sums.
    let step = ProcessInfo.processInfo.environment["ESPALIER_SANITIZE"] == nil ? 1 : 7
    return Swift.stride(from: 0, to: all.count, by: step).map { all[$0] }
  }()
}

extension ConvolutionProblem: CustomTestStringConvertible {
  public var testDescription: String {
    "\(input.channels)->\(outputs) in \(groups), \(input.images)x\(input.rows)x\(input.columns) k\(kernel) "
      + "s\(stride) p\(padding)"
  }
}

@Suite("Convolution of any kernel, stride, padding and number of groups")
struct GeneralConvolutionTests {
  @Test("agrees with its definition, forward and both gradients", arguments: ConvolutionProblem.samples)
  func agreesWithDefinition(_ problem: ConvolutionProblem) throws {
    for kernels in KernelClass.available {
      let engine = try Engine(threads: 2, kernels: kernels)
      var samples = Samples()
      let x = samples.planes(problem.input)
      let weight = samples.tensor(problem.weightShape)
      let bias = samples.values(problem.outputs)
      let (stride, padding, groups) = (problem.stride, problem.padding, problem.groups)
      let expected = Reference.convolve(problem, Dense(x), weight, bias: bias)
      for method in [ConvolutionMethod.fastest, .direct, .precise] {
        let y = samples.planes(problem.output)
        engine.convolve(
          x, weight, bias: bias, stride: stride, padding: padding, groups: groups, method: method, into: y)
        #expect(difference(y.dense(), expected.values) < 1e-5, "\(kernels), \(method)")
        #expect(y.checkBorders())
      }

      let dy = samples.planes(problem.output)
      let gradient = Reference.inputGradient(problem, Dense(dy), weight)
      let before = samples.planes(problem.input)
      let dx = before.copy()
      engine.convolutionInputGradient(
        dy, weight, stride: stride, padding: padding, groups: groups, accumulate: true, into: dx)
      #expect(difference(dx.dense(), zip(Dense(before).values, gradient.values).map(+)) < 1e-5, "\(kernels)")
      engine.convolutionInputGradient(
        dy, weight, stride: stride, padding: padding, groups: groups, into: dx)
      #expect(difference(dx.dense(), gradient.values) < 1e-5, "\(kernels)")
      #expect(dx.checkBorders())

      var dw = samples.tensor(problem.weightShape)
      engine.convolutionWeightGradient(
        x, dy, stride: stride, padding: padding, groups: groups, into: &dw)
      #expect(
        difference(dw.values, Reference.weightGradient(problem, Dense(x), Dense(dy))) < 1e-5, "\(kernels)")

      var both = samples.tensor(problem.weightShape)
      let other = samples.planes(problem.input)
      engine.convolutionGradients(
        x, dy, weight, stride: stride, padding: padding, groups: groups, accumulate: false, into: &both,
        inputGradient: other)
      #expect(both == dw && other.dense() == dx.dense(), "\(kernels)")
    }
  }

  @Test(
    "relevance agrees with the rule's definition, for inputs of one sign and of both",
    arguments: ConvolutionProblem.samples, [false, true])
  func relevance(_ problem: ConvolutionProblem, _ inputMayBeNegative: Bool) throws {
    let engine = try Engine(threads: 2)
    var samples = Samples(3)
    // Zero or away from it, and inputs together far from 1, where quotients are well conditioned.
    func draw(_ count: Int) -> [Float] { samples.values(count).map { abs($0) < 0.05 ? 0 : $0 } }
    let weight = Tensor(shape: problem.weightShape, values: draw(problem.weightShape.reduce(1, *)))
    let values = draw(problem.input.channels * problem.input.pixelsPerChannel).map { $0 / 1024 }
    let x = Planes(problem.input, dense: inputMayBeNegative ? values : values.map { max(0, $0) })
    let r = samples.planes(problem.output)
    let convolution = SignedConvolution(
      weight, stride: problem.stride, padding: problem.padding, groups: problem.groups)
    for (alpha, beta) in [(Float(2), Float(1)), (1, 0)] {
      let expected = RelevanceReference(problem, inputMayBeNegative: inputMayBeNegative)
        .relevance(Dense(r), weight, Dense(x), alpha: Double(alpha), beta: Double(beta))
      let before = samples.planes(problem.input)
      let (result, added) = (samples.planes(problem.input), before.copy())
      for (planes, accumulate) in [(result, false), (added, true)] {
        engine.convolutionRelevance(
          r, convolution, input: x, sums: nil, inputMayBeNegative: inputMayBeNegative, alpha: alpha,
          beta: beta, accumulate: accumulate, into: planes)
        #expect(planes.checkBorders())
      }
      #expect(difference(result.dense(), expected) < 2e-4)
      #expect(added.dense() == zip(before.dense(), result.dense()).map(+))
    }
  }

  @Test("the fast path of relevance covers kernels of 1 and 3 with half padding, stride 1 or 2, no groups")
  func sums() {
    func covers(_ kernel: Int, stride: Int = 1, padding: Int? = nil, groups: Int = 1) -> Bool {
      ConvolutionProblem(
        input: PlaneShape(channels: 4, images: 1, rows: 8, columns: 8), outputs: 4, kernel: kernel,
        stride: stride, padding: padding, groups: groups
      ).isSumOfShiftedPlanes
    }
    #expect(covers(1) && covers(3, stride: 2, padding: 1))
    #expect(!covers(2) && !covers(5))
    #expect(!covers(3, stride: 3) && !covers(3, padding: 0))
    #expect(!covers(3, groups: 2))
  }
}

/// The alpha-beta rule of a convolution as its definition says, in double precision.
struct RelevanceReference {
  private let problem: ConvolutionProblem
  private let inputMayBeNegative: Bool

  init(_ problem: ConvolutionProblem, inputMayBeNegative: Bool) {
    self.problem = problem
    self.inputMayBeNegative = inputMayBeNegative
  }

  func relevance(_ r: Dense, _ weight: Tensor, _ x: Dense, alpha: Double, beta: Double) -> [Double] {
    var plus = [Double](repeating: 1e-9, count: r.values.count)
    var minus = [Double](repeating: inputMayBeNegative ? -1e-9 : 1e-9, count: r.values.count)
    Reference.forEachProduct(problem) { w, from, to in
      let (up, down) = contributions(weight.values[w], x.values[from])
      plus[to] += up
      minus[to] += down
    }
    var result = [Double](repeating: 0, count: x.values.count)
    Reference.forEachProduct(problem) { w, from, to in
      let (up, down) = contributions(weight.values[w], x.values[from])
      result[from] += alpha * up / plus[to] * r.values[to]
      if beta != 0 { result[from] -= beta * down / minus[to] * r.values[to] }
    }
    return result
  }

  private func contributions(_ weight: Float, _ x: Double) -> (positive: Double, negative: Double) {
    guard inputMayBeNegative else {
      return (Double(max(weight, 1e-9)) * x, Double(min(weight, -1e-9)) * x)
    }
    let z = Double(weight) * x
    return (max(z, 0), min(z, 0))
  }
}

import Foundation

/// One way to compute convolutions and their gradients.
///
/// What it computes depends on the problem and the kernels alone: the same bits for any number of
/// threads. Its functions may rely on what
/// ``Engine/requireConvolution(input:weight:stride:padding:groups:output:precision:outputPrecision:)``
/// checks, and on nothing that is written overlapping what is read.
struct ConvolutionAlgorithm: Sendable {
  typealias Condition = @Sendable (ConvolutionProblem, Engine) -> Bool

  /// As `ESPALIER_CONVOLUTION` and `bench --profile` call it.
  let name: String
  /// Which problems it is for, and how it computes them: a row of the table in ARCHITECTURE.md.
  let summary: (problems: String, method: String, files: String)
  /// Whether it computes the products that define a convolution and nothing else, so that small
  /// sums of positive terms keep their accuracy.
  let isDirect: Bool
  /// Whether it reads and writes planes of any precision, a part at a time; else whole planes are
  /// copied to single precision and back.
  let takesAnyPrecision: Bool
  /// Whether it can compute a problem.
  let supports: Condition
  /// Whether it is faster than those after it in the table; asked where it supports the problem.
  let pays: Condition

  let forward: @Sendable (Engine, Forward) -> Void
  /// Nil for what an algorithm after it in the table does.
  let inputGradient: (@Sendable (Engine, InputGradient) -> Void)?
  let weightGradient: @Sendable (Engine, WeightGradient, inout Tensor) -> Void
  /// Both gradients from one pass, to the bit what each is by itself; nil where nothing is saved.
  let bothGradients: BothGradients?

  /// y = weight applied to x.
  struct Forward {
    let problem: ConvolutionProblem
    var input: Planes
    let weight: Tensor
    let bias: [Float]?
    /// Of the input, where the caller has them.
    let phases: Planes?
    /// ``ConvolutionMethod/fastest`` or ``ConvolutionMethod/direct``.
    let method: ConvolutionMethod
    var output: Planes

    var application: Application {
      Application(x: input, weight: weight, bias: bias, adjoint: false, accumulate: false, y: output)
    }
  }

  /// dx = the adjoint applied to dy, or that added to dx.
  struct InputGradient {
    let problem: ConvolutionProblem
    var outputGradient: Planes
    let weight: Tensor
    let accumulate: Bool
    /// ``ConvolutionMethod/fastest`` or ``ConvolutionMethod/direct``.
    let method: ConvolutionMethod
    var inputGradient: Planes

    var application: Application {
      Application(
        x: outputGradient, weight: weight, bias: nil, adjoint: true, accumulate: accumulate, y: inputGradient)
    }
  }

  /// y = weight, or its adjoint, applied to x, or that added to y: what algorithms compute alike in
  /// the forward pass and for the input's gradient.
  struct Application {
    var x: Planes
    let weight: Tensor
    let bias: [Float]?
    let adjoint: Bool
    var accumulate: Bool
    var y: Planes
  }

  /// dW from x and dy.
  struct WeightGradient {
    let problem: ConvolutionProblem
    var input: Planes
    var outputGradient: Planes
    /// Of the input, where the caller has them.
    let phases: Planes?
  }

  struct BothGradients: Sendable {
    /// Whether one pass is faster than two, with this number of threads.
    let pays: Condition
    let compute: @Sendable (Engine, WeightGradient, inout Tensor, InputGradient) -> Void
  }
}

/// What a convolution's algorithm is chosen for.
public enum ConvolutionPass: CaseIterable, Sendable {
  case forward
  case inputGradient
  case weightGradient
}

extension ConvolutionAlgorithm {
  /// The algorithm of this name.
  ///
  /// - Throws: ``ComputeError/unknownConvolution(name:)``
  static func named(_ name: String) throws(ComputeError) -> ConvolutionAlgorithm {
    guard let found = all.first(where: { $0.name == name }) else { throw .unknownConvolution(name: name) }
    return found
  }

  /// The value of the environment variable `ESPALIER_CONVOLUTION`: the name of the algorithm that
  /// is taken wherever it supports the problem; nil if it is not set or empty.
  static var requestedName: String? {
    let name = ProcessInfo.processInfo.environment["ESPALIER_CONVOLUTION"]
    return name.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// ``forward`` of planes of any precision.
  func compute(_ call: Forward, on engine: Engine) {
    guard !takesAnyPrecision else { return forward(engine, call) }
    engine.inSinglePrecision(call.input) { input in
      engine.inSinglePrecision(writing: call.output) { output in
        var single = call
        single.input = input
        single.output = output
        forward(engine, single)
      }
    }
  }

  /// ``inputGradient`` of planes of any precision.
  func compute(_ call: InputGradient, on engine: Engine) {
    guard !takesAnyPrecision else { inputGradient?(engine, call); return }
    engine.inSinglePrecision(call.outputGradient) { outputGradient in
      engine.inSinglePrecision(writing: call.inputGradient, keepsValues: call.accumulate) { gradient in
        var single = call
        single.outputGradient = outputGradient
        single.inputGradient = gradient
        inputGradient?(engine, single)
      }
    }
  }

  /// ``weightGradient`` of planes of any precision.
  func compute(_ call: WeightGradient, into gradient: inout Tensor, on engine: Engine) {
    guard !takesAnyPrecision else { return weightGradient(engine, call, &gradient) }
    engine.inSinglePrecision(call.input) { input in
      engine.inSinglePrecision(call.outputGradient) { outputGradient in
        var single = call
        single.input = input
        single.outputGradient = outputGradient
        weightGradient(engine, single, &gradient)
      }
    }
  }

  func computes(_ pass: ConvolutionPass) -> Bool { pass != .inputGradient || inputGradient != nil }

  /// The table in ARCHITECTURE.md.
  static var document: String {
    let rows = all.map {
      "| `\($0.name)` | \($0.summary.problems) | \($0.summary.method) | \($0.summary.files) |"
    }
    return (["| name | where it pays | how | file |", "| --- | --- | --- | --- |"] + rows).joined(
      separator: "\n")
      + "\n"
  }
}

extension Engine {
  /// The first algorithm in the table that supports the problem and pays; the one that was asked
  /// for if it supports it.
  ///
  /// - Parameter method: ``ConvolutionMethod/fastest`` or ``ConvolutionMethod/direct``.
  func algorithm(
    _ pass: ConvolutionPass, _ problem: ConvolutionProblem, method: ConvolutionMethod = .fastest
  ) -> ConvolutionAlgorithm {
    func isPossible(_ one: ConvolutionAlgorithm) -> Bool {
      one.computes(pass) && (one.isDirect || method == .fastest) && one.supports(problem, self)
    }
    if let preferredConvolution, isPossible(preferredConvolution) { return preferredConvolution }
    // The last one supports everything and always pays.
    return ConvolutionAlgorithm.all.first { isPossible($0) && $0.pays(problem, self) } ?? .plain
  }

  /// The name of the algorithm that a pass of training takes.
  public func convolutionAlgorithm(_ pass: ConvolutionPass, _ problem: ConvolutionProblem) -> String {
    algorithm(pass, problem).name
  }
}

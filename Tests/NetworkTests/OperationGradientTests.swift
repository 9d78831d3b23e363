import Compute
import Testing

@testable import Network

/// Backward passes against central differences of forward passes, along random directions.
///
/// With L = sum of c * forward(x), (L(p + h d) - L(p - h d)) / 2h must equal <gradient, d>. L is
/// summed in double. A linear layer in front makes the gradient of the input that of a parameter.
/// Kinks of ReLU and max pooling are kept away from by construction: batch norm's shifts of +-4
/// exceed what it normalizes. Values of hard functions stay between their kinks at +-3.
@Suite("Numerical gradients")
struct OperationGradientTests {
  @Test("of every operation, alone and behind others", arguments: GradientCase.all)
  func gradients(_ gradientCase: GradientCase) throws {
    for isFused in [true, false] {
      let network = try gradientCase.network(fused: isFused)
      let input = random(network.graph.input.planes(images: 3), 11)
      let images = network.planes(input, count: 3)
      let output = forward(network, images)
      let c = random(output.output.shape, 7)
      var run = network.makeRun(.training)
      network.executor().backward(
        Planes(output.output.shape, dense: c), output.tape, &run)
      for parameter in network.parameters {
        check(parameter, gradientCase) { dot(forward(network, images).output.dense(), c) }
      }
    }
  }

  private func forward(_ network: Network, _ images: Planes) -> (output: Planes, tape: Tape) {
    var run = network.makeRun(.training)
    run.dropout = RandomStream(seed: 5, purpose: .test)
    return network.executor().forward(images, &run)
  }

  private func check(_ parameter: Parameter, _ gradientCase: GradientCase, loss: () -> Double) {
    let (gradient, original) = (parameter.gradient.values, parameter.value.values)
    let direction = random(original.count, 9)
    let step: Float = 1e-2
    defer { parameter.value.values = original }
    parameter.value.values = sum(original, direction.map { $0 * step })
    let ahead = loss()
    parameter.value.values = sum(original, direction.map { -$0 * step })
    let behind = loss()
    let numerical = (ahead - behind) / (2 * Double(step))
    let analytical = dot(gradient, direction)
    // Relative to what the product could be: a derivative near zero is a difference of large terms.
    let scale = max(
      abs(numerical), zip(gradient, direction).reduce(0.0) { $0 + abs(Double($1.0 * $1.1)) } * 0.2)
    #expect(
      abs(numerical - analytical) <= gradientCase.tolerance * scale + 1e-3,
      "\(gradientCase.name), \(parameter.name): numerical \(numerical), analytical \(analytical)")
  }
}

/// A small graph whose gradients are checked.
struct GradientCase: CustomTestStringConvertible, Sendable {
  let name: String
  var tolerance = 1e-2
  let build: @Sendable (inout GraphBuilder, Graph.Value) throws -> Void

  var testDescription: String { name }

  /// The case behind a 1x1 convolution whose gradient is that of its input.
  func network(fused: Bool) throws -> Network {
    var builder = GraphBuilder(input: FeatureShape(channels: 5, rows: 7, columns: 6))
    let first = try builder.add(Convolution(outputs: 6, kernel: 1), [.image], layer: "first")
    try build(&builder, first)
    let network = Network(try builder.graph(), seed: 3, engine: try Engine(threads: 2), fused: fused)
    for (index, parameter) in network.parameters.enumerated() {
      parameter.value.values =
        isShift(parameter) ? shifts(parameter.value.count) : random(parameter.value.count, 20 + index)
      if isScale(parameter) { parameter.value = Tensor(shape: parameter.value.shape, repeating: 0.5) }
    }
    return network
  }

  private func isShift(_ parameter: Parameter) -> Bool { parameter.name.hasSuffix("bn.bias") }
  private func isScale(_ parameter: Parameter) -> Bool { parameter.name.hasSuffix("bn.weight") }

  /// Normalized values reach about +-3, times 0.5: a shift of +-4 keeps ReLU's input away from 0.
  private func shifts(_ count: Int) -> [Float] { (0..<count).map { $0 % 2 == 0 ? 4 : -4 } }

  static let all: [GradientCase] =
    convolutions + activations + activationsInSteps + compositions

  /// Kernel, stride and groups of convolutions of six channels; six groups are depthwise.
  private static let convolutions: [GradientCase] = [
    (1, 1, 1), (1, 2, 1), (3, 1, 1), (3, 2, 1), (5, 1, 1), (7, 2, 1), (1, 1, 2), (3, 1, 2), (3, 2, 3),
    (3, 1, 6), (3, 2, 6), (5, 1, 6),
  ].map { kernel, stride, groups in
    GradientCase(name: "convolution of \(kernel) with stride \(stride) in \(groups) groups") { builder, x in
      let convolution = Convolution(
        outputs: 6, kernel: kernel, stride: stride, groups: groups, hasBias: true)
      _ = try builder.add(convolution, [x], layer: "c")
    }
  }

  private static let activations: [GradientCase] = [
    ActivationFunction.silu, .sigmoid, .hardSwish, .hardSigmoid,
  ].map { function in
    GradientCase(name: "average pooling, \(function)") { builder, x in
      let mean = try builder.add(AveragePooling(window: 3, stride: 2, padding: 1), [x], layer: "mean")
      _ = try builder.add(Activation(function), [mean], layer: "activation")
    }
  }

  private static let activationsInSteps: [GradientCase] = [
    ActivationFunction.relu6, .leakyReLU(slope: 0.1), .silu,
  ].map { (function: ActivationFunction) in
    GradientCase(name: "convolution, batch norm, \(function)") { builder, x in
      _ = try builder.convolution(
        Convolution(outputs: 4, kernel: 3), of: x, layer: "c", norm: "bn", activation: function)
    }
  }

  private static let compositions: [GradientCase] = [
    GradientCase(name: "depthwise convolution, batch norm, ReLU6") { builder, x in
      _ = try builder.convolution(
        Convolution(outputs: 6, kernel: 3, groups: 6), of: x, layer: "c", norm: "bn", activation: .relu6)
    },
    GradientCase(name: "gates of a channel and of a pixel") { builder, x in
      let mean = try builder.add(GlobalAveragePooling(), [x], layer: "mean")
      var signal = x
      for (index, input) in [mean, x].enumerated() {
        let linear = try builder.add(
          Convolution(outputs: 6, kernel: 1, hasBias: true), [input], layer: "linear\(index)")
        let gate = try builder.add(Activation(.sigmoid), [linear], layer: "gate\(index)")
        signal = try builder.add(Multiply(), [signal, gate], layer: "product\(index)")
      }
    },
    GradientCase(name: "concatenations, one of which extends another") { builder, x in
      let first = try builder.add(Convolution(outputs: 3, kernel: 3), [x], layer: "first")
      let joined = try builder.add(Concatenate(), [x, first], layer: "joined")
      let second = try builder.add(Convolution(outputs: 2, kernel: 1), [joined], layer: "second")
      let longer = try builder.add(Concatenate(), [joined, second, x], layer: "longer")
      _ = try builder.add(Convolution(outputs: 4, kernel: 3), [longer], layer: "last")
    },
    GradientCase(name: "convolution, batch norm, ReLU, max pooling") { builder, x in
      let y = try builder.convolution(Convolution(outputs: 4, kernel: 3), of: x, layer: "c", norm: "bn")
      _ = try builder.add(MaxPooling(window: 3, stride: 2, padding: 1), [y], layer: "p")
    },
    GradientCase(name: "residual blocks") { builder, x in
      let identity = try block(&builder, x, "a", stride: 1, lost: nil)
      let projected = try block(&builder, identity, "b", stride: 2, lost: nil)
      _ = try block(&builder, projected, "c", stride: 1, lost: [1, 4])
    },
    GradientCase(name: "linear layers, ReLU and dropout between") { builder, x in
      var y = try builder.add(GlobalAveragePooling(), [x], layer: "pool")
      y = try builder.add(Linear(outputs: 30), [y], layer: "hidden")
      y = try builder.add(BatchNormalization(), [y], layer: "bn")
      y = try builder.add(Activation(.relu), [y], layer: "relu")
      y = try builder.add(Dropout(0.25), [y], layer: "drop")
      _ = try builder.add(Linear(outputs: 5), [y], layer: "out")
    },
    GradientCase(name: "flatten") { builder, x in
      let y = try builder.add(Flatten(), [x], layer: "flat")
      _ = try builder.add(Linear(outputs: 5), [y], layer: "out")
    },
    GradientCase(name: "a value read three times") { builder, x in
      let a = try builder.add(Convolution(outputs: 6, kernel: 3), [x], layer: "a")
      let b = try builder.add(Convolution(outputs: 6, kernel: 1), [a], layer: "b")
      let c = try builder.add(Add(operands: 3, shortcut: 2), [b, a, x], layer: "c")
      _ = try builder.add(Add(operands: 2, shortcut: 1), [c, a], layer: "d")
    },
  ]

  /// conv, batch norm, ReLU, conv, batch norm, + shortcut.
  private static func block(
    _ builder: inout GraphBuilder, _ x: Graph.Value, _ name: String, stride: Int, lost: [Int]?
  ) throws -> Graph.Value {
    let inner = try builder.convolution(
      Convolution(outputs: 4, kernel: 3, stride: stride), of: x, layer: name + "1", norm: name + "1bn")
    let branch = try builder.convolution(
      Convolution(outputs: lost?.count ?? 6, kernel: 3), of: inner, layer: name + "2", norm: name + "2bn",
      activation: nil)
    let bypass =
      stride == 1
      ? x
      : try builder.convolution(
        Convolution(outputs: 6, kernel: 1, stride: stride), of: x, layer: name + "s", norm: name + "s.norm",
        activation: nil)
    return try builder.add(
      Add(operands: 2, shortcut: 1, channels: [lost, nil]), [branch, bypass], layer: name)
  }
}

import Compute
import Testing

@testable import Network

/// Backward passes against central differences of forward passes, along random directions.
///
/// With L = sum of c * forward(x), (L(p + h d) - L(p - h d)) / 2h must equal <gradient, d>. L is summed in double. Where L
/// is linear in p (weights and biases of convolution and linear layers) the difference is exact for any h, and only
/// single-precision rounding is left: tolerance 1e-4 with h = 0.5. Batch norm curves: an error of order h^2, tolerance 1e-2 with h = 1e-2.
/// ReLU's and max pooling's kinks are kept away from by construction.
@Suite("Numerical gradients")
struct LayerGradientTests {
  let context: Context
  let engine: Engine

  init() throws {
    engine = try Engine(threads: 2)
    context = Context(engine: engine)
    context.pass = .training
  }

  static let input = PlaneShape(channels: 5, images: 3, rows: 7, columns: 6)

  @Test("convolution", arguments: [(1, 1), (1, 2), (3, 1), (3, 2), (5, 1), (7, 2)])
  func convolution(_ kernel: Int, _ stride: Int) {
    let layer = Convolution(
      name: "c", inputs: 5, outputs: 4, kernel: kernel, stride: stride, hasBias: true, inputRows: 7,
      inputColumns: 6,
      inputGroup: nil)
    let x = Planes(Self.input, dense: random(Self.input, 1))
    fill(layer.weight, 2)
    if let bias = layer.bias { fill(bias, 3) }
    let c = random(layer.outputShape(images: 3), 4)
    let dx = Planes(Self.input)
    layer.backward(
      Planes(layer.outputShape(images: 3), dense: c), input: x, inputGradient: dx, accumulate: false, context)
    let loss = { (x: Planes) in dot(layer.forward(x, self.context).dense(), c) }
    check("input", dx.dense(), along: random(Self.input, 5), step: 0.5, tolerance: 1e-4) { delta in
      loss(Planes(Self.input, dense: sum(x.dense(), delta)))
    }
    for parameter in [layer.weight, layer.bias].compactMap({ $0 }) {
      check(parameter, step: 0.5, tolerance: 1e-4) { loss(x) }
    }
  }

  @Test("convolution, batch norm, ReLU", arguments: [true, false])
  func unit(_ hasReLU: Bool) {
    let layer = unit("u", inputs: 5, outputs: 4, hasReLU: hasReLU, seed: 10)
    checkLayer(layer, input: random(Self.input, 11))
  }

  @Test("residual block with identity shortcut")
  func identityBlock() {
    let inner = unit("a", inputs: 5, outputs: 4, hasReLU: true, seed: 20)
    let last = unit("b", inputs: 4, outputs: 5, hasReLU: false, seed: 30)
    checkLayer(
      ResidualBlock(inner: [inner], last: last, projection: nil), input: random(Self.input, 21, scale: 0.3))
  }

  @Test("residual block with projection, three convolutions")
  func projectionBlock() {
    let first = unit("a", inputs: 5, outputs: 4, hasReLU: true, seed: 40)
    let second = unit("b", inputs: 4, outputs: 3, hasReLU: true, stride: 2, seed: 50)
    let last = unit("c", inputs: 3, outputs: 6, hasReLU: false, rows: 4, columns: 3, seed: 60)
    let projection = unit(
      "s", inputs: 5, outputs: 6, hasReLU: false, stride: 2, kernel: 1, shift: 0, seed: 70)
    for index in 0..<6 { projection.normalization.weight.value.values[index] = 0.2 }
    checkLayer(
      ResidualBlock(inner: [first, second], last: last, projection: projection), input: random(Self.input, 41)
    )
  }

  @Test("residual block with projection, its first convolution strided")
  func stridedBlock() {
    let inner = unit("a", inputs: 5, outputs: 4, hasReLU: true, stride: 2, seed: 42)
    let last = unit("b", inputs: 4, outputs: 6, hasReLU: false, rows: 4, columns: 3, seed: 62)
    let projection = unit(
      "s", inputs: 5, outputs: 6, hasReLU: false, stride: 2, kernel: 1, shift: 0, seed: 72)
    for index in 0..<6 { projection.normalization.weight.value.values[index] = 0.2 }
    checkLayer(
      ResidualBlock(inner: [inner], last: last, projection: projection), input: random(Self.input, 43))
  }

  @Test("residual block whose last convolution has lost channels")
  func prunedBlock() {
    let inner = unit("a", inputs: 5, outputs: 4, hasReLU: true, seed: 80)
    let last = unit("b", inputs: 4, outputs: 5, hasReLU: false, seed: 90)
    let block = ResidualBlock(inner: [inner], last: last, projection: nil)
    last.keepOutputs([1, 4])
    // Channels without a branch keep the sign of the input: away from the kink.
    let x = random(Self.input, 81).map { $0 < 0 ? $0 * 0.3 - 0.1 : $0 * 0.3 + 0.1 }
    checkLayer(block, input: x, inputStep: 2e-3)
  }

  @Test("max pooling", arguments: [(2, 2, 0), (3, 2, 1)])
  func maxPooling(_ window: Int, _ stride: Int, _ padding: Int) {
    let layer = MaxPooling(window: window, stride: stride, padding: padding, inputRows: 7, inputColumns: 6)
    // Distinct values far apart, so that no step changes which one is the largest.
    var stream = RandomStream(seed: 1, purpose: .test)
    let count = Self.input.channels * Self.input.pixelsPerChannel
    let x = stream.permutation(count).map { Float($0) * 0.1 }
    checkLayer(layer, input: x, tolerance: 1e-4)
  }

  @Test("linear layers, ReLU between")
  func linear() {
    let layer = Linear(name: "l", inputs: 7, outputs: 5, hasReLU: true)
    fill(layer.weight, 100)
    for index in 0..<5 { layer.bias.value.values[index] = index % 2 == 0 ? 20 : -20 }
    let x = Tensor(shape: [3, 7], values: random(21, 101))
    let c = random(15, 102)
    _ = layer.forward(x, context)
    let dx = layer.backward(Tensor(shape: [3, 5], values: c), context)
    check("input", dx.values, along: random(21, 103), step: 0.5, tolerance: 1e-4) { delta in
      dot(layer.forward(Tensor(shape: [3, 7], values: sum(x.values, delta)), context).values, c)
    }
    for parameter in [layer.weight, layer.bias] {
      check(parameter, step: 0.5, tolerance: 1e-4) { dot(layer.forward(x, context).values, c) }
    }
  }

  @Test("linear layers with dropout, which scales what it keeps")
  func dropout() {
    let layer = Linear(name: "l", inputs: 7, outputs: 200, hasReLU: true, dropout: 0.25)
    fill(layer.weight, 110)
    layer.bias.value.values = [Float](repeating: 20, count: 200)
    let x = Tensor(shape: [3, 7], values: random(21, 111))
    let c = random(600, 112)
    func forward(_ x: Tensor) -> Tensor {
      // The same units again.
      context.dropout = RandomStream(seed: 5, purpose: .test)
      return layer.forward(x, context)
    }
    let dropped = forward(x)
    let dx = layer.backward(Tensor(shape: [3, 200], values: c), context)
    check("input", dx.values, along: random(21, 113), step: 0.5, tolerance: 1e-4) { delta in
      dot(forward(Tensor(shape: [3, 7], values: sum(x.values, delta))).values, c)
    }
    for parameter in [layer.weight, layer.bias] {
      check(parameter, step: 0.5, tolerance: 1e-4) { dot(forward(x).values, c) }
    }
    context.dropout = nil
    let whole = layer.forward(x, context)
    let kept = dropped.values.count { $0 != 0 }
    #expect((390...510).contains(kept), "\(kept) of 600")
    for (own, all) in zip(dropped.values, whole.values) where own != 0 {
      #expect(abs(own - all / 0.75) < 1e-3)
    }
  }

  // MARK: Making layers

  private func unit(
    _ name: String, inputs: Int, outputs: Int, hasReLU: Bool, stride: Int = 1, kernel: Int = 3, rows: Int = 7,
    columns: Int = 6, shift: Float = 4, seed: Int
  ) -> ConvolutionUnit {
    let convolution = Convolution(
      name: name, inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, hasBias: false,
      inputRows: rows,
      inputColumns: columns, inputGroup: nil)
    let normalization = BatchNormalization(name: name + "bn", channels: outputs)
    fill(convolution.weight, seed)
    // Normalized values reach about +-3, times 0.5: a shift of +-4 keeps ReLU's input away from 0.
    for channel in 0..<outputs {
      normalization.weight.value.values[channel] = 0.5
      normalization.bias.value.values[channel] = channel % 2 == 0 ? shift : -shift
    }
    return ConvolutionUnit(convolution, normalization, hasReLU: hasReLU, role: .prunable)
  }

  // MARK: Checking

  private func checkLayer(
    _ layer: some FeatureLayer, input: [Float], inputStep: Float = 1e-2, tolerance: Double = 1e-2
  ) {
    let forward = { (values: [Float]) in
      layer.forward(Planes(Self.input, dense: values), self.context)
    }
    let output = forward(input)
    let c = random(output.shape, 7)
    let gradient = context.pool.take(output.shape)
    gradient.load(dense: c)
    let dx = layer.backward(gradient, wantsInputGradient: true, context)
    let loss = { (values: [Float]) in
      let value = dot(forward(values).dense(), c)
      layer.release(self.context)
      return value
    }
    check("input", dx?.dense() ?? [], along: random(Self.input, 8), step: inputStep, tolerance: tolerance) {
      loss(sum(input, $0))
    }
    for unit in layer.units {
      for parameter in [unit.convolution.weight, unit.normalization.weight, unit.normalization.bias] {
        check(parameter, step: 1e-2, tolerance: tolerance) { loss(input) }
      }
    }
  }

  private func check(_ parameter: Parameter, step: Float, tolerance: Double, loss: () -> Double) {
    let gradient = parameter.gradient.values
    let original = parameter.value.values
    check(parameter.name, gradient, along: random(original.count, 9), step: step, tolerance: tolerance) {
      delta in
      parameter.value.values = sum(original, delta)
      defer { parameter.value.values = original }
      return loss()
    }
  }

  private func check(
    _ name: String, _ gradient: [Float], along direction: [Float], step: Float, tolerance: Double,
    loss: ([Float]) -> Double
  ) {
    let forward = loss(direction.map { $0 * step })
    let backward = loss(direction.map { -$0 * step })
    let numerical = (forward - backward) / (2 * Double(step))
    let analytical = dot(gradient, direction)
    // Relative to what the product could be: a derivative near zero is a difference of large terms.
    let scale = max(
      abs(numerical), zip(gradient, direction).reduce(0.0) { $0 + abs(Double($1.0 * $1.1)) } * 0.2)
    #expect(
      abs(numerical - analytical) <= tolerance * scale,
      "\(name): numerical \(numerical), analytical \(analytical)")
  }

  private func fill(_ parameter: Parameter, _ seed: Int) {
    parameter.value.values = random(parameter.value.count, seed)
  }
}

func random(_ shape: PlaneShape, _ seed: Int, scale: Float = 1) -> [Float] {
  random(shape.channels * shape.pixelsPerChannel, seed).map { $0 * scale }
}

/// Uniform in [-1, 1).
func random(_ count: Int, _ seed: Int) -> [Float] {
  var stream = RandomStream(seed: UInt64(seed), purpose: .test)
  return (0..<count).map { _ in stream.uniform() * 2 - 1 }
}

func dot(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
}

func sum(_ a: [Float], _ b: [Float]) -> [Float] {
  zip(a, b).map { $0 + $1 }
}

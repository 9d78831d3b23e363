import Compute
import Network

// Operations on several values, and conversion of channel layouts.

extension GraphWriter {
  mutating func added(_ sum: Add, _ node: Graph.Node, _ inputs: [Written]) -> Written {
    var result = inputs[sum.shortcut]
    let layout = result.layout
    let pixels = graph.shapes[node.inputs[sum.shortcut].index].pixels
    var names: [String] = []
    for (index, operand) in inputs.enumerated() {
      guard index != sum.shortcut else {
        names.append(operand.name)
        continue
      }
      let wanted = layout.branch(sum.channels[index])
      let isMissing = zip(layout.channels, wanted.channels).contains { $0 != nil && $1 == nil }
      // It must not add anything to channels that it has lost.
      let fits = operand.layout == wanted && (operand.isClean || !isMissing)
      let own = fits ? operand : placed(operand, wanted, node.layer, pixels: pixels, force: true)
      result.isClean = result.isClean && own.isClean
      names.append(own.name)
    }
    result.name = names[0]
    for name in names.dropFirst() { result.name = emit("Add", [result.name, name], node.layer) }
    return result
  }

  mutating func multiplied(_ node: Graph.Node, _ inputs: [Written]) -> Written {
    let pixels = graph.shapes[node.inputs[1].index].pixels
    let gate = placed(inputs[1], inputs[0].layout, node.layer, pixels: pixels)
    var result = inputs[0]
    result.name = emit("Mul", [inputs[0].name, gate.name], node.layer)
    result.isClean = inputs[0].isClean || gate.isClean
    return result
  }

  mutating func concatenated(_ node: Graph.Node, _ inputs: [Written]) -> Written {
    var layout = ChannelLayout(0)
    var offset = 0
    for (input, value) in zip(inputs, node.inputs) {
      layout = layout + (input.layout, offset)
      offset += graph.shapes[value.index].channels
    }
    let name = emit("Concat", inputs.map(\.name), node.layer, [.int("axis", 1)])
    return Written(
      name: name, layout: layout, isClean: inputs.allSatisfy(\.isClean), isVector: inputs[0].isVector)
  }

  /// Converts a value to another layout, by a 1x1 convolution of ones and zeros, or by a matrix
  /// product for a vector.
  ///
  /// - Parameter force: whether to convert even if the layout is the same, since padding channels
  ///   are not zero
  mutating func placed(
    _ value: Written, _ layout: ChannelLayout, _ layer: String, pixels: Int, force: Bool = false
  ) -> Written {
    if value.layout == layout, !force { return value }
    var positions: [Int: Int] = [:]
    for (position, channel) in value.layout.channels.enumerated() {
      if let channel { positions[channel] = position }
    }
    var weight = Tensor(shape: [layout.count, value.layout.count, 1, 1])
    for (output, channel) in layout.channels.enumerated() {
      guard let input = channel.flatMap({ positions[$0] }) else { continue }
      weight.values[output * value.layout.count + input] = 1
    }
    macs += weight.count * pixels
    if value.isVector { weight = Tensor(shape: Array(weight.shape.prefix(2)), values: weight.values) }
    let inputs = [value.name, initializer("\(layer)/channels", weight)]
    let name =
      value.isVector
      ? emit("Gemm", inputs, layer, [.int("transB", 1)])
      : emit("Conv", inputs, layer, [.ints("kernel_shape", [1, 1])])
    ranges[name] = ranges[value.name]
    return Written(name: name, layout: layout, isVector: value.isVector)
  }
}

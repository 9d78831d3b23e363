import Compute
import Network

// Convolutions and linear layers, with the batch norm after them if it is folded.

extension GraphWriter {
  /// Weight and bias of a convolution or linear layer, including the batch norm after it if it is
  /// folded.
  fileprivate struct Affine {
    var weight: Tensor
    var bias: [Float]?
    /// Number of nodes of the graph that it replaces.
    var count = 1
  }

  fileprivate func affine(_ index: Int) -> Affine {
    let node = graph.nodes[index]
    let plain = Affine(weight: weight(node), bias: tensor(node, "bias")?.values)
    guard options.foldsBatchNorm, let next = graph.onlyReader(of: graph.output(of: index)), next == index + 1,
      graph.operation(next, as: BatchNormalization.self) != nil
    else { return plain }
    return plain.folding(Scaling(graph.nodes[next], tensors))
  }

  mutating func convolved(
    _ convolution: Convolution, _ index: Int, _ given: Written
  ) -> (Written, count: Int) {
    let node = graph.nodes[index]
    let affine = affine(index)
    let inputs = graph.shapes[node.inputs[0].index].channels
    var (input, groups) = (given, convolution.groups)
    var (layout, weight) = (outputLayout(of: index, convolution.outputs), affine.weight)
    if groups == 1 {
      weight = weight.laidOut(input.layout, axis: 1)
    } else if groups == inputs {
      layout = input.layout.repeated(convolution.outputs / inputs)
      groups = input.layout.count
    } else {
      input = placed(
        input, ChannelLayout(inputs), node.layer, pixels: graph.shapes[node.inputs[0].index].pixels)
      if !layout.isIdentity || layout.count != convolution.outputs {
        layout = ChannelLayout(convolution.outputs)
      }
    }
    weight = weight.laidOut(layout, axis: 0)
    var result = emitConvolution(
      node, input, weight, affine.bias.map { Tensor(shape: [$0.count], values: $0).laidOut(layout, axis: 0) },
      kernel: (convolution.kernel, convolution.kernel), stride: convolution.stride,
      padding: convolution.padding, groups: groups,
      pixels: graph.shapes[graph.output(of: index).index].pixels)
    result.layout = layout
    return (result, affine.count)
  }

  /// The output layout of a convolution: the requested layout, or else its padded channels.
  private func outputLayout(of index: Int, _ outputs: Int) -> ChannelLayout {
    switch wishes[graph.output(of: index)] {
    case .whole: ChannelLayout(outputs)
    case .branch(let channels, let sum, let isFilled):
      ChannelLayout(sum, multipleOf: isFilled ? options.padChannels : 1).branch(channels)
    case nil: ChannelLayout(outputs, multipleOf: options.padChannels)
    }
  }

  private mutating func emitConvolution(
    _ node: Graph.Node, _ input: Written, _ weight: Tensor, _ bias: Tensor?,
    kernel: (rows: Int, columns: Int), stride: Int, padding: Int, groups: Int, pixels: Int
  ) -> Written {
    macs += weight.count * pixels
    var inputs = [input.name, initializer(node.tensors + ".weight", weight)]
    if let bias { inputs.append(initializer(node.tensors + ".bias", bias)) }
    let name = emit(
      "Conv", inputs, node.layer,
      [
        .int("group", groups), .ints("kernel_shape", [kernel.rows, kernel.columns]),
        .ints("pads", [padding, padding, padding, padding]), .ints("strides", [stride, stride]),
      ])
    return Written(name: name, layout: input.layout)
  }

  /// Writes a Gemm, or a convolution as large as the map if its vector becomes a map again, as in
  /// squeeze-and-excitation.
  mutating func linear(
    _ linear: Linear, _ index: Int, _ given: Written
  ) -> (Written, count: Int) {
    let node = graph.nodes[index]
    let affine = affine(index)
    let shape = graph.shapes[node.inputs[0].index]
    let layout = unitLayout(of: index, linear.outputs)
    let bias = affine.bias.map { Tensor(shape: [$0.count], values: $0).laidOut(layout, axis: 0) }
    if !wishes.tail.contains(index) {
      let columns = affine.weight.laidOut(given.layout.repeated(shape.pixels), axis: 1)
        .laidOut(layout, axis: 0)
      let weight = Tensor(
        shape: [layout.count, given.layout.count, shape.rows, shape.columns], values: columns.values)
      var result = emitConvolution(
        node, given, weight, bias, kernel: (shape.rows, shape.columns), stride: 1, padding: 0, groups: 1,
        pixels: 1)
      result.layout = layout
      return (result, affine.count)
    }
    let input = given.isVector ? given : vector(given, shape.pixels, node.layer)
    let weight = affine.weight.laidOut(input.layout, axis: 1).laidOut(layout, axis: 0)
    macs += weight.count
    var inputs = [input.name, initializer(node.tensors + ".weight", weight)]
    if let bias { inputs.append(initializer(node.tensors + ".bias", bias)) }
    let isLast = graph.output(of: index + affine.count - 1) == graph.output
    let name = emit("Gemm", inputs, node.layer, [.int("transB", 1)], output: isLast ? "logits" : nil)
    return (Written(name: name, layout: layout, isVector: true), affine.count)
  }

  /// The output layout of a linear layer: that of the sum that it is a branch of, or else its units
  /// without padding, which runtimes do not need.
  private func unitLayout(of index: Int, _ outputs: Int) -> ChannelLayout {
    guard case .branch(let channels, let sum, _) = wishes[graph.output(of: index)] else {
      return ChannelLayout(outputs)
    }
    return ChannelLayout(sum).branch(channels)
  }

  mutating func vector(_ value: Written, _ pixels: Int, _ layer: String) -> Written {
    var result = value
    result.name = emit("Flatten", [value.name], layer, [.int("axis", 1)])
    result.layout = value.layout.repeated(pixels)
    result.isVector = true
    return result
  }

  mutating func flattened(_ index: Int, _ input: Written) throws(ONNXError) -> Written {
    let node = graph.nodes[index]
    let pixels = graph.shapes[node.inputs[0].index].pixels
    if input.isVector { return input }
    if wishes.tail.contains(index) { return vector(input, pixels, node.layer) }
    guard pixels == 1 else {
      throw ONNXError(
        node: node.layer, problem: "a flattened map that becomes a map again cannot be written",
        advice: "put a linear layer behind `flatten`, or leave it out")
    }
    return input
  }
}

/// Batch norm with running statistics: scale * x + shift.
struct Scaling {
  let scale: [Double]
  let shift: [Double]

  init(_ node: Graph.Node, _ tensors: [String: Tensor]) {
    func values(_ name: String) -> [Double] {
      tensors[node.tensors + "." + name]?.values.map(Double.init) ?? []
    }
    let (weight, bias) = (values("weight"), values("bias"))
    let (mean, variance) = (values("running_mean"), values("running_var"))
    let scale = zip(weight, variance).map { $0 / ($1 + BatchNormalization.epsilon).squareRoot() }
    shift = bias.indices.map { bias[$0] - mean[$0] * scale[$0] }
    self.scale = scale
  }
}

extension GraphWriter.Affine {
  /// Folds the batch norm after it.
  fileprivate func folding(_ scaling: Scaling) -> Self {
    var folded = self
    let columns = weight.count / max(1, weight.shape[0])
    for index in folded.weight.values.indices {
      folded.weight.values[index] = Float(Double(weight.values[index]) * scaling.scale[index / columns])
    }
    folded.bias = scaling.shift.indices.map {
      Float(Double(bias?[$0] ?? 0) * scaling.scale[$0] + scaling.shift[$0])
    }
    folded.count = 2
    return folded
  }
}

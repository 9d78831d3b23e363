import Compute
import Network

// Convolutions, linear layers and batch norm.

extension GraphReader {
  /// A square window, with the same size, stride and padding in both directions.
  struct Window {
    var size: Int
    var stride: Int
    var padding: Int
  }

  /// The window of a convolution or a pooling.
  ///
  /// - Parameters:
  ///   - limits: the sizes that it may have
  ///   - features: its input, with the padding of a Pad
  func window(
    _ node: NodeReader, sizes: [Int], within limits: ClosedRange<Int>, _ features: Features
  ) throws(ONNXError) -> Window {
    let strides = node.ints("strides") ?? [1, 1]
    guard sizes.count == 2, strides.count == 2 else {
      throw node.error("it is not two-dimensional", "only networks for images are supported")
    }
    guard (node.ints("dilations") ?? [1, 1]).allSatisfy({ $0 == 1 }) else {
      throw node.error("it has dilations", "only dilations of 1 are supported")
    }
    guard sizes[0] == sizes[1], strides[0] == strides[1] else {
      throw node.error("its window of \(sizes) with strides \(strides) is not square")
    }
    guard limits.contains(sizes[0]), WindowLimits.strides.contains(strides[0]) else {
      throw node.error("a window of \(sizes[0]) with a stride of \(strides[0]) is not possible")
    }
    let own = try padding(node, sizes, strides, features)
    let padding = zip(own, features.padding).map { $0 &+ $1 }
    guard padding.allSatisfy({ $0 == padding[0] }), WindowLimits.paddings.contains(padding[0]) else {
      throw node.error(
        "its padding of \(padding) (above, left, below, right) is not equal on all sides",
        "export with padding that is, as PyTorch's layers have it")
    }
    return Window(size: sizes[0], stride: strides[0], padding: padding[0])
  }

  private func padding(
    _ node: NodeReader, _ sizes: [Int], _ strides: [Int], _ features: Features
  ) throws(ONNXError) -> [Int] {
    switch node.text("auto_pad") ?? "NOTSET" {
    case "NOTSET", "":
      let pads = node.ints("pads") ?? [0, 0, 0, 0]
      guard pads.count == 4 else { throw node.error("its padding has \(pads.count) numbers, not 4") }
      return pads
    case "VALID": return [0, 0, 0, 0]
    case "SAME_UPPER", "SAME_LOWER":
      let shape = builder.shape(features.value)
      let pads = features.padding
      let lengths = [shape.rows + pads[0] + pads[2], shape.columns + pads[1] + pads[3]]
      let totals = zip(lengths, zip(sizes, strides)).map { length, window in
        max(0, ((length + window.1 - 1) / window.1 - 1) * window.1 + window.0 - length)
      }
      guard totals.allSatisfy({ $0 % 2 == 0 }) else {
        throw node.error("`auto_pad` pads one side more than the other for images of \(shape)")
      }
      return [totals[0] / 2, totals[1] / 2, totals[0] / 2, totals[1] / 2]
    case let other: throw node.error("`auto_pad` of \(shown(other)) is not known")
    }
  }

  // MARK: Convolutions

  mutating func convolution(_ node: NodeReader) throws(ONNXError) {
    let features = try paddedFeatures(node)
    guard let weight = try floats(node, 1), weight.shape.count == 4, !features.isVector else {
      throw node.error("it is not two-dimensional", "only networks for images are supported")
    }
    if let sizes = node.ints("kernel_shape"), sizes != Array(weight.shape.dropFirst(2)) {
      throw node.error("its kernel of \(sizes) is not that of its weights, \(weight.shape)")
    }
    let window = try window(
      node, sizes: Array(weight.shape.dropFirst(2)), within: WindowLimits.kernels, features)
    let bias = try floats(node, 2)
    let groups = node.int("group", 1)
    let inputs = builder.shape(features.value).channels
    guard groups > 0, inputs % groups == 0, weight.shape[0] % groups == 0,
      weight.shape[1] == inputs / groups, bias.map({ $0.shape == [weight.shape[0]] }) ?? true
    else {
      throw node.error("weights of \(weight.shape) in \(groups) groups do not fit \(inputs) input channels")
    }
    let name = try layerName(node, weight: node.input(1))
    let convolution = Convolution(
      outputs: weight.shape[0], kernel: window.size, stride: window.stride, padding: window.padding,
      groups: groups, hasBias: bias != nil)
    let value = try append(convolution, [features.value], layer: name, node)
    tensors[name + ".weight"] = weight
    tensors[name + ".bias"] = bias
    set(node, .features(Features(value: value)))
  }

  /// Replaces a Slice with steps or a Pad of channels by a 1x1 convolution of ones and zeros: the
  /// shortcut without weights of ResNets for small images (He et al. 2015, section 4.1, option A).
  ///
  /// - Parameters:
  ///   - before: number of zero channels before the features
  ///   - after: number of zero channels after the features
  mutating func projected(
    _ features: Features, before: Int = 0, after: Int = 0, _ node: NodeReader
  ) throws(ONNXError) -> Features {
    guard features.padding == [0, 0, 0, 0] else {
      throw node.error("it reads the output of a Pad", "only convolutions and average pooling may")
    }
    guard features.steps[0] == features.steps[1], WindowLimits.strides.contains(features.steps[0]) else {
      throw node.error("a Slice with steps of \(features.steps) is not square")
    }
    let inputs = builder.shape(features.value).channels
    let limit = 1 << 16
    guard (0...limit).contains(before), (0...limit).contains(after), inputs <= limit,
      (before + inputs + after) * inputs <= 1 << 24
    else { throw node.error("a projection of \(inputs) channels is too large") }
    let outputs = before + inputs + after
    projectedWeights += outputs * inputs
    guard projectedWeights <= 1 << 26 else {
      throw node.error("the projections up to this one are too large")
    }
    let name = free((Self.path(node.proto.name) ?? node.output) + ".shortcut")
    var weight = Tensor(shape: [outputs, inputs, 1, 1])
    for channel in 0..<inputs { weight.values[(before + channel) * inputs + channel] = 1 }
    let value = try append(
      Convolution(outputs: outputs, kernel: 1, stride: features.steps[0], padding: 0), [features.value],
      layer: name, node)
    tensors[name + ".weight"] = weight
    return Features(value: value)
  }

  // MARK: Linear layers

  mutating func gemm(_ node: NodeReader) throws(ONNXError) {
    // beta multiplies the bias; torch.mm, which has none, is exported with 0.
    guard node.float("alpha", 1) == 1, node.input(2) == nil || node.float("beta", 1) == 1,
      node.int("transA", 0) == 0
    else {
      throw node.error("it is not a linear layer: alpha, beta or transA are set")
    }
    guard let weight = try floats(node, 1) else { throw node.error("it has no weights") }
    let bias = try floats(node, 2)
    try linear(node, weight, isTransposed: node.int("transB", 0) == 0, bias: bias)
  }

  /// A product with constant weights, with the sum after it as its bias.
  mutating func matrixProduct(_ node: NodeReader) throws(ONNXError) {
    guard let weight = try floats(node, 1) else { throw node.error("it has no weights") }
    if let next = onlyConsumer(of: node.output), nodes[next].type == "Add" {
      let sum = nodes[next]
      let other = sum.input(0) == node.output ? 1 : 0
      if case .tensor(let proto)? = try? lookup(sum.input(other), of: sum) {
        let bias = try decoding.floats(proto)
        finished.insert(next)
        try linear(node, weight, isTransposed: true, bias: bias, as: sum)
        return
      }
    }
    try linear(node, weight, isTransposed: true, bias: nil)
  }

  /// - Parameters:
  ///   - isTransposed: whether the weights are `[inputs, outputs]`
  ///   - result: the node whose output it computes, if not `node`
  private mutating func linear(
    _ node: NodeReader, _ given: Tensor, isTransposed: Bool, bias: Tensor?, as result: NodeReader? = nil
  ) throws(ONNXError) {
    let features = try features(node, isTransposable: true)
    let shape = builder.shape(features.value)
    guard given.shape.count == 2, features.isVector || shape.isVector else {
      throw node.error("it is not a linear layer after a flattened map")
    }
    let weight = isTransposed ? given.transposed : given
    guard weight.shape[1] == shape.channels * shape.pixels else {
      throw node.error(
        "weights of \(weight.shape) do not fit \(shape.channels * shape.pixels) inputs",
        "`dataset.size` or `architecture.input` may be another than the network was made for")
    }
    guard bias.map({ $0.count == weight.shape[0] && $0.shape.last ?? 1 == $0.count }) ?? true else {
      throw node.error("its bias of \(bias?.shape ?? []) does not fit \(weight.shape[0]) outputs")
    }
    let name = try layerName(node, weight: weightName(node))
    let value = try append(
      Linear(outputs: weight.shape[0], hasBias: bias != nil), [features.value], layer: name, node)
    tensors[name + ".weight"] = weight
    tensors[name + ".bias"] = bias.map { Tensor(shape: [$0.count], values: $0.values) }
    set(result ?? node, .features(Features(value: value, isVector: true)))
  }

  /// The name of the weights that a node reads, without a Transpose of them.
  private func weightName(_ node: NodeReader) -> String? {
    if case .transposed(_, let name)? = try? lookup(node.input(1), of: node) { return name }
    return node.input(1)
  }

  func onlyConsumer(of name: String) -> Int? {
    guard let readers = consumers[name], readers.count == 1 else { return nil }
    return readers[0]
  }

  // MARK: Batch norm

  /// Batch norm here has an epsilon of 1e-5; the difference of another epsilon is added to the
  /// variance.
  mutating func batchNormalization(_ node: NodeReader) throws(ONNXError) {
    let features = try features(node)
    // Before opset 14 its other outputs, statistics of the batch, say so, and before opset 7
    // `is_test`.
    guard node.int("training_mode", 0) == 0, node.int("is_test", 1) != 0,
      node.proto.output.dropFirst().allSatisfy(\.isEmpty)
    else {
      throw node.error("it is in training mode", "call eval() before the export")
    }
    let channels = builder.shape(features.value).channels
    var read: [Tensor] = []
    for rank in 1...4 {
      guard let tensor = try floats(node, rank), tensor.shape == [channels] else {
        throw node.error("one of its tensors does not have a value for each of \(channels) channels")
      }
      read.append(tensor)
    }
    let difference = Float(Double(node.float("epsilon", 1e-5)) - BatchNormalization.epsilon)
    if abs(difference) > 1e-9 { read[3].values = read[3].values.map { $0 + difference } }
    // Optimizers merge equal initializers, so that several layers may read the same ones; each gets
    // its own tensors, also where a network uses one layer twice.
    let name = try layerName(node, weight: node.input(1).flatMap { used.contains($0) ? nil : $0 })
    let value = try append(
      BatchNormalization(), [features.value], layer: layer(before: node, features.value) ?? name,
      tensors: name, node)
    for (suffix, tensor) in zip(["weight", "bias", "running_mean", "running_var"], read) {
      tensors["\(name).\(suffix)"] = tensor
    }
    set(node, .features(Features(value: value, isVector: features.isVector)))
  }
}

extension Tensor {
  /// Of a matrix.
  var transposed: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    var result = Tensor(shape: [columns, rows])
    for row in 0..<rows {
      for column in 0..<columns { result.values[column * rows + row] = values[row * columns + column] }
    }
    return result
  }
}

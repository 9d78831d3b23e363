import Compute
import Network

// Activations, pooling, and operations on several values.

extension GraphReader {
  // MARK: Activations

  mutating func activation(
    _ node: NodeReader, _ function: ActivationFunction, as result: NodeReader? = nil
  ) throws(ONNXError) {
    let features = try features(node, isTransposable: true)
    let value = try append(
      Activation(function), [features.value], layer: layer(before: node, features.value), node)
    if [.sigmoid, .hardSigmoid].contains(function) { gates.insert(value) }
    set(result ?? node, .features(features.with(value)))
  }

  mutating func leakyReLU(_ node: NodeReader) throws(ONNXError) {
    let slope = node.float("alpha", 0.01)
    guard (0...1).contains(slope) else { throw node.error("a slope of \(slope) is not from 0 to 1") }
    try activation(node, .leakyReLU(slope: slope))
  }

  /// x * sigmoid(x) is SiLU.
  mutating func sigmoid(_ node: NodeReader) throws(ONNXError) {
    if let product = ownProduct(node) { return try activation(node, .silu, as: product) }
    try activation(node, .sigmoid)
  }

  mutating func hardSigmoid(_ node: NodeReader) throws(ONNXError) {
    let (slope, offset) = (node.float("alpha", 0.2), node.float("beta", 0.5))
    guard abs(slope - 1 / 6) < 1e-4, offset == 0.5 else {
      throw node.error("its slope of \(slope) is not 1/6", "PyTorch's Hardsigmoid has that one")
    }
    if let product = ownProduct(node) { return try activation(node, .hardSwish, as: product) }
    try activation(node, .hardSigmoid)
  }

  /// The only reader of a gate, if it multiplies the gate with its own input; the reader is then
  /// finished, too.
  private mutating func ownProduct(_ node: NodeReader) -> NodeReader? {
    guard let next = onlyConsumer(of: node.output), nodes[next].type == "Mul",
      Set(nodes[next].proto.input) == [node.output, node.input(0) ?? ""], nodes[next].proto.input.count == 2
    else { return nil }
    finished.insert(next)
    return nodes[next]
  }

  mutating func clip(_ node: NodeReader) throws(ONNXError) {
    let low = try bound(node, "min", 1)
    let high = try bound(node, "max", 2)
    guard low == 0, high == 6 || high == nil || high == .infinity || high == .greatestFiniteMagnitude else {
      let range = "\(low.map { "\($0)" } ?? "none") to \(high.map { "\($0)" } ?? "none")"
      throw node.error("bounds of \(range) are not a supported activation", "0 to 6 is ReLU6, 0 to none ReLU")
    }
    try activation(node, high == 6 ? .relu6 : .relu)
  }

  /// An input since opset 11, an attribute before.
  private mutating func bound(_ node: NodeReader, _ name: String, _ rank: Int) throws(ONNXError) -> Float? {
    if node.has(name) { return node.float(name, 0) }
    guard let tensor = try floats(node, rank) else { return nil }
    guard tensor.count == 1 else { throw node.error("a bound has \(tensor.count) values") }
    return tensor.values[0]
  }

  /// Evaluation passes everything; the ratio is kept for training.
  mutating func dropout(_ node: NodeReader) throws(ONNXError) {
    let features = try features(node, isTransposable: true)
    var share = node.float("ratio", 0.5)
    if let given = try floats(node, 1), let first = given.values.first { share = first }
    guard (0..<1).contains(share) else { throw node.error("a ratio of \(share) is not from 0 to below 1") }
    let value = try append(Dropout(share), [features.value], node)
    set(node, .features(features.with(value)))
  }

  // MARK: Pooling

  mutating func maxPool(_ node: NodeReader) throws(ONNXError) {
    let features = try features(node)
    let window = try poolingWindow(node, features)
    try pool(node, MaxPooling(window: window.size, stride: window.stride, padding: window.padding), features)
  }

  mutating func averagePool(_ node: NodeReader) throws(ONNXError) {
    let features = try paddedFeatures(node)
    let window = try poolingWindow(node, features)
    // A Pad is part of the map, whose zeros the mean includes.
    let hasOwnPadding = features.padding.contains { $0 != window.padding }
    guard !hasOwnPadding || node.int("count_include_pad", 0) == 1 else {
      throw node.error(
        "its mean excludes the padding", "only `count_include_pad=True`, PyTorch's default, is supported")
    }
    try pool(
      node, AveragePooling(window: window.size, stride: window.stride, padding: window.padding), features)
  }

  private func poolingWindow(_ node: NodeReader, _ features: Features) throws(ONNXError) -> Window {
    guard let sizes = node.ints("kernel_shape"), !features.isVector else {
      throw node.error("it has no window, or reads no map")
    }
    let window = try window(node, sizes: sizes, within: WindowLimits.poolings, features)
    let shape = builder.shape(features.value)
    // Rounding up adds a window only if there is a remainder.
    if node.int("ceil_mode", 0) == 1,
      [shape.rows, shape.columns].contains(where: {
        ($0 + 2 * window.padding - window.size) % window.stride != 0
      })
    {
      throw node.error(
        "`ceil_mode` adds a window at the border for images of \(shape)", "only ceil_mode=False is supported")
    }
    return window
  }

  private mutating func pool(
    _ node: NodeReader, _ operation: any Operation, _ features: Features
  ) throws(ONNXError) {
    set(node, .features(Features(value: try append(operation, [features.value], node))))
  }

  mutating func globalPool(_ node: NodeReader) throws(ONNXError) {
    let features = try features(node)
    try pool(node, try globalPooling(node, features), features)
  }

  /// The mean or the maximum of rows and columns, at once or one after the other.
  mutating func reduce(_ node: NodeReader) throws(ONNXError) {
    let axes = try axes(node, input: 1) ?? []
    let isVector = node.int("keepdims", 1) == 0
    if let pooled = try afterSecondOperator(node, axes), pooled.isVector == isVector {
      return set(node, .features(pooled))
    }
    let features = try features(node)
    let removed = axes.map { $0 < 0 ? $0 &+ 4 : $0 }.sorted()
    guard [[2, 3], [2], [3]].contains(removed), !features.isVector else {
      throw node.error(
        "it does not reduce rows and columns", "only axes 2 and 3 are supported, as in x.mean((2, 3))")
    }
    let value = try append(try globalPooling(node, features), [features.value], node)
    var pooled = Features(value: value, isVector: isVector)
    if removed.count == 1 {
      pooled.second = SecondOperator(
        type: node.type, axes: [isVector ? 2 : 5 - removed[0]], dimensions: isVector ? 3 : 4)
    }
    set(node, .features(pooled))
  }

  /// The mean or the maximum of a whole map.
  private func globalPooling(_ node: NodeReader, _ features: Features) throws(ONNXError) -> any Operation {
    guard ["GlobalMaxPool", "ReduceMax"].contains(node.type) else { return GlobalAveragePooling() }
    let shape = builder.shape(features.value)
    guard shape.rows == shape.columns, WindowLimits.poolings.contains(shape.rows) else {
      throw node.error(
        "it takes the maximum of a map of \(shape)",
        "only square maps of at most \(WindowLimits.poolings.upperBound) rows are supported")
    }
    return MaxPooling(window: shape.rows)
  }

  // MARK: Several values

  mutating func add(_ node: NodeReader) throws(ONNXError) {
    if try arithmetic(node, { $0.addingReportingOverflow($1) }) { return }
    try sum(node)
  }

  mutating func sum(_ node: NodeReader) throws(ONNXError) {
    let operands = try operands(node)
    let values = operands.map(\.value)
    let shortcut = builder.stream(among: values).flatMap(values.firstIndex) ?? 0
    let value = try append(Add(operands: values.count, shortcut: shortcut), values, node)
    set(node, .features(Features(value: value, isVector: operands[0].isVector)))
  }

  /// A signal and its gate: the gate is the operand with one value per channel. Of two with the
  /// same shape it is the one that a sigmoid computes, or else the second, as always in own files.
  mutating func multiply(_ node: NodeReader) throws(ONNXError) {
    if try arithmetic(node, { $0.multipliedReportingOverflow(by: $1) }) { return }
    var operands = try operands(node)
    let shapes = operands.map { builder.shape($0.value) }
    let areGates = operands.map { gates.contains($0.value) }
    let beginsWithGate =
      shapes[0] == shapes[1] ? areGates == [true, false] && !isOwn : shapes[0].isVector
    if beginsWithGate { operands.swapAt(0, 1) }
    let value = try append(Multiply(), operands.map(\.value), node)
    set(node, .features(Features(value: value, isVector: operands[0].isVector)))
  }

  private mutating func operands(_ node: NodeReader) throws(ONNXError) -> [Features] {
    let count = node.proto.input.count
    guard count == 2 || (node.type == "Sum" && count > 2) else {
      throw node.error("it has \(count) operands, not 2")
    }
    for rank in 0..<count {
      if case .tensor? = try? lookup(node.input(rank), of: node) {
        throw node.error(
          "one of its operands is a constant",
          advice(
            node,
            unlessImages: "scaled branches and layer scale are not supported; activations come in as Relu, "
              + "Clip, LeakyRelu, Sigmoid, HardSigmoid or HardSwish (opset 14)"))
      }
    }
    var found: [Features] = []
    for rank in 0..<count { found.append(try features(node, rank)) }
    guard found.allSatisfy({ $0.isVector == found[0].isVector }) else {
      throw node.error("one of its operands is a map, another a vector")
    }
    return found
  }

  mutating func concat(_ node: NodeReader) throws(ONNXError) {
    guard case .features(let first) = try lookup(node.input(0), of: node) else {
      return try concatSizes(node)
    }
    let axis = node.int("axis", 1)
    guard axis == 1 || axis == (first.isVector ? -1 : -3) else {
      // Shapes may begin with the number of images.
      throw node.error("it joins along axis \(axis)", "only channels, axis 1, can be joined")
    }
    // Each block of torchvision's DenseNet begins like this.
    guard node.proto.input.count > 1 else { return set(node, .features(first)) }
    var values: [Graph.Value] = []
    for rank in node.proto.input.indices {
      let operand = try features(node, rank)
      guard operand.isVector == first.isVector else {
        throw node.error("one of its operands is a map, another a vector")
      }
      values.append(operand.value)
    }
    let value = try append(Concatenate(), values, node)
    set(node, .features(Features(value: value, isVector: first.isVector)))
  }
}

import Compute
import Network

// Operators that do not compute: constants, shapes, padding, and flattening before the classifier.

extension GraphReader {
  mutating func constant(_ node: NodeReader) throws(ONNXError) {
    if let tensor = node.tensor("value") {
      set(node, .tensor(tensor))
    } else if node.has("value_int") {
      set(node, .sizes(Sizes([node.int("value_int", 0)])))
    } else if let values = node.ints("value_ints") {
      set(node, .sizes(Sizes(values)))
    } else if node.has("value_float") {
      set(
        node,
        .tensor(
          Onnx_TensorProto(Tensor(shape: [], values: [node.float("value_float", 0)]), name: node.output)))
    } else {
      throw node.error("it has no value that is read")
    }
  }

  /// The same value with another name.
  mutating func identity(_ node: NodeReader) throws(ONNXError) {
    set(node, try lookup(node.input(0), of: node))
  }

  /// Features must stay floats; sizes and constants may become integers.
  mutating func cast(_ node: NodeReader) throws(ONNXError) {
    let value = try lookup(node.input(0), of: node)
    // FLOAT, FLOAT16, DOUBLE and BFLOAT16 of TensorProto.DataType.
    let isFloat = [1, 10, 11, 16].contains(node.int("to", 1))
    switch value {
    case .features where !isFloat: throw node.error("it makes whole numbers or flags of features")
    // Arithmetic of sizes is that of whole numbers.
    case .sizes where isFloat:
      throw node.error("it makes fractions of sizes", "divide them by // in place of /")
    default: set(node, value)
    }
  }

  /// The axes of a squeeze, a slice or a mean: an attribute before opset 13, 10 or 18, an input
  /// since.
  mutating func axes(_ node: NodeReader, input rank: Int) throws(ONNXError) -> [Int]? {
    if let axes = node.ints("axes") { return axes }
    guard let axes = try integers(node, rank) else { return nil }
    let known = axes.compactMap(\.self)
    guard known.count == axes.count else { throw node.error("its axes are not constant") }
    return known
  }

  // MARK: Vectors

  mutating func squeeze(_ node: NodeReader) throws(ONNXError) {
    if let sizes = try sizes(node, 0) { return set(node, .sizes(Sizes(sizes.values))) }
    try removePixel(node, axes: try axes(node, input: 1))
  }

  /// `x[:, :, 0, 0]` of a map of one pixel, of which each index is a node.
  mutating func pixel(_ node: NodeReader) throws(ONNXError) {
    guard case .features(let features) = try lookup(node.input(0), of: node), features.value != .image,
      !features.isVector || features.second != nil,
      // A list of one index would keep the dimension.
      case .tensor(let index) = try lookup(node.input(1), of: node), index.dims.isEmpty,
      let position = try decoding.integers(index).first, position == 0 || position == -1
    else {
      throw node.error(
        "it takes a part of \(readsImages(node) ? "images" : "features")",
        advice(node, unlessImages: "only the pixel of a map of one is supported, as in x[:, :, 0, 0]"))
    }
    try removePixel(node, axes: [node.int("axis", 0)])
  }

  /// Makes a vector of a map of one pixel by removing its rows and columns, at once or one after
  /// the other.
  ///
  /// - Parameter axes: the dimensions that the node removes; nil for all
  private mutating func removePixel(_ node: NodeReader, axes: [Int]?) throws(ONNXError) {
    if let vector = try afterSecondOperator(node, axes ?? []) { return set(node, .features(vector)) }
    let features = try features(node, isTransposable: true)
    let pixel = Set(1...3).subtracting([features.channelAxis])
    let removed = axes.map { Set($0.map { $0 < 0 ? $0 &+ 4 : $0 }) } ?? pixel
    let rest = pixel.subtracting(removed)
    guard builder.shape(features.value).isVector,
      features.isVector || (removed.isSubset(of: pixel) && rest.count < pixel.count)
    else {
      throw node.error(
        "it does not make a vector of a map of one pixel", "use x.mean((2, 3)) or torch.flatten(x, 1)")
    }
    var vector = Features(value: features.value, isVector: true)
    if !features.isVector, let axis = rest.first {
      vector.second = SecondOperator(
        type: node.type, axes: [axis - removed.count(where: { $0 < axis })], dimensions: 3)
    }
    set(node, .features(vector))
  }

  /// Makes a map of one pixel of a vector by adding rows and columns, at once or one after the
  /// other.
  mutating func unsqueeze(_ node: NodeReader) throws(ONNXError) {
    if let sizes = try sizes(node, 0) { return set(node, .sizes(Sizes(sizes.values))) }
    let axes = try axes(node, input: 1) ?? []
    if let map = try afterSecondOperator(node, axes) { return set(node, .features(map)) }
    var features = try features(node)
    let added = axes.map { $0 < 0 ? $0 &+ 2 &+ axes.count : $0 }.sorted()
    guard features.isVector, builder.shape(features.value).isVector, added == [2, 3] || added == [2] else {
      throw node.error("it does not make a map of one pixel of a vector")
    }
    features.isVector = false
    if added.count == 1 { features.second = SecondOperator(type: node.type, axes: [2, 3], dimensions: 4) }
    set(node, .features(features))
  }

  mutating func flatten(_ node: NodeReader) throws(ONNXError) {
    let axis = node.int("axis", 1)
    guard axis == 1 || axis == -3 else {
      throw node.error("it flattens from axis \(axis)", "only axis 1 is supported")
    }
    try flatten(node, try features(node, isTransposable: true))
  }

  private mutating func flatten(_ node: NodeReader, _ features: Features) throws(ONNXError) {
    var value = features.value
    if !builder.shape(value).isVector { value = try append(Flatten(), [value], node) }
    set(node, .features(Features(value: value, isVector: true)))
  }

  /// Supported if it only flattens, or turns a vector into a map of one pixel.
  mutating func reshape(_ node: NodeReader) throws(ONNXError) {
    if let sizes = try sizes(node, 0) { return try reshape(sizes, node) }
    let features = try features(node, isTransposable: true)
    guard let target = try integers(node, 1) else { throw node.error("its shape is missing") }
    let shape = builder.shape(features.value)
    let elements = shape.channels * shape.pixels
    func isRest(_ size: Int?) -> Bool { size == elements || size == -1 }
    if target.count == 2, isRest(target[1]) { return try flatten(node, features) }
    guard target.count == 4, shape.isVector, isRest(target[1]), target[2] == 1, target[3] == 1 else {
      let sizes = target.map { $0.map { "\($0)" } ?? "batch" }.joined(separator: " x ")
      throw node.error(
        "a shape of \(sizes) does not flatten \(shape)",
        "only flattening is supported, as torch.flatten(x, 1); not channel shuffles, nor group or local "
          + "response norm")
    }
    set(node, .features(Features(value: features.value)))
  }

  /// With a single pixel, it changes only the order of the dimensions. Weights may be transposed,
  /// too, as PyTorch exports a linear layer without bias.
  mutating func transpose(_ node: NodeReader) throws(ONNXError) {
    if let sizes = try sizes(node, 0) { return try transpose(sizes, node) }
    if let name = node.input(0), case .tensor(let proto) = try lookup(name, of: node) {
      guard proto.dims.count == 2, node.ints("perm") ?? [1, 0] == [1, 0] else {
        throw node.error("it changes the order of a constant that is no matrix")
      }
      return set(node, .transposed(proto, name: name))
    }
    var features = try features(node, isTransposable: true)
    let order = node.ints("perm") ?? []
    guard builder.shape(features.value).isVector, order.first == 0,
      order.sorted() == Array(0..<(features.isVector ? 2 : 4)),
      let channelAxis = order.firstIndex(of: features.channelAxis)
    else {
      throw node.error(
        "it changes the order of dimensions",
        features.value == .image
          ? Self.channelsFirst : "layers with their channels last, as in ConvNeXt, are not supported")
    }
    features.channelAxis = channelAxis
    set(node, .features(features))
  }

  // MARK: Padding

  /// Zeros around a map, which the next convolution or average pooling adds to its own; or zero
  /// channels, as in a shortcut without weights.
  mutating func pad(_ node: NodeReader) throws(ONNXError) {
    let features = try rawFeatures(node)
    let given = try integers(node, 1)?.compactMap(\.self)
    let pads = node.ints("pads") ?? given ?? []
    guard node.input(3) == nil else {
      throw node.error("its `axes` are not supported", "only pads of all axes are supported")
    }
    guard (node.text("mode") ?? "constant") == "constant", pads.count == 8,
      pads.allSatisfy({ (0...65_536).contains($0) }),
      pads[0] == 0, pads[4] == 0, !features.isVector
    else {
      throw node.error("it does not pad maps with zeros", "only constant padding is supported")
    }
    // An input since opset 11, an attribute before.
    let value = try floats(node, 2)?.values ?? [node.float("value", 0)]
    guard value == [0] else {
      throw node.error("it pads with \(value.first ?? 0)", "only padding with 0 is supported")
    }
    let around = [pads[2], pads[3], pads[6], pads[7]]
    guard pads[1] > 0 || pads[5] > 0 else {
      var padded = features
      if features.steps != [1, 1] { padded = try projected(features, node) }
      padded.padding = zip(padded.padding, around).map { $0 &+ $1 }
      return set(node, .features(padded))
    }
    guard around.allSatisfy({ $0 == 0 }) else { throw node.error("it pads channels and maps at once") }
    set(node, .features(try projected(features, before: pads[1], after: pads[5], node)))
  }

  /// Every n-th row and column.
  mutating func slice(_ node: NodeReader) throws(ONNXError) {
    if let sizes = try sizes(node, 0) { return try slice(sizes, node) }
    var features = try rawFeatures(node)
    let starts = try integers(node, 1)?.compactMap(\.self) ?? node.ints("starts") ?? []
    let axes = try axes(node, input: 3) ?? Array(starts.indices)
    let steps = try integers(node, 4)?.compactMap(\.self) ?? Array(repeating: 1, count: axes.count)
    let ends = try integers(node, 2)?.compactMap(\.self) ?? node.ints("ends") ?? []
    let shape = builder.shape(features.value)
    let lengths = [Int.max, shape.channels, shape.rows, shape.columns]
    guard features.padding == [0, 0, 0, 0], !features.isVector, starts.count == axes.count,
      steps.count == axes.count, ends.count == axes.count, axes.count <= 4
    else { throw node.error("it does not select every n-th row and column") }
    for (rank, axis) in axes.enumerated() {
      let position = axis < 0 ? axis &+ 4 : axis
      guard (0..<4).contains(position), starts[rank] == 0,
        ends[rank] >= lengths[position] || ends[rank] >= 1 << 31,
        position >= 2 ? WindowLimits.strides.contains(steps[rank]) : steps[rank] == 1
      else { throw node.error("it cuts a part out", "only every n-th row and column of a map is supported") }
      if position >= 2 {
        let (step, overflows) = features.steps[position - 2].multipliedReportingOverflow(by: steps[rank])
        guard !overflows, WindowLimits.strides.contains(step) else {
          throw node.error("its step is too large")
        }
        features.steps[position - 2] = step
      }
    }
    set(node, .features(features))
  }
}

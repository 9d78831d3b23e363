import Compute
import Network

/// Integers that are computed from shapes and constants, as in PyTorch's export of the shape of a
/// view or the padding of a map.
struct Sizes {
  /// Nil is the number of images.
  let values: [Int?]
  /// One dimension, or rows and columns.
  let shape: [Int]

  init(_ values: [Int?], shape: [Int]? = nil) {
    self.values = values
    self.shape = shape ?? [values.count]
  }

  /// Shapes do not have more sizes.
  static let most = 64
}

// Arithmetic of sizes, which adds nothing to the graph.

extension GraphReader {
  /// The sizes or constant integers that a node reads; nil if it reads anything else.
  mutating func sizes(_ node: NodeReader, _ rank: Int) throws(ONNXError) -> Sizes? {
    guard let name = node.input(rank) else { return nil }
    switch try lookup(name, of: node) {
    case .sizes(let sizes): return sizes
    case .features, .transposed: return nil
    case .tensor(let proto):
      guard proto.dataType == 6 || proto.dataType == 7, proto.dims.count <= 1 else { return nil }
      return Sizes(try decoding.integers(proto).map(Optional.some))
    }
  }

  private mutating func set(_ node: NodeReader, sizes values: [Int?], shape: [Int]? = nil) throws(ONNXError) {
    guard values.count <= Sizes.most else { throw node.error("\(values.count) sizes are none of a shape") }
    set(node, .sizes(Sizes(values, shape: shape)))
  }

  mutating func shape(_ node: NodeReader) throws(ONNXError) {
    let whole = try wholeShape(node)
    // Since opset 15 it can be a part, whose bounds may be beyond the shape.
    func bounded(_ axis: Int) -> Int { min(max(axis < 0 ? axis &+ whole.count : axis, 0), whole.count) }
    let start = bounded(node.int("start", 0))
    let end = bounded(node.int("end", whole.count))
    try set(node, sizes: Array(whole[start..<max(start, end)]))
  }

  private mutating func wholeShape(_ node: NodeReader) throws(ONNXError) -> [Int?] {
    if case .tensor(let proto) = try lookup(node.input(0), of: node) { return proto.dims.map { Int($0) } }
    if let sizes = try sizes(node, 0) { return sizes.shape }
    // What reads the map applies its steps and its padding; a projection here would be unread.
    let features = try rawFeatures(node, isTransposable: true)
    let shape = builder.shape(features.value)
    if features.isVector { return [nil, shape.channels * shape.pixels] }
    let (steps, padding) = (features.steps, features.padding)
    let rows = (shape.rows + steps[0] - 1) / steps[0] + padding[0] + padding[2]
    let columns = (shape.columns + steps[1] - 1) / steps[1] + padding[1] + padding[3]
    var whole = [nil, rows, columns]
    whole.insert(shape.channels, at: features.channelAxis)
    return whole
  }

  mutating func gather(_ node: NodeReader) throws(ONNXError) {
    if case .features = try lookup(node.input(0), of: node) { return try pixel(node) }
    guard let sizes = try sizes(node, 0) else { throw node.error("only sizes of a shape are gathered") }
    guard sizes.shape.count == 1, let indices = try integers(node, 1) else {
      throw node.error("only sizes of a shape are gathered")
    }
    var found: [Int?] = []
    for index in indices {
      let position = index.map { $0 < 0 ? $0 &+ sizes.values.count : $0 } ?? -1
      guard sizes.values.indices.contains(position) else { throw node.error("an index is beyond the shape") }
      found.append(sizes.values[position])
    }
    try set(node, sizes: found)
  }

  mutating func concatSizes(_ node: NodeReader) throws(ONNXError) {
    var values: [Int?] = []
    for rank in node.proto.input.indices.prefix(Sizes.most) { values += try integers(node, rank) ?? [] }
    try set(node, sizes: values)
  }

  mutating func constantOfShape(_ node: NodeReader) throws(ONNXError) {
    guard let shape = try integers(node, 0), shape.count <= 1, let count = shape.first ?? 1,
      (0...Sizes.most).contains(count)
    else { throw node.error("only sizes of a shape are made of one value") }
    var value = 0
    if let tensor = node.tensor("value") { value = try decoding.integers(tensor).first ?? 0 }
    try set(node, sizes: Array(repeating: value, count: count))
  }

  /// - Returns: whether the node reads sizes
  mutating func arithmetic(
    _ node: NodeReader, _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) throws(ONNXError) -> Bool {
    guard let a = try sizes(node, 0), let b = try sizes(node, 1) else { return false }
    let count = max(a.values.count, b.values.count)
    guard [1, count].contains(a.values.count), [1, count].contains(b.values.count), count > 0 else {
      throw node.error("sizes of \(a.values.count) and \(b.values.count) do not fit each other")
    }
    var values: [Int?] = []
    for index in 0..<count {
      guard let x = a.values[index % a.values.count], let y = b.values[index % b.values.count] else {
        values.append(nil)
        continue
      }
      let (result, overflows) = operation(x, y)
      guard !overflows else { throw node.error("a size overflows") }
      values.append(result)
    }
    try set(node, sizes: values)
    return true
  }

  mutating func sizesOnly(
    _ node: NodeReader, _ operation: (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) throws(ONNXError) {
    guard try !arithmetic(node, operation) else { return }
    throw node.error(
      "it changes \(readsImages(node) ? "images" : "features")",
      advice(node, unlessImages: "only sizes of shapes are subtracted and divided"))
  }

  mutating func reshape(_ sizes: Sizes, _ node: NodeReader) throws(ONNXError) {
    let count = sizes.values.count
    guard let target = try integers(node, 1)?.compactMap(\.self), (1...2).contains(target.count),
      target.allSatisfy({ $0 == -1 || (1...Sizes.most).contains($0) })
    else { throw node.error("it gives sizes an unknown shape") }
    let known = target.filter { $0 > 0 }.reduce(1, *)
    guard target.count(where: { $0 == -1 }) <= 1, count % known == 0 else {
      throw node.error("\(count) sizes do not fill a shape of \(target)")
    }
    let shape = target.map { $0 == -1 ? count / known : $0 }
    guard shape.reduce(1, *) == count else {
      throw node.error("\(count) sizes do not fill a shape of \(target)")
    }
    try set(node, sizes: sizes.values, shape: shape)
  }

  mutating func transpose(_ sizes: Sizes, _ node: NodeReader) throws(ONNXError) {
    guard sizes.shape.count == 2, node.ints("perm") ?? [1, 0] == [1, 0] else {
      return set(node, .sizes(sizes))
    }
    let (rows, columns) = (sizes.shape[0], sizes.shape[1])
    let values = (0..<columns).flatMap { column in (0..<rows).map { sizes.values[$0 * columns + column] } }
    try set(node, sizes: values, shape: [columns, rows])
  }

  /// A range of sizes, also backwards.
  mutating func slice(_ sizes: Sizes, _ node: NodeReader) throws(ONNXError) {
    func only(_ values: [Int?]?) -> Int? { values?.count == 1 ? values?[0] : nil }
    let step = only(try integers(node, 4)) ?? 1
    let axis = only(try integers(node, 3)) ?? 0
    guard let start = only(try integers(node, 1) ?? node.ints("starts")?.map(Optional.some)),
      let end = only(try integers(node, 2) ?? node.ints("ends")?.map(Optional.some)), axis == 0,
      step == 1 || step == -1
    else { throw node.error("it cuts sizes in an unknown way") }
    let rows = sizes.shape[0]
    func bounded(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
      let position = bound < 0 && bound >= -rows ? bound + rows : bound < 0 ? -1 : bound
      return min(max(position, range.lowerBound), range.upperBound)
    }
    let chosen =
      step == 1
      ? Array(stride(from: bounded(start, 0...rows), to: bounded(end, 0...rows), by: 1))
      : Array(stride(from: bounded(start, -1...rows - 1), to: bounded(end, -1...rows - 1), by: -1))
    let width = rows > 0 ? sizes.values.count / rows : 0
    let values = chosen.flatMap { row in sizes.values[row * width..<(row + 1) * width] }
    try set(node, sizes: values, shape: sizes.shape.count == 2 ? [chosen.count, width] : nil)
  }
}

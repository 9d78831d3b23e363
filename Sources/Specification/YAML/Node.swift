/// A YAML value together with the place it was written at.
struct Node: Sendable {
  var content: Content
  var place: Place
  /// Nodes in it when every alias is written out, itself and keys included.
  var size = 1
  /// Levels in it: 1 for a scalar.
  var height = 1

  enum Content: Sendable {
    case scalar(Scalar)
    case list([Node])
    case mapping([Entry])
  }

  struct Scalar: Equatable, Sendable {
    var text: String
    /// Neither quoted nor a block: only plain scalars can be null, a number or a boolean.
    var isPlain: Bool
  }

  struct Entry: Sendable {
    var key: String
    var keyPlace: Place
    var value: Node
  }

  /// Stands for a key that is not written, or that takes back an inherited one.
  var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// For messages: what stands here.
  var found: String {
    switch content {
    case .list: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar) where scalar.isPlain:
      isNull
        ? "nothing" : quoted(scalar.text) + (LookAlike(in: scalar.text).map { ", with \($0) in it" } ?? "")
    case .scalar(let scalar): "the text \(quoted(scalar.text))"
    }
  }
}

extension Node {
  /// Keys of a file's top level that begin so mean nothing, as in OpenAPI and Compose files: their
  /// values are for aliases.
  static let anchorPrefix = "x-"

  /// The mapping of a file without its keys for anchors.
  var withoutAnchors: Node {
    guard case .mapping(let entries) = content else { return self }
    var node = self
    node.content = .mapping(entries.filter { !$0.key.hasPrefix(Self.anchorPrefix) })
    return node
  }
}

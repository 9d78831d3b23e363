/// A YAML value with its source location.
struct Node: Sendable {
  var content: Content
  var place: Place
  /// Number of nodes with all aliases expanded, including itself and keys.
  var size = 1
  /// Number of levels: 1 for a scalar.
  var height = 1
  /// Whether this null resets a value, of a file below or of a merged mapping.
  var dropsValue = false

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

  /// Whether this is null, which stands for a missing key, or resets an inherited one.
  var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// Description of the node for messages.
  var found: String {
    switch content {
    case .list(let items): items.isEmpty ? "an empty list" : "a list"
    case .mapping(let entries): entries.isEmpty ? "an empty mapping" : "a mapping"
    case .scalar(let scalar) where scalar.isPlain:
      isNull
        ? "nothing" : quoted(scalar.text) + (LookAlike(in: scalar.text).map { ", with \($0) in it" } ?? "")
    case .scalar(let scalar): "the text \(quoted(scalar.text))"
    }
  }

  /// A hint how to write a single value as a list; empty for what is no value, or too long.
  var listHint: String {
    guard case .scalar(let scalar) = content, !isNull, scalar.text.utf8.count <= 60 else { return "" }
    let isWord = scalar.isPlain && !scalar.text.contains { ",[]{}".contains($0) }
    return "; write \(quoted("[\(isWord ? scalar.text : doubleQuoted(scalar.text))]", limit: 120))"
  }
}

extension Node {
  /// Prefix of top-level keys that are ignored, as in OpenAPI and Compose files: their values are
  /// for aliases.
  static let anchorPrefix = "x-"

  /// The mapping of a file without its keys for anchors.
  var withoutAnchors: Node {
    guard case .mapping(let entries) = content else { return self }
    var node = self
    node.content = .mapping(entries.filter { !$0.key.hasPrefix(Self.anchorPrefix) })
    return node
  }
}

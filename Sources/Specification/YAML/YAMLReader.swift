import CYAML

/// Builds the tree of one YAML document from libyaml's events.
///
/// libyaml neither resolves nor limits aliases and merge keys, so this happens here. Time and
/// memory are proportional to the size of the text plus ``maximumNodes``.
struct YAMLReader {
  /// Largest number of nodes of a document with its aliases expanded.
  static let maximumNodes = 100_000
  static let maximumDepth = 100

  /// The contents of a text.
  struct Document {
    /// Nil for a text without a document.
    var root: Node?
    /// Errors that did not stop reading.
    var diagnostics: [Diagnostic] = []
    /// Characters from the beginning of the text to the end of the root; what follows is space and
    /// comments.
    var end = 0
  }

  private let file: String
  private var document = Document()
  private var stack: [Frame] = []
  private var anchors: [String: Node] = [:]
  private var openAnchors: Set<String> = []
  private var nodes = 0
  private var documents = 0
  /// Tabs that libyaml wrongly rejected as indentation.
  private var separatingTabs: Range<Int>?

  /// A list or mapping whose end has not been read yet.
  private struct Frame {
    var isMapping: Bool
    var place: Place
    var anchor: String?
    var items: [Node] = []
    var entries: [Node.Entry] = []
    var key: (text: String, place: Place, isMerge: Bool)?
    var lines: [String: Int] = [:]
    var mergeLine: Int?
    var merged: [Node] = []
  }

  private init(file: String) { self.file = file }

  /// Reads a text in UTF-8, with a byte order mark or without.
  ///
  /// - Parameter file: the name for source locations.
  static func read(_ bytes: [UInt8], file: String) throws(SpecificationError) -> Document {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw SpecificationError(Place(file: file), "the text is UTF-16; save it as UTF-8")
    }
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    var rereadings = 0
    while true {
      var reader = YAMLReader(file: file)
      let error = reader.parse(bytes)
      // One line is repaired at a time and the text read again; the total number of bytes is
      // limited.
      if let tabs = reader.separatingTabs, rereadings * bytes.count <= maximumReread {
        for index in tabs { bytes[index] = UInt8(ascii: " ") }
        rereadings += 1
      } else if let error {
        throw SpecificationError(diagnostics: reader.document.diagnostics + error.diagnostics)
      } else {
        return reader.document
      }
    }
  }

  /// Largest number of bytes to read again because of tabs.
  private static let maximumReread = 1 << 26

  private mutating func parse(_ bytes: [UInt8]) -> SpecificationError? {
    bytes.withUnsafeBufferPointer { buffer in
      // libyaml keeps the address of the parser, so it must not move.
      let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
      defer { parser.deallocate() }
      guard yaml_parser_initialize(parser) == 1 else {
        return SpecificationError(Place(file: file), "out of memory")
      }
      defer { yaml_parser_delete(parser) }
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
      do throws(SpecificationError) {
        try run(parser, buffer)
        return nil
      } catch {
        return error
      }
    }
  }

  private mutating func run(
    _ parser: UnsafeMutablePointer<yaml_parser_t>, _ bytes: UnsafeBufferPointer<UInt8>
  ) throws(SpecificationError) {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else {
        let problem = SyntaxProblem(parser.pointee, bytes: bytes)
        separatingTabs = problem.separatingTabs
        throw problem.error(file: file)
      }
      defer { yaml_event_delete(&event) }
      let place = Place(
        file: file, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
      switch event.type {
      case YAML_DOCUMENT_START_EVENT:
        documents += 1
        if documents > 1 {
          throw SpecificationError(place, "a second document starts here; a file holds one")
        }
      case YAML_SCALAR_EVENT:
        let scalar = event.data.scalar
        try refuse(tag: scalar.tag, place)
        let text = Self.text(scalar.value, scalar.length)
        guard !text.utf8.contains(0) else {
          throw SpecificationError(place, path: path, "a text must not contain the character NUL")
        }
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        try add(
          Node(content: .scalar(Node.Scalar(text: text, isPlain: isPlain)), place: place),
          anchor: Self.text(scalar.anchor))
        document.end = Int(event.end_mark.index)
      case YAML_ALIAS_EVENT:
        try addAlias(Self.text(event.data.alias.anchor) ?? "", place)
        document.end = Int(event.end_mark.index)
      case YAML_SEQUENCE_START_EVENT:
        let start = event.data.sequence_start
        try refuse(tag: start.tag, place)
        try open(Frame(isMapping: false, place: place, anchor: Self.text(start.anchor)))
      case YAML_MAPPING_START_EVENT:
        let start = event.data.mapping_start
        try refuse(tag: start.tag, place)
        try open(Frame(isMapping: true, place: place, anchor: Self.text(start.anchor)))
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
        try close()
        // The end of a block has no length: it lies behind the comments after its last value.
        if event.end_mark.index > event.start_mark.index { document.end = Int(event.end_mark.index) }
      case YAML_STREAM_END_EVENT:
        return
      default:
        continue
      }
    }
  }

  // MARK: Building

  private mutating func open(_ frame: Frame) throws(SpecificationError) {
    if let top = stack.last, top.isMapping, top.key == nil {
      throw SpecificationError(frame.place, path: path, "a key must be a plain word, found a list or mapping")
    }
    guard stack.count < Self.maximumDepth else {
      throw SpecificationError(frame.place, "nested more than \(Self.maximumDepth) levels deep")
    }
    if let anchor = frame.anchor { openAnchors.insert(anchor) }
    stack.append(frame)
  }

  private mutating func close() throws(SpecificationError) {
    guard var frame = stack.popLast() else { return }
    var node = Node(content: .list(frame.items), place: frame.place)
    if frame.isMapping {
      // Keys of the mapping itself override merged ones, and earlier merged mappings override later
      // ones.
      var nulls: [String: Int] = [:]
      for (index, entry) in frame.entries.enumerated() where entry.value.isNull { nulls[entry.key] = index }
      for source in frame.merged {
        guard case .mapping(let entries) = source.content else { continue }
        for entry in entries {
          if let index = nulls[entry.key] { frame.entries[index].value.dropsValue = true }
          guard frame.lines[entry.key] == nil else { continue }
          frame.lines[entry.key] = entry.keyPlace.line
          if entry.value.isNull { nulls[entry.key] = frame.entries.count }
          frame.entries.append(entry)
        }
      }
      node.content = .mapping(frame.entries)
      for entry in frame.entries {
        node.size += 1 + entry.value.size
        node.height = max(node.height, 1 + entry.value.height)
      }
    } else {
      for item in frame.items {
        node.size += item.size
        node.height = max(node.height, 1 + item.height)
      }
    }
    if let anchor = frame.anchor { openAnchors.remove(anchor) }
    try add(node, anchor: frame.anchor, counting: 1)
  }

  private mutating func addAlias(_ name: String, _ place: Place) throws(SpecificationError) {
    if openAnchors.contains(name) {
      throw SpecificationError(place, path: path, "the alias \(quoted("*" + name)) contains itself")
    }
    guard let node = anchors[name] else {
      throw SpecificationError(place, path: path, "unknown alias \(quoted("*" + name))")
    }
    if let top = stack.last, top.isMapping, top.key == nil {
      throw SpecificationError(place, path: path, "a key must be a plain word, found an alias")
    }
    guard stack.count + node.height <= Self.maximumDepth else {
      throw SpecificationError(place, path: path, "nested more than \(Self.maximumDepth) levels deep")
    }
    try add(node, anchor: nil, counting: node.size)
  }

  private mutating func add(_ node: Node, anchor: String?, counting count: Int = 1) throws(SpecificationError)
  {
    nodes += count
    guard nodes <= Self.maximumNodes else {
      throw SpecificationError(
        node.place, "more than \(Self.maximumNodes) values when the aliases are written out")
    }
    if let anchor { anchors[anchor] = node }
    guard let top = stack.indices.last else {
      document.root = node
      return
    }
    guard stack[top].isMapping else {
      stack[top].items.append(node)
      return
    }
    guard let key = stack[top].key else {
      try addKey(node, to: top)
      return
    }
    if key.isMerge, let line = stack[top].mergeLine {
      document.diagnostics.append(
        Diagnostic(
          place: key.place, path: path,
          message: "duplicate key; the first is in line \(line); merge several with `<<: [*a, *b]`"))
    } else if key.isMerge {
      stack[top].mergeLine = key.place.line
      try merge(node, to: top)
    } else if let line = stack[top].lines[key.text] {
      document.diagnostics.append(
        Diagnostic(place: key.place, path: path, message: "duplicate key; the first is in line \(line)"))
    } else {
      stack[top].lines[key.text] = key.place.line
      stack[top].entries.append(Node.Entry(key: key.text, keyPlace: key.place, value: node))
    }
    stack[top].key = nil
  }

  private mutating func addKey(_ node: Node, to top: Int) throws(SpecificationError) {
    guard case .scalar(let scalar) = node.content else { return }
    if scalar.isPlain, let character = LookAlike(in: scalar.text) {
      throw SpecificationError(node.place, "the key \(quoted(scalar.text)) has \(character) in it")
    }
    stack[top].key = (scalar.text, node.place, scalar.isPlain && scalar.text == "<<")
  }

  private mutating func merge(_ node: Node, to top: Int) throws(SpecificationError) {
    let sources: [Node]
    if case .list(let items) = node.content { sources = items } else { sources = [node] }
    for source in sources {
      guard case .mapping = source.content else {
        throw SpecificationError(
          source.place, path: path, "expected a mapping or a list of mappings, found \(source.found)")
      }
    }
    stack[top].merged += sources
  }

  /// The path of the current node.
  private var path: String {
    stack.reduce(into: "") { path, frame in
      if frame.isMapping {
        if let key = frame.key { path = keyPath(path, key.text) }
      } else {
        path += "[\(frame.items.count)]"
      }
    }
  }

  private func refuse(tag: UnsafeMutablePointer<UInt8>?, _ place: Place) throws(SpecificationError) {
    guard let tag = Self.text(tag) else { return }
    let written = tag.replacing("tag:yaml.org,2002:", with: "!!")
    throw SpecificationError(place, path: path, "tags are not accepted, found \(quoted(written))")
  }

  private static func text(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  private static func text(_ bytes: UnsafeMutablePointer<UInt8>?) -> String? {
    bytes.map { String(cString: $0) }
  }
}

/// The path of the key `name` of the mapping at `path`.
func keyPath(_ path: String, _ name: String) -> String {
  let name =
    name.utf8.allSatisfy { $0 > 32 && $0 < 127 } && !name.isEmpty && name.utf8.count <= 60
    ? name : quoted(name)
  return path.isEmpty ? name : "\(path).\(name)"
}

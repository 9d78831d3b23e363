import Architectures
import Compute
import Network
import Specification
import Testing

/// Architectures as files declare them: what they become, and what is said of wrong ones.
@Suite("Declared architectures")
struct DeclarationTests {
  /// The example of the file format's description.
  static let example = """
    blocks:
      inverted_residual:
        parameters: {out: null, stride: 1, expand: 6}
        layers:
          - {name: expand, conv: inputs * expand, kernel: 1, activation: relu6, when: expand > 1}
          - {name: depthwise, depthwise: 3, stride: stride, activation: relu6}
          - {name: project, conv: out, kernel: 1, activation: none}
          - {name: sum, add: [input, project], when: stride == 1 and inputs == out}
    layers:
      - {name: stem, conv: 16, activation: relu6}
      - {name: stage1, block: inverted_residual, out: 16, expand: 1}
      - {name: stage2, block: inverted_residual, out: 24, repeat: 2, first: {stride: 2}}
      - {name: head, conv: 128, kernel: 1, activation: relu6}
      - global_average_pool: true
      - {name: classifier, linear: classes}
    """

  @Test("name tensors and groups by their layers")
  func names() throws {
    let structure = PrunableGraph(try graph(Self.example))
    #expect(
      structure.layers.map(\.name) == [
        "stem", "stage1.depthwise", "stage1.project", "stage2.0.expand", "stage2.0.depthwise",
        "stage2.0.project", "stage2.1.expand", "stage2.1.depthwise", "stage2.1.project", "head", "classifier",
      ])
    #expect(
      structure.channelGroups.map(\.name) == [
        "stage1.project", "stage2.0.expand", "stage2.1.expand", "stage2.1.project", "head",
      ])
    // The stem goes into the first depthwise filter and is the shortcut of the first sum.
    #expect(structure.streamGroups.map(\.name) == ["stem", "stage2.0.project"])
    let expand = try #require(structure.channelGroups.first { $0.name == "stage2.0.expand" })
    #expect(expand.members == ["stage2.0.expand", "stage2.0.depthwise"])
    #expect(expand.originalCount == 96)
  }

  @Test("leave out layers whose condition does not hold; the name then stands for the input")
  func conditions() throws {
    let text = """
      layers:
        - {name: a, conv: 8}
        - {name: b, conv: 8, when: inputs > 8}
        - {name: c, conv: 4, from: b}
        - linear: classes
      """
    #expect(PrunableGraph(try graph(text)).layers.map(\.name) == ["a", "c", "linear3"])
  }

  @Test(
    "evaluate whole numbers",
    arguments: [
      ("7 / 2", 3), ("-7 / 2 + 10", 6), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("min(9, 4, 6)", 4),
      ("max(1, classes)", 10), ("multiple_of(37, 8)", 40), ("multiple_of(33, 8)", 32),
      ("multiple_of(3, 8)", 8),
    ])
  func expressions(_ text: String, _ value: Int) throws {
    let structure = PrunableGraph(try graph("layers: [{name: a, conv: \"\(text)\"}, {linear: classes}]"))
    #expect(structure.layers.first?.channels == value)
  }

  @Test("evaluate parameters in the file's order, and a block's defaults anew in every repetition")
  func defaults() throws {
    let text = """
      parameters: {width: 4, deep: width * 2}
      blocks:
        wide:
          parameters: {width: inputs * 2, deep: width}
          layers: [{conv: deep}]
        as the file has it:
          parameters: {out: width}
          layers: [{conv: out}]
      layers:
        - {name: stem, conv: deep}
        - {name: stage, block: wide, repeat: 3}
        - {name: narrow, block: wide, width: width}
        - {name: shared, block: "as the file has it"}
        - linear: classes
      """
    #expect(PrunableGraph(try graph(text)).layers.map(\.channels) == [8, 16, 32, 64, 4, 4, 10])
  }

  /// Layers of every kind; `c` is a branch of a sum.
  static let everyKind = """
    layers:
      - {name: a, conv: 4, norm: none, activation: none}
      - {name: norm, norm: batch}
      - {name: relu, activation: relu}
      - {name: pool, max_pool: 2}
      - {name: c, conv: 4}
      - {name: sum, add: [pool, c]}
      - {name: d, conv: 3}
      - {name: both, concat: [sum, d]}
      - {name: mean, global_average_pool: true}
      - {name: gate, linear: 7, activation: sigmoid}
      - {name: gated, multiply: [both, gate]}
      - {name: average, average_pool: 2}
      - {name: flat, flatten: true}
      - {name: hidden, linear: 6}
      - {name: dropout, dropout: 0.1}
      - linear: classes
    """

  static let kept: [(layers: [String], groups: [String])] = [
    (["none"], ["a", "c", "d", "hidden"]),
    (["a", "norm", "relu", "pool"], ["c", "d", "hidden"]),
    (["sum"], ["d", "hidden"]),
    (["both", "mean", "gated", "average", "flat"], ["hidden"]),
    (["dropout"], ["a", "c", "d"]),
  ]

  @Test("lose no channel of what a layer with `keep` passes on, whatever its kind", arguments: kept)
  func keep(_ row: (layers: [String], groups: [String])) throws {
    for layer in row.layers {
      let text = Self.everyKind.replacing("{name: \(layer),", with: "{name: \(layer), keep: true,")
      let structure = PrunableGraph(try graph(text))
      #expect(
        (structure.streamGroups + structure.channelGroups).map(\.name) == row.groups, "\(layer)")
    }
  }

  @Test("that are wrong are refused with the source location and one reason", arguments: wrong)
  func errors(_ row: (text: String, error: String)) throws {
    #expect(problems(row.text) == [row.error])
  }

  @Test("whose names are wrong are all reported, and no name that only a wrong layer has")
  func wrongNames() {
    let text = """
      blocks:
        b:
          parameters: {out: null, stride: 1}
          layers:
            - {name: one, conv: ouut, stride: strid}
            - {add: [one, tow]}
      layers:
        - {name: a, conv: 4, kernle: 3}
        - {name: b, conv: widht, from: a}
        - {name: c, conv: 3, from: bb}
        - {block: b, out: inputs + x, repeat: n, first: {out: y}, when: z > 1}
        - {linear: classses}
      """
    #expect(
      problems(text) == [
        "5:27: blocks.b.layers[0].conv: `ouut` is no parameter here; did you mean `out`?",
        "5:41: blocks.b.layers[0].stride: `strid` is no parameter here; did you mean `stride`?",
        "6:21: blocks.b.layers[1]: there is no layer `tow` before this one",
        "8:24: layers[0].kernle: unknown key; did you mean `kernel`?",
        "9:21: layers[1].conv: `widht` is no parameter here; known: classes, inputs",
        "10:30: layers[2]: there is no layer `bb` before this one; did you mean `b`?",
        "11:21: layers[3].out: `x` is no parameter here; known: classes, inputs",
        "11:41: layers[3].repeat: `n` is no parameter here; known: classes, inputs",
        "11:57: layers[3].first.out: `y` is no parameter here; known: classes, inputs",
        "11:67: layers[3].when: `z` is no parameter here; known: classes, inputs",
        "12:14: layers[4].linear: `classses` is no parameter here; did you mean `classes`?",
      ])
  }

  @Test("whose blocks have parameters with names that cannot be used are refused; options are such names")
  func reservedNames() {
    func text(_ name: String, _ use: String) -> String {
      "{blocks: {b: {parameters: {\(name): 1}, layers: [{conv: \(use)}]}}, layers: [{block: b, \(name): 8}, {linear: classes}]}"
    }
    for name in ["block", "conv", "linear", "add", "tensors", "and", "or", "not", "repeat", "inputs"] {
      let error = "1:28: blocks.b.parameters.\(name): `\(name)` has a meaning of its own; choose another name"
      #expect(problems(text(name, "8")).contains(error), "\(name)")
    }
    for name in ["norm", "activation", "outputs", "bias", "keep", "max"] {
      #expect(problems(text(name, name)) == [], "\(name)")
    }
    #expect(problems("{parameters: {conv: 8}, layers: [{conv: conv}, {linear: classes}]}") == [])
  }

  @Test("drop out any share below one, also as they are written", arguments: [0.999, 0.9999])
  func dropout(_ probability: Double) throws {
    let network = try graph("layers: [{dropout: \(probability)}, {linear: classes}]")
    let again = try ArchitectureRegistry.graph(spec(try ArchitectureDeclaration(network)))
    #expect(again.nodes.contains { ($0.operation as? Dropout)?.probability == Float(probability) })
  }

  @Test("have full names that can be written, or are refused")
  func longNames() throws {
    func text(_ length: Int) -> String {
      let name = String(repeating: "n", count: length)
      return "{blocks: {b: {layers: [{name: \(name), conv: 8}]}},"
        + " layers: [{name: \(name), block: b}, {linear: classes}]}"
    }
    _ = try ArchitectureDeclaration(try graph(text(248)))
    let start = String(repeating: "n", count: 60)
    #expect(
      problems(text(250)) == [
        "1:24: blocks.b.layers[0]: the name `\(start)…` has 501 bytes with those of its blocks;"
          + " expected at most 500"
      ])
    for count in [521, 5000] {
      #expect(
        problems("layers: [{name: \(String(repeating: "n", count: count)), conv: 8}, {linear: classes}]") == [
          "1:17: layers[0].name: the name `\(start)…` has \(count) bytes; expected at most 520"
        ])
    }
  }

  @Test("of a hundred thousand layers are refused")
  func tooMany() {
    let layers = [String](repeating: "{conv: 8}", count: 20_000).joined(separator: ", ")
    #expect(problems("layers: [\(layers)]") == ["1:9: layers: 20000 layers are more than 10000"])
  }

  /// A branch of two sums, and branches that end with a gate and with a pool.
  static let branches = [
    """
    layers:
      - {name: s, conv: 8}
      - {name: c1, conv: 8, activation: none}
      - {name: s1, add: [s, c1]}
      - {name: c2, conv: 8, activation: none}
      - {name: s2, add: [s1, c2]}
      - {name: c3, conv: 8}
      - {name: s3, add: [c3, c2]}
      - global_average_pool: true
      - linear: classes
    """,
    """
    layers:
      - {name: s, conv: 8}
      - {name: c, conv: 8}
      - {name: g, global_average_pool: true}
      - {name: q, linear: 4, activation: relu}
      - {name: e, linear: 8, activation: sigmoid}
      - {name: m, multiply: [c, e]}
      - {name: t, add: [s, m]}
      - global_average_pool: true
      - linear: classes
    """,
    """
    layers:
      - {name: s, conv: 8}
      - {name: c, conv: 8}
      - {name: p, max_pool: 3, stride: 1, padding: 1}
      - {name: t, add: [s, p]}
      - global_average_pool: true
      - linear: classes
    """,
  ]

  @Test("that a pruned network is written as compute the same", arguments: branches, [false, true])
  func written(_ text: String, _ streams: Bool) throws {
    let engine = try Engine(threads: 1)
    let network = Network(try graph(text), seed: 1, engine: engine)
    network.prunesStreams = streams
    var removed: [String: Set<Int>] = [:]
    for (index, group) in (network.channelGroups + (streams ? network.streamGroups : [])).enumerated() {
      removed[group.name] = [index % 8, (3 * index + 1) % 8]
    }
    network.remove(channels: removed)
    let again = Network(
      try ArchitectureRegistry.graph(spec(try ArchitectureDeclaration(network.graph))), seed: 2,
      engine: engine)
    try again.load(network.tensorFile(), from: "memory")
    let shape = PlaneShape(channels: 3, images: 2, rows: 16, columns: 16)
    let images = Planes(shape, dense: (0..<shape.channels * 2 * 256).map { Float($0 % 13) / 7 - 1 })
    #expect(again.evaluate(images).values == network.evaluate(images).values)
  }

  @Test("an operation that no kind of layer stands for is an error, not another layer")
  func unwritable() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 16, columns: 16))
    let value = try builder.add(Unwritable(), [.image], layer: "odd")
    _ = try builder.add(Linear(outputs: 10), [value], layer: "classifier")
    let graph = try builder.graph()
    let error = #expect(throws: SpecificationError.self) { try ArchitectureDeclaration(graph) }
    #expect(error?.description == "layers:1:1: no kind of layer stands for Unwritable in `odd`")
  }

  // MARK: Reading

  private func declaration(_ text: String) throws(SpecificationError) -> ArchitectureDeclaration {
    try ArchitectureDeclaration(Array(text.utf8), file: "a.yaml", kinds: ArchitectureRegistry.layerKinds)
  }

  private func graph(_ text: String) throws -> Graph {
    try ArchitectureRegistry.graph(spec(try declaration(text)))
  }

  private func spec(_ declaration: ArchitectureDeclaration) -> ArchitectureSpec {
    ArchitectureSpec(
      name: "layers", depth: 0, block: .plain, input: [3, 16, 16], classes: 10, declaration: declaration)
  }

  private func problems(_ text: String) -> [String] {
    do throws(SpecificationError) {
      let declaration = try declaration(text)
      var found: [String] = []
      _ = ArchitectureRegistry.outline(spec(declaration)) { problem in
        let place = problem.place.map { "\($0.line):\($0.column)" } ?? ""
        found.append("\(place): \(problem.path ?? problem.key): \(problem.message)")
      }
      return found
    } catch {
      return error.diagnostics.map { "\($0.place.line):\($0.place.column): \($0.path): \($0.message)" }
    }
  }
}

/// An operation that passes its input on, and that experiment files have no layer for.
private struct Unwritable: Operation {
  var backwardNeeds: SavedValues { [] }

  func outputShape(_ inputs: [FeatureShape]) -> FeatureShape { inputs[0] }

  func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {}

  func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Unwritable, slices: [ParameterSlice]) { (self, []) }

  func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) { (x[0], ()) }

  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {}

  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {}
}

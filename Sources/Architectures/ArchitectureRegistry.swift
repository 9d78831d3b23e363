import Compute
import Network
import ONNX
import Specification

/// A family of networks, in one file each.
public protocol ArchitectureFamily: Sendable {
  /// The names in experiment files.
  var entries: [Catalog.Architecture] { get }

  /// The network's structure.
  ///
  /// - Parameters:
  ///   - spec: names one of `entries`
  ///   - input: an image's shape
  /// - Throws: ``ArchitectureError`` if there is no such network, or if the images are too small.
  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(ArchitectureError) -> Graph
}

/// Why an architecture cannot be built.
public enum ArchitectureError: Error, Sendable, CustomStringConvertible {
  /// A key of the file has a value that the family does not support.
  case value(key: String, message: String)
  /// The layers do not fit the images.
  case shapes(GraphError)
  /// A declared layer is wrong.
  case layer(Place, path: String, message: String)
  /// There is no architecture with this name.
  case unknown(String)

  public var description: String {
    switch self {
    case .value(_, let message), .layer(_, _, let message): message
    case .shapes(let error): "\(error)"
    case .unknown(let name): "there is no architecture `\(name)`"
    }
  }
}

/// All families. To add one, write a file with its type, and add a line here.
public enum ArchitectureRegistry {
  public static let families: [any ArchitectureFamily] = [
    CIFARResNet(),
    ImageNetResNet(),
    VGG(),
    DeclaredFamily.mobileNetV2,
    DeclaredFamily.denseNet121,
    DeclaredFamily.denseNet,
    DeclaredFamily.resNeXt50,
    DeclaredFamily.efficientNetB0,
  ]

  /// The names in experiment files.
  public static var entries: [Catalog.Architecture] { families.flatMap(\.entries) }

  /// The kinds of layers of declared architectures.
  public static var layerKinds: [Catalog.LayerKind] { LayerKinds.all.map(\.description) }

  /// The structure of the network that the spec describes.
  public static func graph(_ spec: ArchitectureSpec) throws(ArchitectureError) -> Graph {
    let input = FeatureShape(channels: spec.input[0], rows: spec.input[1], columns: spec.input[2])
    if let path = spec.onnx { return try graph(path, spec, input) }
    if let declaration = spec.declaration {
      let graph = try Expansion.graph(declaration, input: input, numbers: ["classes": spec.classes])
      guard graph.classes == spec.classes else {
        throw .layer(
          declaration.place, path: "architecture.layers",
          message: "the last layer gives \(graph.classes) values for \(spec.classes) classes;"
            + " write `linear: classes`")
      }
      return graph
    }
    guard let family = families.first(where: { $0.entries.contains { $0.name == spec.name } }) else {
      throw .unknown(spec.name)
    }
    return try family.graph(spec, input: input)
  }

  /// The structure of the network in an ONNX file.
  private static func graph(
    _ path: String, _ spec: ArchitectureSpec, _ input: FeatureShape
  ) throws(ArchitectureError) -> Graph {
    let graph: Graph
    do throws(ONNXError) {
      graph = try ONNXNetwork(
        contentsOf: path, input: input, newClasses: spec.hasNewHead ? spec.classes : nil
      ).graph
    } catch {
      throw .value(key: "onnx", message: "\(error)")
    }
    guard graph.classes == spec.classes else {
      throw .value(
        key: "onnx",
        message: "\(path): it gives \(graph.classes) values for \(spec.classes) classes; "
          + "`architecture.new_head: true` puts a new classifier in place of its last linear layer")
    }
    return graph
  }

  /// The network that the spec describes, with weights that depend only on the seed.
  public static func build(
    _ spec: ArchitectureSpec, seed: UInt64, engine: Engine
  ) throws(ArchitectureError) -> Network {
    Network(try graph(spec), seed: seed, engine: engine)
  }

  // MARK: Validation

  /// Properties of the network that the rest of an experiment needs; nil for a network that cannot
  /// be built, whose problem is reported.
  public static func outline(
    _ spec: ArchitectureSpec, _ report: (Catalog.ArchitectureProblem) -> Void
  ) -> Catalog.NetworkOutline? {
    do throws(ArchitectureError) {
      return try outlines.value(for: spec) { () throws(ArchitectureError) in try makeOutline(spec) }
    } catch {
      report(problem(error, spec))
      return nil
    }
  }

  private static func problem(
    _ error: ArchitectureError, _ spec: ArchitectureSpec
  ) -> Catalog.ArchitectureProblem {
    switch error {
    case .value(let key, let message): Catalog.ArchitectureProblem(key: key, message: message)
    case .layer(let place, let path, let message):
      Catalog.ArchitectureProblem(key: "layers", place: place, path: path, message: message)
    case .unknown: Catalog.ArchitectureProblem(key: "name", message: "\(error)")
    case .shapes(let reason):
      Catalog.ArchitectureProblem(
        key: "name",
        message: "`\(spec.name)` does not fit images of \(spec.input[1]) x \(spec.input[2]) pixels: \(reason)"
      )
    }
  }

  private static let outlines = RecentValues<ArchitectureSpec, Catalog.NetworkOutline>()

  private static func makeOutline(
    _ spec: ArchitectureSpec
  ) throws(ArchitectureError) -> Catalog.NetworkOutline {
    let structure = PrunableGraph(try graph(spec))
    return Catalog.NetworkOutline(
      groups: structure.channelGroups.map {
        .init(
          name: $0.name, channels: $0.originalCount, width: $0.width, isHidden: $0.kind == .hiddenUnits,
          members: $0.members)
      },
      streams: structure.streamGroups.map(\.name),
      // A batch norm by itself has the channels of the layers before it.
      layers: structure.layers.filter { $0.kind != .normalization }.map(\.name))
  }
}

extension ArchitectureFamily {
  /// Builds the graph, with errors about shapes that do not fit.
  func fitting(_ build: () throws(GraphError) -> Graph) throws(ArchitectureError) -> Graph {
    do throws(GraphError) { return try build() } catch { throw .shapes(error) }
  }
}

extension ArchitectureSpec {
  /// A layer's channels at this spec's width, at least one.
  func scaled(_ channels: Int) -> Int {
    max(1, Int((Double(channels) * width).rounded()))
  }
}

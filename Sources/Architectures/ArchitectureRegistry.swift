import Compute
import Network
import Specification

/// A family of networks: one file each.
public protocol ArchitectureFamily: Sendable {
  /// What an experiment file may name.
  var entries: [Catalog.Architecture] { get }

  /// The network's structure.
  ///
  /// - Parameters:
  ///   - spec: names one of `entries`
  ///   - input: an image's shape
  /// - Throws: ``GraphError`` when the images are too small.
  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(GraphError) -> Graph
}

/// All families. To add one: a file with its type, and a line here.
public enum ArchitectureRegistry {
  public static let families: [any ArchitectureFamily] = [
    CIFARResNet(),
    ImageNetResNet(),
    VGG(),
  ]

  /// What an experiment file may name.
  public static var entries: [Catalog.Architecture] { families.flatMap(\.entries) }

  /// The structure of the network that the spec describes; nil for a name that is in no family.
  ///
  /// - Throws: ``GraphError`` when layers do not fit the images.
  public static func graph(_ spec: ArchitectureSpec) throws(GraphError) -> Graph? {
    guard let family = families.first(where: { $0.entries.contains { $0.name == spec.name } }),
      spec.input.count == 3
    else { return nil }
    return try family.graph(
      spec, input: FeatureShape(channels: spec.input[0], rows: spec.input[1], columns: spec.input[2]))
  }

  /// The network that the spec describes, with weights that depend on the seed alone; nil where there is no such.
  public static func build(_ spec: ArchitectureSpec, seed: UInt64, engine: Engine) -> Network? {
    (try? graph(spec)).flatMap { $0 }.map { Network($0, seed: seed, engine: engine) }
  }
}

extension ArchitectureSpec {
  /// A layer's channels at this spec's width, at least one.
  func scaled(_ channels: Int) -> Int {
    max(1, Int((Double(channels) * width).rounded()))
  }
}

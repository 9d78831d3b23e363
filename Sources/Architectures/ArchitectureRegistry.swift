import Compute
import Network
import Specification

/// A family of networks: one file each.
public protocol ArchitectureFamily: Sendable {
  /// What an experiment file may name.
  var entries: [Catalog.Architecture] { get }

  /// A network with undefined weights.
  ///
  /// - Parameter spec: names one of `entries`, and has passed validation.
  func build(_ spec: ArchitectureSpec, input: PlaneShape, engine: Engine) -> Network
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

  /// The network that the spec describes, with weights that depend on the seed alone; nil for a name that is in no family.
  public static func build(_ spec: ArchitectureSpec, seed: UInt64, engine: Engine) -> Network? {
    guard let family = families.first(where: { $0.entries.contains { $0.name == spec.name } }),
      spec.input.count == 3
    else { return nil }
    let input = PlaneShape(channels: spec.input[0], images: 1, rows: spec.input[1], columns: spec.input[2])
    let network = family.build(spec, input: input, engine: engine)
    network.initialize(seed: seed)
    return network
  }
}

extension ArchitectureSpec {
  /// A layer's channels at this spec's width, at least one.
  func scaled(_ channels: Int) -> Int {
    max(1, Int((Double(channels) * width).rounded()))
  }
}

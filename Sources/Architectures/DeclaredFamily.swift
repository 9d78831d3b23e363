import Network
import Specification

/// Built-in networks that are declared as layers in files in `Resources`.
struct DeclaredFamily: ArchitectureFamily {
  private let entry: Catalog.Architecture
  private let file: File
  /// Values of the file's parameters for images of fewer than 64 rows.
  private let small: [String: Int]
  /// The form of a depth: `6n + 4`.
  private let depths: (period: Int, rest: Int)?

  private struct File {
    let name: String
    let bytes: [UInt8]
  }

  var entries: [Catalog.Architecture] { [entry] }

  /// Sandler et al. 2018, arXiv 1801.04381.
  static let mobileNetV2 = DeclaredFamily(
    entry: Catalog.Architecture(name: "mobilenet_v2", block: .plain, depth: 0),
    file: File(name: "mobilenet_v2.yaml", bytes: PackageResources.mobilenet_v2_yaml), small: ["stride": 1],
    depths: nil)

  /// Huang et al. 2016, arXiv 1608.06993, for photographs.
  static let denseNet121 = DeclaredFamily(
    entry: Catalog.Architecture(name: "densenet121", block: .plain, depth: 0, benchmark: .imagenet),
    file: File(name: "densenet121.yaml", bytes: PackageResources.densenet121_yaml), small: [:], depths: nil)

  /// The same with bottlenecks and compression, for small images.
  static let denseNet = DeclaredFamily(
    entry: Catalog.Architecture(
      name: "densenet", block: .plain, depth: nil, parameters: ["depth": 100, "growth": 12]),
    file: File(name: "densenet.yaml", bytes: PackageResources.densenet_yaml), small: [:],
    depths: (period: 6, rest: 4))

  /// Xie et al. 2016, arXiv 1611.05431.
  static let resNeXt50 = DeclaredFamily(
    entry: Catalog.Architecture(name: "resnext50_32x4d", block: .plain, depth: 0, benchmark: .imagenet),
    file: File(name: "resnext50_32x4d.yaml", bytes: PackageResources.resnext50_32x4d_yaml), small: [:],
    depths: nil)

  /// Tan and Le 2019, arXiv 1905.11946.
  static let efficientNetB0 = DeclaredFamily(
    entry: Catalog.Architecture(name: "efficientnet_b0", block: .plain, depth: 0, benchmark: .imagenet),
    file: File(name: "efficientnet_b0.yaml", bytes: PackageResources.efficientnet_b0_yaml), small: [:],
    depths: nil)

  func graph(_ spec: ArchitectureSpec, input: FeatureShape) throws(ArchitectureError) -> Graph {
    guard spec.width == 1 else {
      throw .value(
        key: "width", message: "`\(spec.name)` has no other widths; declare its layers with `layers` instead")
    }
    var numbers = input.rows < 64 ? small : [:]
    numbers["classes"] = spec.classes
    if let depths {
      guard spec.depth % depths.period == depths.rest, spec.depth > depths.rest else {
        let lower = max(1, (spec.depth - depths.rest) / depths.period) * depths.period + depths.rest
        throw .value(
          key: "depth",
          message: "the depth of a `\(spec.name)` is \(depths.period)n + \(depths.rest), found \(spec.depth);"
            + " nearest: \(lower) and \(lower + depths.period)")
      }
      numbers["depth"] = spec.depth
      numbers["growth"] = spec.growth
    }
    let declaration = try declaration()
    do throws(ArchitectureError) {
      return try Expansion.graph(declaration, input: input, numbers: numbers)
    } catch {
      // Its place is in a file that the user does not have.
      throw .value(key: "name", message: "\(quoted(spec.name)) for images of \(input): \(error)")
    }
  }

  private func declaration() throws(ArchitectureError) -> ArchitectureDeclaration {
    do throws(SpecificationError) {
      return try ArchitectureDeclaration(
        file.bytes, file: file.name, kinds: ArchitectureRegistry.layerKinds)
    } catch {
      throw .value(key: "name", message: "\(error)")
    }
  }
}

import Architectures
import Compute
import Network
import Specification

/// A network to measure, by its name on the command line.
///
/// - `resnet20`, `resnet56`, ...: an architecture name of experiment files, on 32x32 colour images
///   with ten classes, or for ImageNet networks such as `resnet34` on 224x224 images with a
///   thousand; `densenet` has its usual depth and growth;
/// - `mobilenet_v2@224`: the same on images of 224x224 pixels; images from 64 rows on have a
///   thousand classes;
/// - `resnet56:inner=0.5`: the same as after pruning, with this share of the channels in the inner
///   convolutions of every block, and an unpruned residual stream;
/// - `vgg16:0.6`: every layer, including the hidden one, with this share of its width;
/// - `convolution:inputs=144,groups=144,stride=2@32`: one convolution of maps of 32x32, for
///   ``NetworkProfile``.
public struct BenchmarkCase: Equatable, Sendable {
  public let name: String
  private let kind: Kind

  private enum Kind: Equatable, Sendable {
    /// With the share of the channels that remain in the inner convolutions of residual blocks.
    case architecture(ArchitectureSpec, innerShare: Double)
    case convolution(SingleConvolution)
  }

  /// The default cases.
  public static let standardNames = [
    "resnet20", "resnet20:inner=0.5", "resnet56", "resnet56:inner=0.5", "vgg16", "vgg16:0.6",
  ]

  /// - Throws: ``BenchmarkCaseError`` for an unknown name.
  public init(_ name: String) throws(BenchmarkCaseError) {
    self.name = name
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, parts[0] == SingleConvolution.name {
      guard let convolution = Self.convolution(parts[1]) else { throw BenchmarkCaseError(name: name) }
      kind = .convolution(convolution)
      return
    }
    let sized = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let entry = ArchitectureRegistry.entries.first(where: { $0.name == sized[0] }),
      let images = Self.images(of: entry, size: sized.dropFirst().first),
      let depth = entry.depth ?? entry.parameters["depth"] ?? nil
    else { throw BenchmarkCaseError(name: name) }
    let isResidual = entry.block != .plain
    var share = 1.0
    if parts.count == 2 {
      guard parts[1].hasPrefix("inner=") == isResidual,
        let number = Double(isResidual ? String(parts[1].dropFirst("inner=".count)) : parts[1]),
        number > 0, number <= 1
      else { throw BenchmarkCaseError(name: name) }
      share = number
    }
    let architecture = ArchitectureSpec(
      name: entry.name, depth: depth, block: entry.block,
      growth: entry.parameters["growth"] ?? nil, width: isResidual ? 1 : share,
      input: images.input, classes: images.classes)
    kind = .architecture(architecture, innerShare: isResidual ? share : 1)
  }

  /// Of what is behind `convolution:`, on maps of 32x32 if nothing else is said.
  private static func convolution(_ text: String) -> SingleConvolution? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, let size = parts.count == 2 ? size(parts[1]) : 32 else { return nil }
    return SingleConvolution(parts[0], size: size)
  }

  /// Rows and columns of images, or of maps.
  private static func size(_ text: some StringProtocol) -> Int? {
    Int(text).flatMap { (1...1024).contains($0) ? $0 : nil }
  }

  private static func images(
    of entry: Catalog.Architecture, size: Substring?
  ) -> Catalog.Architecture.Images? {
    guard let size else { return entry.benchmark }
    guard let rows = Self.size(size) else { return nil }
    let classes = rows < 64 ? entry.benchmark.classes : Catalog.Architecture.Images.imagenet.classes
    return Catalog.Architecture.Images(input: [3, rows, rows], classes: classes)
  }

  /// Builds the structure alone.
  ///
  /// - Parameter isProfiled: whether it is for ``NetworkProfile``, not for ``Throughput``.
  /// - Throws: why there is no such network, or why it cannot be measured this way.
  public func check(isProfiled: Bool) throws(BenchmarkCaseError) {
    switch kind {
    case .architecture(let architecture, _): _ = try graph(architecture)
    case .convolution:
      guard isProfiled else {
        throw BenchmarkCaseError(name: name, reason: "a convolution is measured with --profile only")
      }
    }
  }

  private func graph(_ architecture: ArchitectureSpec) throws(BenchmarkCaseError) -> Graph {
    do { return try ArchitectureRegistry.graph(architecture) } catch {
      throw BenchmarkCaseError(name: name, reason: "\(error)")
    }
  }

  /// The network with random weights.
  public func build(engine: Engine) throws(BenchmarkCaseError) -> Network {
    switch kind {
    case .architecture(let architecture, let innerShare):
      let network = Network(try graph(architecture), seed: 0, engine: engine)
      if innerShare < 1 { Self.cut(network, of: architecture, to: innerShare) }
      return network
    case .convolution(let convolution):
      guard let graph = convolution.graph else { throw BenchmarkCaseError(name: name) }
      return Network(graph, seed: 0, engine: engine)
    }
  }

  private static func cut(_ network: Network, of architecture: ArchitectureSpec, to innerShare: Double) {
    // The last convolution of a block computes channels of the stream, the others inner channels.
    let last = architecture.block == .basic ? ".conv2" : ".conv3"
    var kept: [String: [Int]] = [:]
    for group in network.channelGroups where !group.name.hasSuffix(last) {
      kept[group.name] = Array(0..<max(1, Int((Double(group.originalCount) * innerShare).rounded())))
    }
    network.keep(channels: kept)
  }
}

/// The error for an unknown benchmark case, or one that does not fit its images or the measurement.
public struct BenchmarkCaseError: Error, Equatable, CustomStringConvertible {
  public var name: String
  /// Why there is no such network, or why it is not measured; nil for an unknown one.
  public var reason: String?

  public init(name: String, reason: String? = nil) { (self.name, self.reason) = (name, reason) }

  public var description: String {
    if let reason { return "benchmark case `\(name)`: \(reason)" }
    return "no benchmark case `\(name)`; cases are architectures such as resnet20, resnet56:inner=0.5, "
      + "vgg16:0.6, mobilenet_v2@224, or convolution:inputs=144,outputs=24,kernel=1@32"
  }
}

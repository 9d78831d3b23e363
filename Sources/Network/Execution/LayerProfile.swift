import Compute

/// Time profile of a network: seconds by layer and kind of work, summed over any number of steps.
public final class LayerProfile {
  /// Kinds of work of a layer in a training step.
  public enum Work: String, CaseIterable, Sendable {
    case forward
    case weightGradient = "weight gradient"
    case inputGradient = "input gradient"
    /// Of weights and input, if they are computed in one pass.
    case gradients = "both gradients"
    /// Batch norm, ReLU and residual sum, forward and backward.
    case normalization
  }

  public struct Entry: Equatable, Sendable {
    public var layer: String
    public var work: Work
    public var seconds: Double
    /// Multiply-accumulates for all images.
    public var macs: Int
    /// Minimum number of bytes read and written: each activation and gradient once.
    public var bytes: Int
    /// Of a convolution: its name for `ESPALIER_CONVOLUTION`.
    public var algorithm: String?
  }

  /// In the order of their first occurrence.
  public private(set) var entries: [Entry] = []
  private var ranks: [Key: Int] = [:]

  private struct Key: Hashable {
    let layer: String
    let work: Work
  }

  public init() {}

  func measure<Result>(
    _ layer: String, _ work: Work, macs: Int, bytes: Int, algorithm: String?, _ body: () -> Result
  ) -> Result {
    let start = ContinuousClock.now
    let result = body()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let key = Key(layer: layer, work: work)
    if let rank = ranks[key] {
      entries[rank].seconds += seconds
      entries[rank].macs += macs
      entries[rank].bytes += bytes
    } else {
      ranks[key] = entries.count
      entries.append(
        Entry(
          layer: layer, work: work, seconds: seconds, macs: macs, bytes: bytes, algorithm: algorithm))
    }
    return result
  }
}

extension Run {
  /// Runs the body, and measures its time if there is a profile.
  func timed<Result>(
    _ layer: String, _ work: LayerProfile.Work, macs: @autoclosure () -> Int = 0,
    bytes: @autoclosure () -> Int = 0, algorithm: @autoclosure () -> String? = nil, _ body: () -> Result
  ) -> Result {
    guard let profile else { return body() }
    return profile.measure(
      layer, work, macs: macs(), bytes: bytes(), algorithm: algorithm(), body)
  }
}

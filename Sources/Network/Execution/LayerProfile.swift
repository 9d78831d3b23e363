import Compute

/// Where a network's time goes: seconds for each layer and kind of work, gathered over any number
/// of steps.
public final class LayerProfile {
  /// Kinds of work that a layer does in a step of training.
  public enum Work: String, CaseIterable, Sendable {
    case forward
    case weightGradient = "weight gradient"
    case inputGradient = "input gradient"
    /// Of weights and input, where they come from one pass.
    case gradients = "both gradients"
    /// Batch norm, ReLU and residual sum, forward and backward.
    case normalization
  }

  public struct Entry: Equatable, Sendable {
    public var layer: String
    public var work: Work
    public var seconds: Double
    /// Multiply-accumulates, of all images.
    public var macs: Int
    /// Bytes that must be read and written at least: each activation and gradient once.
    public var bytes: Int
    /// Of a convolution, as `ESPALIER_CONVOLUTION` calls it.
    public var algorithm: String?
  }

  /// In the order in which they first happened.
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
  /// Runs the body, on the clock if a profile is wanted.
  func timed<Result>(
    _ layer: String, _ work: LayerProfile.Work, macs: @autoclosure () -> Int = 0,
    bytes: @autoclosure () -> Int = 0, algorithm: @autoclosure () -> String? = nil, _ body: () -> Result
  ) -> Result {
    guard let profile else { return body() }
    return profile.measure(
      layer, work, macs: macs(), bytes: bytes(), algorithm: algorithm(), body)
  }
}

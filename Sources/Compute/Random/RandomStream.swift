/// Random numbers that depend only on what they are for, never on what was drawn before elsewhere.
///
/// A stream is keyed by (seed, purpose, epoch, index); the numbers of a stream are SplitMix64
/// outputs of a counter (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014), so order and threads do not matter and nothing has to be saved to resume.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What numbers are drawn for. Raw values are part of the results' reproducibility: never reuse
  /// one.
  public enum Purpose: UInt64, Sendable {
    case initialization = 1
    case shuffle = 2
    case augmentation = 3
    case dropout = 4
    case subset = 5
    case randomCriterion = 6
    // 7 is taken: it was for the images that criteria score.
    case test = 8
    case resizedCrop = 9
  }

  private var state: UInt64

  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, index: Int = 0) {
    var key = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
    key = Self.mix(key ^ purpose.rawValue &* 0xD6E8_FEB8_6659_FD93)
    key = Self.mix(key ^ UInt64(truncatingIfNeeded: epoch) &* 0xA076_1D64_78BD_642F)
    key = Self.mix(key ^ UInt64(truncatingIfNeeded: index) &* 0xE703_7ED1_A0B4_28DB)
    state = key
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// Uniform in [0, 1), with 24 random bits.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// Uniform in 0..<bound, without modulo bias that matters (Lemire's multiply-shift).
  public mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// 0..<count in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    var last = count - 1
    while last > 0 {
      order.swapAt(last, below(last + 1))
      last -= 1
    }
    return order
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The channels that run past the residual blocks of a stage.
///
/// One layer starts a stream, the stem or a projection; the last convolution of every block adds to it; blocks, the next
/// projection and the classifier read it. So a channel of the stream can only go from all of them at once.
final class ResidualStream {
  /// `stream.0`, `stream.1`, ... in the order in which data meets them.
  let name: String
  let originalCount: Int
  /// Which of the original channels are left, ascending.
  private(set) var kept: [Int]

  init(name: String, channels: Int) {
    self.name = name
    originalCount = channels
    kept = Array(0..<channels)
  }

  /// Where channels, by their number in the original network, lie among those left.
  func positions(of channels: [Int]) -> [Int] {
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    return channels.compactMap { places[$0] }
  }

  func remove(_ channels: Set<Int>) {
    kept.removeAll(where: channels.contains)
  }
}

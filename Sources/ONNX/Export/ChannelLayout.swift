import Compute

/// The layout of a value's channels in the file, which may have additional padding channels of
/// zeros.
struct ChannelLayout: Equatable {
  /// By channel of the file: the network's channel; nil for a padding channel.
  let channels: [Int?]

  var count: Int { channels.count }
  /// Whether the file has exactly the network's channels.
  var isIdentity: Bool { channels.enumerated().allSatisfy { $0 == $1 } }

  init(channels: [Int?]) {
    self.channels = channels
  }

  /// All channels in order, padded to a multiple.
  init(_ count: Int, multipleOf multiple: Int = 1) {
    let filled = (count + multiple - 1) / multiple * multiple
    channels = (0..<filled).map { $0 < count ? $0 : nil }
  }

  /// The layout of a branch whose channels add to the channels in `list` of a sum with this layout;
  /// nil for all channels.
  func branch(_ list: [Int]?) -> ChannelLayout {
    guard let list else { return self }
    let ranks = Dictionary(uniqueKeysWithValues: list.enumerated().map { ($1, $0) })
    return ChannelLayout(channels: channels.map { $0.flatMap { ranks[$0] } })
  }

  /// Each channel repeated the given number of times: for the pixels of a flattened map, or the
  /// filters of a depthwise convolution.
  func repeated(_ times: Int) -> ChannelLayout {
    ChannelLayout(
      channels: channels.flatMap { own in (0..<times).map { part in own.map { $0 * times + part } } })
  }

  static func + (a: ChannelLayout, b: (layout: ChannelLayout, offset: Int)) -> ChannelLayout {
    ChannelLayout(channels: a.channels + b.layout.channels.map { $0.map { $0 + b.offset } })
  }
}

extension Tensor {
  /// The tensor with the channels along an axis in the layout of the file.
  ///
  /// - Parameter filling: the value in padding channels
  func laidOut(_ layout: ChannelLayout, axis: Int, filling value: Float = 0) -> Tensor {
    if layout.count == shape[axis], layout.isIdentity { return self }
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var result: [Float] = []
    result.reserveCapacity(outer * layout.count * inner)
    for block in 0..<outer {
      for channel in layout.channels {
        guard let channel else {
          result.append(contentsOf: repeatElement(value, count: inner))
          continue
        }
        let start = (block * shape[axis] + channel) * inner
        result.append(contentsOf: values[start..<start + inner])
      }
    }
    var size = shape
    size[axis] = layout.count
    return Tensor(shape: size, values: result)
  }
}

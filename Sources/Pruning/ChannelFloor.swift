import Network
import Specification

/// How many channels of a group pruning leaves at least, in sets of channels that are removed
/// together.
struct ChannelFloor {
  /// The smallest number, without regard to multiples.
  let least: Int
  /// The smallest number that streams leave: it also allows a multiple.
  let leastByStreams: Int
  private let multiple: Int

  init(_ group: ChannelGroup, _ spec: PruneSpec) {
    least = spec.leastKept(of: group.originalCount, width: group.width)
    leastByStreams = max(least, spec.leastMultiple(width: group.width))
    multiple = spec.multiple(width: group.width)
  }

  /// The next higher multiple of `round_to`; the next lower if a layer of `now` channels has none,
  /// and all channels if it has neither above its floor.
  func rounded(_ left: Int, of now: Int) -> Int {
    let up = (left + multiple - 1) / multiple * multiple
    let down = now / multiple * multiple
    return up <= now ? up : down >= least && down > 0 ? down : now
  }
}

import CKernels

/// A convolution's weights ordered by their signs, as the loops of relevance read them.
///
/// Immutable once made.
final class SignedWeights: @unchecked Sendable {
  let packed: ck_signed_weights
  private let counts: UnsafeMutablePointer<Int32>
  private let offsets: UnsafeMutablePointer<Int32>
  private let weights: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - weight: [outputChannels, inputChannels, k, k]
  ///   - transposed: whether the rows are the weight's inputs rather than its outputs.
  ///   - taps: their places in the kernel, and what each reads.
  ///   - stride: from one column's planes to the next's.
  ///   - partTaps: taps that columns are cut into parts for, if there may be more than these: sums
  ///     of the rest then add up in the same order.
  init(
    _ weight: Tensor, transposed: Bool, taps: (index: [Int64], offsets: [Int]), stride: Int,
    partTaps: Int? = nil, on engine: Engine
  ) {
    let (rows, columns) =
      transposed ? (weight.shape[1], weight.shape[0]) : (weight.shape[0], weight.shape[1])
    let (groups, entries) = (rows.dividedRoundingUp(by: CK_SIGNED_GROUP), columns * taps.index.count)
    let part = Int(ck_signed_part(Int64(partTaps ?? taps.index.count)))
    let parts = columns.dividedRoundingUp(by: part)
    // Offsets take half of the room that way: the weights of many channels are read from memory for
    // every few images.
    precondition(columns * stride < Int(Int32.max), "\(columns) planes of \(stride) elements are too large")
    counts = .allocate(capacity: groups * parts * CK_SIGN_LISTS)
    offsets = .allocate(capacity: groups * entries)
    weights = .allocate(capacity: rows * entries)
    nonisolated(unsafe) let (counts, offsets, weights) = (counts, offsets, weights)
    engine.parallel(groups) { group in
      ck_pack_signed_weights(
        weight.values, Int64(rows), Int64(columns), Int64(weight.shape[2] * weight.shape[3]), taps.index,
        Int64(taps.index.count), transposed, taps.offsets, stride, Int64(part), Int64(group),
        counts, offsets, weights)
    }
    packed = ck_signed_weights(
      counts: counts, offsets: offsets, weights: weights, rows: Int64(rows), entries: Int64(entries),
      parts: Int64(parts))
  }

  /// Some of the rows.
  ///
  /// - Precondition: the first is a group's first.
  func rows(_ range: Range<Int>) -> ck_signed_weights {
    precondition(range.lowerBound % CK_SIGNED_GROUP == 0 && range.upperBound <= Int(packed.rows))
    let entries = Int(packed.entries)
    let group = range.lowerBound / CK_SIGNED_GROUP
    return ck_signed_weights(
      counts: packed.counts + group * Int(packed.parts) * CK_SIGN_LISTS,
      offsets: packed.offsets + group * entries, weights: packed.weights + range.lowerBound * entries,
      rows: Int64(range.count), entries: packed.entries, parts: packed.parts)
  }

  deinit {
    counts.deallocate()
    offsets.deallocate()
    weights.deallocate()
  }
}

import Compute
import Specification

/// The batches of one pass over images: which images each has, and what is done to them.
///
/// A batch is a function of the plan and its number alone, so batches can be made in any order, on any thread, and
/// again after a restart.
public struct BatchPlan: Sendable {
  public let set: ImageSet
  /// Indices of the set's images, in the order of the pass.
  public let order: [Int]
  public let batchSize: Int
  /// Number of batches.
  public let batchCount: Int
  private let augment: AugmentSpec?
  private let seed: UInt64
  private let epoch: Int
  /// For each channel the normalized value of each byte.
  private let normalized: [[Float]]

  /// - Parameters:
  ///   - augment: random changes, keyed by (seed, epoch, index of the image); nil for none
  ///   - normalize: mean and standard deviation for each channel, of pixels scaled to 0...1
  ///   - dropLast: leaves out a last batch of fewer than `batchSize` images
  /// - Precondition: `batchSize` is positive, `order` has indices of the set's images, `normalize` has a mean and a
  ///   standard deviation for each channel.
  public init(
    set: ImageSet, order: [Int], batchSize: Int, augment: AugmentSpec?, normalize: NormalizeSpec,
    seed: UInt64,
    epoch: Int, dropLast: Bool = false
  ) {
    precondition(batchSize > 0, "a batch has at least one image")
    precondition(
      normalize.mean.count == set.channels && normalize.std.count == set.channels,
      "normalization of \(normalize.mean.count) channels for images of \(set.channels)")
    self.set = set
    self.order = order
    self.batchSize = batchSize
    self.augment = augment
    self.seed = seed
    self.epoch = epoch
    batchCount = dropLast ? order.count / batchSize : (order.count + batchSize - 1) / batchSize
    normalized = zip(normalize.mean, normalize.std).map { mean, std in
      (0...255).map { Float((Double($0) / 255 - mean) / std) }
    }
  }

  /// The batch of the given number, from 0.
  public func batch(_ number: Int) -> Batch {
    let indices = Array(order[number * batchSize..<min((number + 1) * batchSize, order.count)])
    let changes = indices.map { image in
      augment.map { Augmentation($0, seed: seed, epoch: epoch, image: image) } ?? Augmentation()
    }
    var images: [Float] = []
    images.reserveCapacity(indices.count * set.imageSize)
    for channel in 0..<set.channels {
      for (image, change) in zip(indices, changes) {
        appendPlane(channel, of: image, change, to: &images)
      }
    }
    return Batch(images: images, labels: indices.map { Int(set.labels[$0]) }, indices: indices)
  }

  private func appendPlane(_ channel: Int, of image: Int, _ change: Augmentation, to images: inout [Float]) {
    let table = normalized[channel]
    let columns = set.columns
    let plane = (image * set.channels + channel) * set.rows * columns
    for row in change.rowShift..<change.rowShift + set.rows {
      guard row >= 0, row < set.rows else {
        images.append(contentsOf: repeatElement(table[0], count: columns))
        continue
      }
      let start = plane + row * columns
      // The columns of the cut that lie in the image; black on either side.
      let first = min(max(0, change.columnShift), columns)
      let last = max(first, min(columns, columns + change.columnShift))
      let before = min(columns, max(0, -change.columnShift))
      let after = columns - before - (last - first)
      images.append(contentsOf: repeatElement(table[0], count: change.isMirrored ? after : before))
      if change.isMirrored {
        for pixel in set.pixels[start + first..<start + last].reversed() { images.append(table[Int(pixel)]) }
      } else {
        for pixel in set.pixels[start + first..<start + last] { images.append(table[Int(pixel)]) }
      }
      images.append(contentsOf: repeatElement(table[0], count: change.isMirrored ? before : after))
    }
  }
}

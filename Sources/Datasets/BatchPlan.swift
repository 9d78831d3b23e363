import Compute
import Specification

/// The batches of one pass over images: their images, augmentation and normalization.
///
/// A batch depends only on the plan and its index, so batches can be made in any order, on any
/// thread, and again after a restart.
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
  /// - Precondition: `batchSize` is positive, `order` has indices of the set's images, `normalize`
  ///   has a mean and a standard deviation for each channel.
  public init(
    set: ImageSet, order: [Int], batchSize: Int, augment: AugmentSpec?, normalize: NormalizeSpec,
    seed: UInt64, epoch: Int
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
    batchCount = (order.count + batchSize - 1) / batchSize
    normalized = zip(normalize.mean, normalize.std).map { mean, std in
      (0...255).map { Float((Double($0) / 255 - mean) / std) }
    }
  }

  /// The batch with the given index, from 0, or a shard of it. It has fewer images, possibly none,
  /// if damaged pictures are left out.
  ///
  /// - Throws: if a picture cannot be read, or is damaged and damaged pictures are not left out;
  ///   never for images in memory.
  public func batch(_ number: Int, shard: BatchShard = .whole) throws(DatasetError) -> ImageBatch {
    let start = number * batchSize
    let part = shard.part(of: min(batchSize, order.count - start))
    let sources = try sources(part.map { order[start + $0] })
    var images: [Float] = []
    images.reserveCapacity(sources.count * set.imageSize)
    for channel in 0..<set.channels {
      for source in sources { appendPlane(channel, of: source, to: &images) }
    }
    let indices = sources.map(\.index)
    let shape = PlaneShape(
      channels: set.channels, images: sources.count, rows: set.rows, columns: set.columns)
    return ImageBatch(
      images: Planes(shape, dense: images), labels: indices.map { Int(set.labels[$0]) }, indices: indices)
  }

  /// Location of an image's bytes, and its augmentation.
  private struct Source {
    let index: Int
    let pixels: [UInt8]
    /// Start of its first plane in `pixels`.
    let start: Int
    let change: Augmentation
  }

  private func sources(_ indices: [Int]) throws(DatasetError) -> [Source] {
    func change(_ image: Int) -> Augmentation {
      augment.map { Augmentation($0, seed: seed, epoch: epoch, image: image) } ?? Augmentation()
    }
    switch set.content {
    case .pixels(let pixels):
      return indices.map {
        Source(index: $0, pixels: pixels, start: $0 * set.imageSize, change: change($0))
      }
    case .pictures(let pictures):
      let images = try pictures.images(indices) { window(of: $0, $1, pictures.spec) }
      return zip(indices, images).compactMap { index, image in
        image.map { Source(index: index, pixels: $0, start: 0, change: change(index)) }
      }
    }
  }

  private func window(of image: Int, _ size: PictureSize, _ spec: PictureSpec) -> PictureWindow {
    guard let crop = augment?.randomResizedCrop else {
      return PictureWindow(middleOf: size, resize: spec.resize, side: spec.size)
    }
    var random = RandomStream(seed: seed, purpose: .resizedCrop, epoch: epoch, index: image)
    return PictureWindow(randomIn: size, crop, &random)
  }

  private func appendPlane(_ channel: Int, of source: Source, to images: inout [Float]) {
    let (table, change, pixels) = (normalized[channel], source.change, source.pixels)
    let columns = set.columns
    let plane = source.start + channel * set.rows * columns
    for row in change.rowShift..<change.rowShift + set.rows {
      guard row >= 0, row < set.rows else {
        images.append(contentsOf: repeatElement(table[0], count: columns))
        continue
      }
      let start = plane + row * columns
      // The columns of the crop that are inside the image; black on either side.
      let first = min(max(0, change.columnShift), columns)
      let last = max(first, min(columns, columns + change.columnShift))
      let before = min(columns, max(0, -change.columnShift))
      let after = columns - before - (last - first)
      images.append(contentsOf: repeatElement(table[0], count: change.isMirrored ? after : before))
      let part = pixels[start + first..<start + last]
      if change.isMirrored {
        images.append(contentsOf: part.reversed().lazy.map { table[Int($0)] })
      } else {
        images.append(contentsOf: part.lazy.map { table[Int($0)] })
      }
      images.append(contentsOf: repeatElement(table[0], count: change.isMirrored ? before : after))
    }
  }
}

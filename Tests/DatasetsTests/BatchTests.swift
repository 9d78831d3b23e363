import Compute
import Foundation
import Specification
import TestSupport
import Testing

@testable import Datasets

@Suite("Batches")
struct BatchTests {
  static let normalize = NormalizeSpec(mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3])

  /// One pixel of an augmented, normalized image, from the definition.
  static func pixel(
    _ set: ImageSet, image: Int, channel: Int, row: Int, column: Int, _ change: Augmentation
  ) -> Float {
    let sourceRow = row + change.rowShift
    let sourceColumn = (change.isMirrored ? set.columns - 1 - column : column) + change.columnShift
    let isInside = (0..<set.rows).contains(sourceRow) && (0..<set.columns).contains(sourceColumn)
    let index = ((image * set.channels + channel) * set.rows + sourceRow) * set.columns + sourceColumn
    let value = isInside ? Double(set.pixels[index]) / 255 : 0
    return Float((value - normalize.mean[channel]) / normalize.std[channel])
  }

  static func reference(
    _ set: ImageSet, _ indices: [Int], _ augment: AugmentSpec?, seed: UInt64, epoch: Int
  ) -> [Float] {
    var values: [Float] = []
    for channel in 0..<set.channels {
      for image in indices {
        let change =
          augment.map { Augmentation($0, seed: seed, epoch: epoch, image: image) } ?? Augmentation()
        for row in 0..<set.rows {
          for column in 0..<set.columns {
            values.append(pixel(set, image: image, channel: channel, row: row, column: column, change))
          }
        }
      }
    }
    return values
  }

  @Test(
    "equal a pixel-by-pixel reference, channel-major, for every kind of change",
    arguments: [
      nil, AugmentSpec(), AugmentSpec(randomCropPadding: 0), AugmentSpec(randomCropPadding: 1),
      AugmentSpec(horizontalFlip: true), AugmentSpec(randomCropPadding: 4, horizontalFlip: true),
      AugmentSpec(randomCropPadding: 9, horizontalFlip: true),
    ] as [AugmentSpec?])
  func reference(_ augment: AugmentSpec?) throws {
    for set in [ImageSet.random(40), .random(3, rows: 1, columns: 1), .random(2, rows: 7, columns: 2)] {
      let order = BatchLoader.shuffledOrder(count: set.count, seed: 1, epoch: 2)
      let plan = BatchPlan(
        set: set, order: order, batchSize: 16, augment: augment, normalize: Self.normalize, seed: 5, epoch: 2)
      #expect(plan.batchCount == (set.count + 15) / 16)
      var seen: [Int] = []
      for number in 0..<plan.batchCount {
        let batch = try plan.batch(number)
        #expect(batch.images.dense() == Self.reference(set, batch.indices, augment, seed: 5, epoch: 2))
        #expect(batch.labels == batch.indices.map { Int(set.labels[$0]) })
        seen += batch.indices
      }
      #expect(seen == order)
    }
  }

  @Test("the crop's positions are uniform over the padded image and half of the images are mirrored")
  func distribution() {
    let spec = AugmentSpec(randomCropPadding: 1, horizontalFlip: true)
    var places = [Int](repeating: 0, count: 9), mirrored = 0
    for image in 0..<9000 {
      let change = Augmentation(spec, seed: 0, epoch: 0, image: image)
      places[(change.rowShift + 1) * 3 + change.columnShift + 1] += 1
      if change.isMirrored { mirrored += 1 }
    }
    // 1000 and 4500 expected; standard deviations 30 and 47. The seed is fixed.
    #expect(places.allSatisfy { abs($0 - 1000) < 150 })
    #expect(abs(mirrored - 4500) < 240)
  }

  @Test("seed, epoch and image each change an image's augmentation; the rest of the batch does not")
  func keys() throws {
    let spec = AugmentSpec(randomCropPadding: 40, horizontalFlip: true)
    let base = Augmentation(spec, seed: 1, epoch: 2, image: 3)
    #expect(base == Augmentation(spec, seed: 1, epoch: 2, image: 3))
    #expect(base != Augmentation(spec, seed: 2, epoch: 2, image: 3))
    #expect(base != Augmentation(spec, seed: 1, epoch: 3, image: 3))
    #expect(base != Augmentation(spec, seed: 1, epoch: 2, image: 4))
    let set = ImageSet.random(6, channels: 1)
    func image4(_ order: [Int]) throws -> [Float] {
      let plan = BatchPlan(
        set: set, order: order, batchSize: 6,
        augment: AugmentSpec(randomCropPadding: 2, horizontalFlip: true),
        normalize: NormalizeSpec(mean: [0], std: [1]), seed: 0, epoch: 0)
      let place = order.firstIndex(of: 4) ?? 0
      return Array(try plan.batch(0).images.dense()[place * 20..<place * 20 + 20])
    }
    #expect(try image4([0, 1, 2, 3, 4, 5]) == image4([4, 0, 5]))
  }

  @Test("an epoch's order has every image once, and changes with seed and epoch")
  func order() {
    let order = BatchLoader.shuffledOrder(count: 100, seed: 0, epoch: 0)
    #expect(order.sorted() == Array(0..<100))
    #expect(order == BatchLoader.shuffledOrder(count: 100, seed: 0, epoch: 0))
    #expect(order != BatchLoader.shuffledOrder(count: 100, seed: 0, epoch: 1))
    #expect(order != BatchLoader.shuffledOrder(count: 100, seed: 1, epoch: 0))
    #expect(BatchLoader.shuffledOrder(count: 0, seed: 0, epoch: 0).isEmpty)
  }
}

@Suite("The batch loader", .timeLimit(.minutes(20)))
struct BatchLoaderTests {
  static let set = ImageSet.random(103)
  static let order = BatchLoader.shuffledOrder(count: 103, seed: 4, epoch: 1)
  static let augment = AugmentSpec(randomCropPadding: 2, horizontalFlip: true)

  static func loader(startBatch: Int = 0) -> BatchLoader {
    BatchLoader(
      set: set, order: order, batchSize: 10, augment: augment, normalize: BatchTests.normalize, seed: 4,
      epoch: 1, startBatch: startBatch)
  }

  static let batches: [ImageBatch] = {
    let plan = BatchPlan(
      set: set, order: order, batchSize: 10, augment: augment, normalize: BatchTests.normalize, seed: 4,
      epoch: 1)
    return (0..<plan.batchCount).compactMap { try? plan.batch($0) }
  }()

  @Test("hands out the plan's batches in order, then nothing")
  func all() throws {
    let loader = Self.loader()
    #expect(loader.batchCount == 11)
    for expected in Self.batches { #expect(try loader.next() == expected) }
    #expect(try loader.next() == nil)
    #expect(try loader.next() == nil)
    #expect(Self.batches.last?.count == 3)
  }

  @Test("can start in the middle, and after the end")
  func parts() throws {
    #expect(try all(Self.loader(startBatch: 4)) == Array(Self.batches[4...]))
    #expect(try all(Self.loader(startBatch: 11)) == [])
  }

  private func all(_ loader: BatchLoader) throws -> [ImageBatch] {
    var batches: [ImageBatch] = []
    while let batch = try loader.next() { batches.append(batch) }
    return batches
  }

  @Test("hands out the same batches where the system starts no thread")
  func noThread() throws {
    let plan = BatchPlan(
      set: Self.set, order: Self.order, batchSize: 10, augment: Self.augment, normalize: BatchTests.normalize,
      seed: 4, epoch: 1)
    for start in [0, 4, 11] {
      let parts = BatchParts(first: start, end: plan.batchCount, step: 1, shards: [.whole])
      let loader = BatchLoader(plan, parts: parts, stackSize: 1 << 60)
      #expect(try all(loader) == Array(Self.batches[start...]))
      #expect(try loader.next() == nil)
    }
  }

  @Test("of no images ends at once")
  func empty() throws {
    let loader = BatchLoader(
      set: .random(0), order: [], batchSize: 1, augment: nil, normalize: BatchTests.normalize, seed: 0,
      epoch: 0)
    #expect(try loader.next() == nil)
  }

  @Test("prefetches a few batches, and no more of them while none is asked for")
  func bounded() throws {
    let loader = Self.loader()
    for _ in 0..<2 {
      try wait { loader.queue.count >= BatchLoader.ahead }
      Thread.sleep(forTimeInterval: 0.2)
      #expect(loader.queue.count == BatchLoader.ahead)
      _ = try loader.next()
    }
  }

  @Test("that is let go of early ends its thread", arguments: [0, 1, 5, 11])
  func early(taken: Int) throws {
    var loader: BatchLoader? = Self.loader()
    let queue = loader?.queue
    for _ in 0..<taken { _ = try loader?.next() }
    loader = nil
    // Returns only when the thread has left its loop; the time limit catches one that does not.
    queue?.waitUntilFinished()
    #expect(try queue?.take() == nil)
  }

  @Test("serves many loaders at once")
  func many() throws {
    let loaders = (0..<20).map { _ in Self.loader() }
    for expected in Self.batches {
      for loader in loaders { #expect(try loader.next() == expected) }
    }
  }
}

extension ImageBatch: Equatable {
  public static func == (a: ImageBatch, b: ImageBatch) -> Bool {
    a.labels == b.labels && a.indices == b.indices && a.images.dense() == b.images.dense()
  }
}

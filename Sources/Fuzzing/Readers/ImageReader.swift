import Specification

@testable import Datasets

/// Reads IDX and CIFAR files, plain and compressed. Accepted images can be limited, shuffled and
/// made into batches.
///
/// The first byte of an input selects the format; for an IDX pair, the length of its first file
/// follows in two bytes.
struct ImageReader: FuzzedReader {
  static let name = "images"
  private let idx = IDXFiles(
    path: "", torchvisionName: "", rows: 2, columns: 3, classes: 10, source: "nowhere")
  private let formats = [
    LabelledRecords(labels: [("label", 10)], channels: 3, rows: 2, columns: 2),
    LabelledRecords(labels: [("coarse label", 20), ("fine label", 100)], channels: 3, rows: 2, columns: 2),
  ]

  func corpus() -> [[UInt8]] {
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + Array(1...12)
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 9, 1]
    let records: [[UInt8]] = [
      [3] + Array(1...12) + [5] + Array(11...22), [19, 99] + Array(1...12) + [0, 3] + Array(11...22),
    ]
    return [
      [0, UInt8(images.count), 0] + images + labels,
      [0, UInt8(Self.packedImages.count), 0] + Self.packedImages + labels,
      [1] + records[0], [2] + records[1],
    ]
  }

  func read(_ bytes: [UInt8]) {
    guard let kind = bytes.first, let images = try? images(kind % 3, Array(bytes.dropFirst())) else { return }
    let all = Dataset(name: "fuzzed", classNames: [], train: images, test: images)
    guard let data = try? all.limited(train: 2, test: nil) else { return }
    let channels = images.channels
    let plan = BatchPlan(
      set: data.train, order: BatchLoader.shuffledOrder(count: data.train.count, seed: 1, epoch: 0),
      batchSize: 3,
      augment: AugmentSpec(randomCropPadding: 1, horizontalFlip: true),
      normalize: NormalizeSpec(
        mean: [Double](repeating: 0, count: channels), std: [Double](repeating: 1, count: channels)),
      seed: 1, epoch: 0)
    precondition((try? plan.batch(0))?.count == data.train.count)
  }

  private func images(_ kind: UInt8, _ bytes: [UInt8]) throws(DatasetError) -> ImageSet {
    guard kind == 0 else {
      return try formats[Int(kind) - 1].read([file(bytes[...])], count: 2)
    }
    let rest = bytes.dropFirst(2)
    let count = bytes.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
    return try idx.read(file(rest.prefix(count))) { () throws(DatasetError) in file(rest.dropFirst(count)) }
  }

  private func file(_ bytes: ArraySlice<UInt8>) -> DataFile {
    DataFile(stored: Array(bytes), path: "fuzzed", source: nil)
  }

  /// The two images, compressed by gzip.
  private static let packedImages: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x66, 0x60, 0x60,
    0x60, 0x82, 0x62, 0x66, 0x46, 0x26, 0x66, 0x16, 0x56, 0x36, 0x76, 0x0e, 0x4e, 0x2e, 0x6e, 0x1e, 0x00,
    0x48, 0x11, 0x0c, 0x84, 0x1c, 0x00, 0x00, 0x00,
  ]
}

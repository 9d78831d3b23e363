import Datasets
import Specification

/// Throughput of decoding the pictures of a folder, in images per second: reading, decoding,
/// cropping, resizing and normalizing.
public struct DecodingThroughput: Codable, Equatable, Sendable {
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// A random crop of the picture, randomly mirrored.
    case train
    /// The center crop of the picture.
    case evaluate
  }

  public var mode: Mode
  /// Rows and columns of the images.
  public var size: Int
  public var threads: Int
  public var batch: Int
  /// Number of different pictures.
  public var pictures: Int
  public var imagesPerSecond: Double

  private enum CodingKeys: String, CodingKey {
    case mode, size, threads, batch, pictures
    case imagesPerSecond = "images_per_s"
  }

  /// Measures for at least `seconds` and one batch, after a batch that does not count.
  ///
  /// - Throws: if there is no picture, or a damaged one.
  public init(
    of folder: String, mode: Mode, size: Int, batch: Int, seconds: Double, threads: Int
  ) throws(DatasetError) {
    let set = try ImageSet.pictures(in: folder, size: size, threads: threads)
    func plan(epoch: Int) -> BatchPlan {
      BatchPlan(
        set: set, order: BatchLoader.shuffledOrder(count: set.count, seed: 0, epoch: epoch), batchSize: batch,
        augment: mode == .train
          ? AugmentSpec(randomResizedCrop: RandomResizedCropSpec(), horizontalFlip: true) : nil,
        normalize: NormalizeSpec(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]), seed: 0,
        epoch: epoch)
    }
    _ = try plan(epoch: 0).batch(0)
    let clock = ContinuousClock()
    let start = clock.now
    var (images, epoch) = (0, 0)
    repeat {
      let pass = plan(epoch: epoch)
      for number in 0..<pass.batchCount where images == 0 || clock.now - start < .seconds(seconds) {
        images += try pass.batch(number).count
      }
      epoch += 1
    } while clock.now - start < .seconds(seconds)
    self.mode = mode
    self.size = size
    self.threads = threads
    self.batch = batch
    pictures = set.count
    imagesPerSecond = Double(images) / ((clock.now - start) / .seconds(1))
  }
}

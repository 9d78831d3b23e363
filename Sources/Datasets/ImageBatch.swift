import Compute

/// Images as the network takes them, with their labels.
public struct ImageBatch: Sendable {
  /// `[channels, images, rows, columns]`, normalized.
  public let images: Planes
  /// The class of each image.
  public let labels: [Int]
  /// Which images of the set these are.
  public let indices: [Int]

  public init(images: Planes, labels: [Int], indices: [Int]) {
    self.images = images
    self.labels = labels
    self.indices = indices
  }

  /// Number of images.
  public var count: Int { indices.count }
}

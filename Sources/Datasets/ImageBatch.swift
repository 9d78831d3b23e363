import Compute

/// A batch of normalized images with their labels.
public struct ImageBatch: Sendable {
  /// `[channels, images, rows, columns]`, normalized.
  public let images: Planes
  /// The class of each image.
  public let labels: [Int]
  /// Indices of the images in the set.
  public let indices: [Int]

  public init(images: Planes, labels: [Int], indices: [Int]) {
    self.images = images
    self.labels = labels
    self.indices = indices
  }

  /// Number of images.
  public var count: Int { indices.count }
}

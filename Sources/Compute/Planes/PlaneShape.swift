/// The shape of a batch of activations, `[channels, images, rows, columns]`.
public struct PlaneShape: Hashable, Sendable {
  public let channels: Int
  public let images: Int
  public let rows: Int
  public let columns: Int

  public init(channels: Int, images: Int, rows: Int, columns: Int) {
    self.channels = channels
    self.images = images
    self.rows = rows
    self.columns = columns
  }

  /// Pixels of one channel over the whole batch.
  public var pixelsPerChannel: Int { images * rows * columns }

  /// Of all pixels, without borders.
  public func bytes(_ precision: Precision) -> Int { channels * pixelsPerChannel * precision.bytes }

  /// Pixels of one channel over the whole batch, and the zeros behind rows and images.
  var elementsPerChannel: Int { images * (rows + 1) * (columns + 1) }

  /// Of the memory of planes, with the zeros behind rows and images.
  public func bytesWithBorders(_ precision: Precision) -> Int {
    channels * elementsPerChannel * precision.bytes
  }

  /// What windows over every image give: one pixel for each place of a window.
  ///
  /// `[channels, images, (rows + 2 * padding - window) / stride + 1, (columns + 2 * padding -
  /// window) / stride + 1]`
  public func windowed(_ window: Int, stride: Int, padding: Int) -> PlaneShape {
    PlaneShape(
      channels: channels, images: images, rows: (rows + 2 * padding - window) / stride + 1,
      columns: (columns + 2 * padding - window) / stride + 1)
  }

  /// The same batch with another number of channels.
  public func with(channels: Int) -> PlaneShape {
    PlaneShape(channels: channels, images: images, rows: rows, columns: columns)
  }

  /// The same with another number of images.
  func with(images: Int) -> PlaneShape {
    PlaneShape(channels: channels, images: images, rows: rows, columns: columns)
  }
}

/// Labelled images of one size, as bytes.
public struct ImageSet: Equatable, Sendable {
  public let channels: Int
  public let rows: Int
  public let columns: Int
  /// `[images, channels, rows, columns]`, 0 black to 255.
  public let pixels: [UInt8]
  /// The class of each image, from 0.
  public let labels: [UInt8]

  /// - Precondition: as many pixels as labels times channels, rows and columns.
  public init(channels: Int, rows: Int, columns: Int, pixels: [UInt8], labels: [UInt8]) {
    precondition(
      pixels.count == labels.count * channels * rows * columns,
      "\(pixels.count) pixels for \(labels.count) images of \(channels)x\(rows)x\(columns)")
    self.channels = channels
    self.rows = rows
    self.columns = columns
    self.pixels = pixels
    self.labels = labels
  }

  /// Number of images.
  public var count: Int { labels.count }

  /// Bytes of one image.
  public var imageSize: Int { channels * rows * columns }

  /// The images of the given indices, in that order.
  public func selecting(_ indices: [Int]) -> ImageSet {
    var selected: [UInt8] = []
    selected.reserveCapacity(indices.count * imageSize)
    for index in indices { selected += pixels[index * imageSize..<(index + 1) * imageSize] }
    return ImageSet(
      channels: channels, rows: rows, columns: columns, pixels: selected, labels: indices.map { labels[$0] })
  }
}

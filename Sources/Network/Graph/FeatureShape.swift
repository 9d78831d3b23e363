import Compute

/// The shape of one image's features: `[channels, rows, columns]`.
///
/// A vector, such as the output of a linear layer, has one row and one column.
public struct FeatureShape: Hashable, Sendable, CustomStringConvertible {
  public var channels: Int
  public var rows: Int
  public var columns: Int

  public init(channels: Int, rows: Int = 1, columns: Int = 1) {
    self.channels = channels
    self.rows = rows
    self.columns = columns
  }

  public var pixels: Int { rows * columns }
  public var isVector: Bool { rows == 1 && columns == 1 }

  /// `64 x 8 x 8`
  public var description: String { "\(channels) x \(rows) x \(columns)" }

  /// The shape of a batch of such features.
  public func planes(images: Int) -> PlaneShape {
    PlaneShape(channels: channels, images: images, rows: rows, columns: columns)
  }

  /// The same size with another number of channels.
  func with(channels: Int) -> FeatureShape {
    FeatureShape(channels: channels, rows: rows, columns: columns)
  }
}

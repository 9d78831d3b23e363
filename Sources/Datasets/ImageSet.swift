/// Labelled images of one size: bytes in memory, or pictures that are decoded on demand.
public struct ImageSet: Equatable, Sendable {
  public let channels: Int
  public let rows: Int
  public let columns: Int
  /// The class of each image, from 0.
  public let labels: [Int32]
  let content: Content

  enum Content: Equatable, Sendable {
    /// `[images, channels, rows, columns]`, 0 black to 255.
    case pixels([UInt8])
    case pictures(PictureFiles)
  }

  /// - Parameter pixels: `[images, channels, rows, columns]`, 0 black to 255
  /// - Precondition: the number of pixels is labels times channels, rows and columns.
  public init(channels: Int, rows: Int, columns: Int, pixels: [UInt8], labels: [UInt8]) {
    precondition(
      pixels.count == labels.count * channels * rows * columns,
      "\(pixels.count) pixels for \(labels.count) images of \(channels)x\(rows)x\(columns)")
    self.channels = channels
    self.rows = rows
    self.columns = columns
    self.labels = labels.map(Int32.init)
    content = .pixels(pixels)
  }

  /// Pictures as images with three channels and the size of their specification.
  init(_ pictures: PictureFiles) {
    channels = 3
    rows = pictures.spec.size
    columns = pictures.spec.size
    labels = pictures.list.labels
    content = .pictures(pictures)
  }

  private init(_ set: ImageSet, labels: [Int32], content: Content) {
    channels = set.channels
    rows = set.rows
    columns = set.columns
    self.labels = labels
    self.content = content
  }

  /// Number of images.
  public var count: Int { labels.count }

  /// Bytes of one image.
  public var imageSize: Int { channels * rows * columns }

  /// `[images, channels, rows, columns]`, 0 black to 255; empty for pictures.
  public var pixels: [UInt8] {
    if case .pixels(let pixels) = content { pixels } else { [] }
  }

  /// The damaged pictures that were left out so far; nil for images in memory.
  public var damaged: DamagedPictures? {
    if case .pictures(let pictures) = content { pictures.damaged } else { nil }
  }

  /// The same images, where at most this number of threads decodes pictures.
  public func decoding(threads: Int) -> ImageSet {
    guard case .pictures(var pictures) = content else { return self }
    pictures.threads = threads
    return ImageSet(self, labels: labels, content: .pictures(pictures))
  }

  /// The images with the given indices, in this order.
  public func selecting(_ indices: [Int]) -> ImageSet {
    ImageSet(self, labels: indices.map { labels[$0] }, content: selectedContent(indices))
  }

  private func selectedContent(_ indices: [Int]) -> Content {
    switch content {
    case .pictures(let pictures): return .pictures(pictures.selecting(indices))
    case .pixels(let pixels):
      var selected: [UInt8] = []
      selected.reserveCapacity(indices.count * imageSize)
      for index in indices { selected += pixels[index * imageSize..<(index + 1) * imageSize] }
      return .pixels(selected)
    }
  }
}

/// The Python version of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html): pickled dictionaries
/// of `data`, an array of bytes with a row for each image, and a list of labels.
struct CIFARBatches {
  /// Key of the labels.
  var labels: String
  var classes: Int
  var rows = 32
  var columns = 32

  /// Bytes per image: the planes of red, green and blue.
  private var imageSize: Int { 3 * rows * columns }

  /// Reads files one after the other into one set, each of `count` images.
  func read(_ files: [DataFile], count: Int) throws(DatasetError) -> ImageSet {
    var pixels: [UInt8] = []
    var classes: [UInt8] = []
    pixels.reserveCapacity(files.count * count * imageSize)
    for file in files {
      let (images, labels) = try batch(file, count: count)
      pixels += images
      classes += labels
    }
    return ImageSet(channels: 3, rows: rows, columns: columns, pixels: pixels, labels: classes)
  }

  private func batch(
    _ file: DataFile, count: Int
  ) throws(DatasetError) -> (images: ArraySlice<UInt8>, labels: [UInt8]) {
    let expected = "a batch of \(count) images of CIFAR's Python version"
    func error(at offset: Int = 0, _ problem: String, expected other: String? = nil) -> DatasetError {
      file.error(at: offset, problem, expected: other ?? expected, for: .pickle)
    }
    let bytes = try file.whole()
    let value: PickleValue
    do throws(Damage) {
      value = try PickleReader.read(bytes)
    } catch let damage {
      throw error(at: damage.offset, damage.problem)
    }
    guard case .dictionary(let entries) = value, case .array(let data?)? = entries["data"],
      case .list(let labels)? = entries[self.labels]
    else { throw error("no `data` and `\(self.labels)` in it") }
    guard data.shape == [count, imageSize], labels.count == count else {
      throw error("data of shape \(data.shape) and \(labels.count) labels")
    }
    var numbers: [UInt8] = []
    for (index, label) in labels.enumerated() {
      guard let number = label.integer, (0..<classes).contains(number) else {
        throw error(
          "label \(label.integer.map(String.init) ?? "that is no number") of image \(index)",
          expected: "0 to \(classes - 1)")
      }
      numbers.append(UInt8(number))
    }
    return (data.bytes, numbers)
  }
}

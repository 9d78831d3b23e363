/// The binary format of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html): records of label
/// bytes, then an image's planes. A file has no header, so its number of records must be known.
struct LabelledRecords {
  /// Labels of a record, in order: name for errors, and number of values. The last is the class.
  var labels: [(name: String, classes: Int)]
  var channels: Int
  var rows: Int
  var columns: Int

  private var imageSize: Int { channels * rows * columns }
  private var recordSize: Int { labels.count + imageSize }

  /// Reads files one after the other into one set, each of `count` records.
  func read(_ files: [DataFile], count: Int) throws(DatasetError) -> ImageSet {
    var pixels: [UInt8] = []
    var classes: [UInt8] = []
    pixels.reserveCapacity(files.count * count * imageSize)
    for file in files { try append(file, count: count, pixels: &pixels, classes: &classes) }
    return ImageSet(channels: channels, rows: rows, columns: columns, pixels: pixels, labels: classes)
  }

  private func append(
    _ file: DataFile, count: Int, pixels: inout [UInt8], classes: inout [UInt8]
  ) throws(DatasetError) {
    let bytes = try file.contents(size: count * recordSize, of: "\(count) records of \(recordSize)")
    for record in 0..<count {
      let start = record * recordSize
      for (index, label) in labels.enumerated() where bytes[start + index] >= label.classes {
        throw file.error(
          at: start + index, "\(label.name) \(bytes[start + index]) of record \(record)",
          expected: "0 to \(label.classes - 1)")
      }
      classes.append(bytes[start + labels.count - 1])
      pixels += bytes[start + labels.count..<start + recordSize]
    }
  }
}

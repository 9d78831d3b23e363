/// MNIST's file format: a big-endian magic number and sizes, then bytes
/// (http://yann.lecun.com/exdb/mnist/).
struct IDXFiles {
  var path: String
  /// The folder of the data set in torchvision's root.
  var torchvisionName: String
  var rows: Int
  var columns: Int
  var classes: Int
  /// Where to get the files, for errors.
  var source: String

  /// More images than any data set in this format; a header with a larger number is damaged.
  static let mostImages = 1_000_000

  /// Both splits.
  func read() throws(DatasetError) -> (train: ImageSet, test: ImageSet) {
    let folders = ["\(path)/\(torchvisionName)/raw", "\(path)/raw"].map(DataFolder.init)
    let given = DataFolder(path: path)
    let names = Self.names("train", "images-idx3")
    let candidates = [given] + folders
    let folder = candidates.first { $0.file(names) != nil } ?? candidates.first { $0.mayHave(names) } ?? given
    return (try read("train", folder), try read("t10k", folder))
  }

  /// Possible names of a file: also with a dot before `idx`.
  private static func names(_ split: String, _ what: String) -> [String] {
    ["\(split)-\(what)-ubyte", "\(split)-\(what)-ubyte".replacing("-idx", with: ".idx")]
  }

  private func read(_ split: String, _ folder: DataFolder) throws(DatasetError) -> ImageSet {
    func open(_ what: String) throws(DatasetError) -> DataFile {
      try folder.open(
        Self.names(split, what), layout: "the four files, such as train-images-idx3-ubyte.gz", source: source,
        others: [torchvisionName])
    }
    return try read(open("images-idx3")) { () throws(DatasetError) in try open("labels-idx1") }
  }

  /// The images, and if they are valid, their labels.
  func read(
    _ images: DataFile, labels openLabels: () throws(DatasetError) -> DataFile
  ) throws(DatasetError) -> ImageSet {
    let header = try self.header(of: images, magic: 0x803, what: "images", numbers: 4)
    let count = header[1]
    guard header[2] == rows, header[3] == columns else {
      throw images.error(
        at: 8, "images of \(header[2]) rows and \(header[3]) columns", expected: "\(rows) and \(columns)")
    }
    let pixels = Array(
      try images.contents(
        size: 16 + count * rows * columns, of: "\(count) images of \(rows)x\(columns)"
      ).dropFirst(16))

    let labelFile = try openLabels()
    let labelCount = try self.header(of: labelFile, magic: 0x801, what: "labels", numbers: 2)[1]
    guard labelCount == count else {
      throw labelFile.error(
        at: 4, "\(labelCount) labels", expected: "\(count), as many as \(images.name) has images")
    }
    let labels = Array(try labelFile.contents(size: 8 + count, of: "\(count) labels").dropFirst(8))
    if let index = labels.firstIndex(where: { $0 >= classes }) {
      throw labelFile.error(
        at: 8 + index, "label \(labels[index]) of image \(index)", expected: "0 to \(classes - 1)")
    }
    return ImageSet(channels: 1, rows: rows, columns: columns, pixels: pixels, labels: labels)
  }

  /// The header's numbers: magic number, count, other sizes.
  private func header(
    of file: DataFile, magic: Int, what: String, numbers: Int
  ) throws(DatasetError) -> [Int] {
    let bytes = try file.contents(upTo: 4 * numbers)
    guard bytes.count == 4 * numbers else {
      throw file.error(
        at: bytes.count, "the data ends after \(bytes.count) bytes",
        expected: "a header of \(4 * numbers) bytes")
    }
    let header = (0..<numbers).map { number in
      bytes[4 * number..<4 * number + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard header[0] == magic else {
      throw file.error(at: 0, "magic number \(header[0])", expected: "\(magic), an IDX file of \(what)")
    }
    guard header[1] >= 1, header[1] <= Self.mostImages else {
      throw file.error(at: 4, "\(header[1]) \(what)", expected: "1 to \(Self.mostImages)")
    }
    return header
  }
}

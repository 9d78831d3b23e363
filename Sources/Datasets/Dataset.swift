import CZlib

/// A data set: training images and test images.
public struct Dataset: Sendable {
  public let name: String
  public let classNames: [String]
  public let train: ImageSet
  public let test: ImageSet
  /// Digest of the content: for each split its number of images and the CRC-32 of its shape, labels
  /// and pixels, or for pictures of the names, sizes and times of their files; 32 hexadecimal
  /// digits. It detects accidental differences, not malicious ones.
  public let digest: String
  /// About pictures in the folders of the data set that are not part of it, and about limits above
  /// its number of images, one sentence each.
  public let warnings: [String]

  public init(
    name: String, classNames: [String], train: ImageSet, test: ImageSet, warnings: [String] = []
  ) {
    self.name = name
    self.classNames = classNames
    self.train = train
    self.test = test
    self.warnings = warnings
    self.digest = Self.digest(train) + Self.digest(test)
  }

  private static func digest(_ set: ImageSet) -> String {
    var parts = [bytes([set.count, set.channels, set.rows, set.columns])]
    switch set.content {
    case .pixels(let pixels):
      parts += [set.labels.map { UInt8(truncatingIfNeeded: $0) }, pixels]
    case .pictures(let pictures):
      let list = pictures.list
      parts +=
        [bytes(list.labels.map(Int.init)), list.names] + [list.ends, list.sizes, list.times].map(bytes)
    }
    var sum = crc32(0, nil, 0)
    for bytes in parts {
      sum = bytes.withUnsafeBufferPointer { crc32_z(sum, $0.baseAddress, z_size_t($0.count)) }
    }
    return hexadecimal(UInt(set.count)) + hexadecimal(UInt(sum))
  }

  /// Little-endian, eight bytes each.
  private static func bytes(_ numbers: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * numbers.count)
    for number in numbers {
      for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
    return bytes
  }

  private static func hexadecimal(_ number: UInt) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }
}

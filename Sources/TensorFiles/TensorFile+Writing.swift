import Compute

extension TensorFile {
  /// Writes the file so that a crash at any moment leaves the old or the new file, never a part.
  ///
  /// - Throws: `TensorFileError` with the system's reason; then the old file still exists.
  public func write(to path: String) throws(TensorFileError) {
    try DurableFile.write(serialized(), to: path)
  }

  /// The file's bytes: names in the order of their UTF-8 bytes, the header padded with spaces to 8
  /// bytes.
  ///
  /// Integer tensors' data comes first, so that every value is aligned to its size.
  ///
  /// - Precondition: no name is in both `tensors` and `integers`, and none is `__metadata__`, the
  ///   format's own.
  public func serialized() -> [UInt8] {
    var ranges: [(name: String, type: ElementType, shape: [Int], end: Int)] = []
    var end = 0
    let (integerNames, names) = (Self.sorted(integers.keys), Self.sorted(tensors.keys))
    for name in integerNames {
      precondition(tensors[name] == nil, "\"\(name)\" names an integer tensor and another")
      end += 8 * (integers[name]?.count ?? 0)
      ranges.append((name, .int64, integerShape(name) ?? [], end))
    }
    for name in names {
      guard let tensor = tensors[name] else { continue }
      end += 4 * tensor.count
      ranges.append((name, .float32, tensor.shape, end))
    }
    let header = self.header(ranges)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + end)
    bytes.appendLittleEndian(UInt64(header.count), bytes: 8)
    bytes += header
    // Only once in memory: large networks have no room for a second copy.
    for name in integerNames {
      for value in integers[name] ?? [] {
        bytes.appendLittleEndian(UInt64(bitPattern: Int64(value)), bytes: 8)
      }
    }
    for name in names {
      for value in tensors[name]?.values ?? [] {
        bytes.appendLittleEndian(UInt64(value.bitPattern), bytes: 4)
      }
    }
    return bytes
  }

  /// - Parameter ranges: the tensors in the order of their data, each with the end of its data.
  private func header(_ ranges: [(name: String, type: ElementType, shape: [Int], end: Int)]) -> [UInt8] {
    var fields: [String: String] = [:]
    var begin = 0
    for range in ranges {
      precondition(range.name != "__metadata__", "a tensor cannot have the name __metadata__")
      let shape = range.shape.map(String.init).joined(separator: ",")
      fields[range.name] =
        "{\"dtype\":\"\(range.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(range.end)]}"
      begin = range.end
    }
    if !metadata.isEmpty {
      let texts = Self.sorted(metadata.keys).map { "\(Self.quoted($0)):\(Self.quoted(metadata[$0] ?? ""))" }
      fields["__metadata__"] = "{\(texts.joined(separator: ","))}"
    }
    let body = Self.sorted(fields.keys).map { "\(Self.quoted($0)):\(fields[$0] ?? "")" }
    let header = Array("{\(body.joined(separator: ","))}".utf8)
    return header + [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
  }

  private static func sorted(_ names: some Collection<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension [UInt8] {
  fileprivate mutating func appendLittleEndian(_ value: UInt64, bytes: Int) {
    for byte in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
  }
}

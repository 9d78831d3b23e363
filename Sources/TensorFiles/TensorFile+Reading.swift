import Compute
import Files

extension TensorFile {
  /// The limit of the format, against headers that would exhaust the memory.
  static let largestHeader = 100_000_000

  /// Whether a file begins like this format: with the length of the header, and the header's brace.
  public static func begins(_ bytes: some Collection<UInt8>) -> Bool {
    let start = Array(bytes.prefix(9))
    return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
  }

  /// Reads a file.
  ///
  /// - Throws: `TensorFileError` if it cannot be read or is not a complete and consistent
  ///   safetensors file.
  public init(contentsOf path: String) throws(TensorFileError) {
    try self.init(bytes: DurableFile.read(path), file: path)
  }

  /// Reads a file's bytes.
  ///
  /// - Parameter file: the name for errors.
  /// - Throws: `TensorFileError`, which names the type of a file of another type if it is known.
  public init(bytes: [UInt8], file: String) throws(TensorFileError) {
    do throws(TensorFileError) {
      try self.init(safetensors: bytes, file: file)
    } catch {
      guard let kind = FileKind(bytes.prefix(FileKind.prefixLength), path: file) else { throw error }
      throw error.naming(kind)
    }
  }

  private init(safetensors bytes: [UInt8], file: String) throws(TensorFileError) {
    self.init()
    let dataStart = try Self.headerEnd(bytes, file: file)
    var reader = HeaderReader(bytes: bytes, range: 8..<dataStart, file: file)
    let (entries, metadata) = try reader.read()
    self.metadata = metadata
    try Self.checkLayout(entries, dataStart: dataStart, dataCount: bytes.count - dataStart, file: file)
    for entry in entries {
      let data = bytes[dataStart + entry.begin..<dataStart + entry.end]
      if entry.type.isInteger {
        integers[entry.name] = entry.type.integers(data)
        integerShapes[entry.name] = entry.shape
        if entry.type != .int64 { narrowIntegerTypes[entry.name] = entry.type }
      } else {
        tensors[entry.name] = Tensor(shape: entry.shape, values: entry.type.floats(data))
      }
    }
  }

  /// The length of the header, which the file begins with.
  static func headerLength(_ bytes: [UInt8]) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The end of the header, where the data begins.
  static func headerEnd(_ bytes: [UInt8], file: String) throws(TensorFileError) -> Int {
    guard bytes.count >= 8 else {
      throw TensorFileError(
        file: file, offset: bytes.count, problem: "the file ends after \(bytes.count) bytes",
        expected: "8 bytes of header length")
    }
    let length = headerLength(bytes)
    guard length <= UInt64(largestHeader) else {
      throw TensorFileError(
        file: file, offset: 0, problem: "a header of \(length) bytes", expected: "at most \(largestHeader)")
    }
    let end = 8 + Int(length)
    guard end <= bytes.count else {
      throw TensorFileError(
        file: file, offset: 0, problem: "a header of \(length) bytes in a file of \(bytes.count)",
        expected: "at most \(bytes.count - 8)")
    }
    return end
  }

  /// Checks that tensors fill the data without gaps, and that each range fits its type and shape.
  static func checkLayout(
    _ entries: [HeaderReader.Entry], dataStart: Int, dataCount: Int, file: String
  ) throws(TensorFileError) {
    var covered = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      func error(_ problem: String, expected: String) -> TensorFileError {
        TensorFileError(
          file: file, offset: entry.offset, problem: "tensor \"\(entry.name)\" \(problem)", expected: expected
        )
      }
      let range = "data_offsets [\(entry.begin), \(entry.end)]"
      guard entry.begin <= entry.end, entry.end <= dataCount else {
        throw error("has \(range)", expected: "a range within the file's \(dataCount) bytes of data")
      }
      guard let count = elementCount(of: entry.shape),
        case let (size, overflow) = count.multipliedReportingOverflow(by: entry.type.size), !overflow
      else { throw error("has shape \(entry.shape)", expected: "one whose size does not overflow") }
      guard entry.end - entry.begin == size else {
        throw error(
          "has \(range), \(entry.end - entry.begin) bytes",
          expected: "\(size) bytes for \(entry.type.rawValue) of shape \(entry.shape)")
      }
      guard entry.begin == covered else {
        let fault = entry.begin < covered ? "overlaps the tensor before it" : "leaves a hole before it"
        throw error("\(fault) with \(range)", expected: "it to begin at \(covered)")
      }
      covered = entry.end
    }
    guard covered == dataCount else {
      throw TensorFileError(
        file: file, offset: dataStart + covered,
        problem: "\(dataCount - covered) bytes that belong to no tensor",
        expected: "the file to end here")
    }
  }
}

/// Why a data set could not be loaded: the file, the byte offset, what was found, what was
/// expected, where to get it.
///
/// Its description is one line, such as `data/mnist/train-labels-idx1-ubyte: byte 8: label 12 of
/// image 0; expected 0 to 9; get MNIST from …`.
public struct DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder; for the contents of a compressed file, `<path> (unpacked)`.
  public var file: String
  /// Bytes from the start of the file, or of its decompressed contents; nil if the error concerns
  /// the whole file.
  public var offset: Int?
  public var problem: String
  public var expected: String
  /// Where to get valid files; nil if that does not help.
  public var source: String?

  public init(file: String, offset: Int? = nil, problem: String, expected: String, source: String? = nil) {
    self.file = file
    self.offset = offset
    self.problem = problem
    self.expected = expected
    self.source = source
  }

  public var description: String {
    let place = offset.map { "byte \($0): " } ?? ""
    let hint = source.map { "; get \($0)" } ?? ""
    return "\(file): \(place)\(problem); expected \(expected)\(hint)"
  }
}

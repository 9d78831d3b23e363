import Files

/// Why a tensor file could not be read or written: the file, the byte offset, what was found and
/// what was expected.
///
/// Its description is one line: `model.safetensors: byte 8: the header is not a JSON object;
/// expected "{"`.
public struct TensorFileError: Error, Equatable, Sendable, CustomStringConvertible {
  public var file: String
  /// Bytes from the start of the file; nil if the error concerns the whole file.
  public var offset: Int?
  public var problem: String
  public var expected: String

  public init(file: String, offset: Int?, problem: String, expected: String) {
    self.file = file
    self.offset = offset
    self.problem = problem
    self.expected = expected
  }

  public var description: String {
    let place = offset.map { "byte \($0): " } ?? ""
    return "\(file): \(place)\(problem); expected \(expected)"
  }
}

extension TensorFileError {
  /// The error for a file that is not safetensors.
  func naming(_ kind: FileKind) -> TensorFileError {
    TensorFileError(
      file: file, offset: nil, problem: kind.sentence,
      expected: "a safetensors file, as safetensors.torch.save_file(model.state_dict(), PATH) writes it")
  }
}

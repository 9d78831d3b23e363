import TensorFiles

/// Why a command on a single model failed.
public enum ToolError: Error, CustomStringConvertible {
  /// A file that cannot be used; the text names it.
  case file(String)
  /// The files are valid, but the command failed: images cannot be read, or the disk is full.
  case failed(RunError)

  /// A file that could not be written.
  static func unwritten(_ error: TensorFileError) -> ToolError { .failed(.storage("\(error)")) }

  public var description: String {
    switch self {
    case .file(let message): message
    case .failed(let error): "\(error)"
    }
  }
}

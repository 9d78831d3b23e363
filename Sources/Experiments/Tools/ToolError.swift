import TensorFiles

/// Why a command that looks at one model could not.
public enum ToolError: Error, CustomStringConvertible {
  /// A file that cannot be used; the text names it.
  case file(String)
  /// The files can be used, and what was asked for failed all the same: images that cannot be read,
  /// a disk that takes no more.
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

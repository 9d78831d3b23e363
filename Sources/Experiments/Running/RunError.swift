import Datasets
import Network
import Training

/// Why a run failed although its experiment file is valid.
public enum RunError: Error, CustomStringConvertible {
  case data(DatasetError)
  case model(ModelFileError)
  case training(TrainingError)
  /// Another run is using the folder; `owner` is empty if it is unknown.
  case inUse(folder: String, owner: String)
  /// A training does not fit into the available memory.
  case memory(String)
  /// Something could not be written or read.
  case storage(String)

  public var description: String {
    switch self {
    case .data(let error): "\(error)"
    case .model(let error): "\(error)"
    case .training(let error): "\(error)"
    case .inUse(let folder, let owner):
      "\(folder): in use by another run" + (owner.isEmpty ? "" : ", \(owner)")
    case .memory(let message), .storage(let message): message
    }
  }

  public var isInterruption: Bool {
    if case .training(.interrupted) = self { true } else { false }
  }
}

/// Writes or reads files; any error is one of storage.
func stored(_ body: () throws -> Void) throws(RunError) {
  do { try body() } catch { throw .storage("\(error)") }
}

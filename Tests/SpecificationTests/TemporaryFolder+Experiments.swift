import TestSupport

@testable import Specification

extension TemporaryFolder {
  func load(
    _ name: String, environment: [String: String] = [:]
  ) throws(SpecificationError) -> ExperimentSpec {
    try ExperimentFile.load("\(path)/\(name)", catalog: .test, environment: environment)
  }

  func experiments(_ name: String) throws(SpecificationError) -> [ExperimentSpec] {
    try ExperimentFile.experiments("\(path)/\(name)", catalog: .test, environment: [:]).map(\.spec)
  }

  /// Errors with the folder's name left out.
  func errors(_ name: String) -> [String] {
    do throws(SpecificationError) {
      _ = try load(name)
      return []
    } catch {
      return error.diagnostics.map { $0.description.replacing("\(path)/", with: "") }
    }
  }
}

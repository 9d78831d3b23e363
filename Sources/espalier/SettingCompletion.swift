import ArgumentParser
import Experiments
import Specification

extension CompletionKind {
  /// Experiment and suite files.
  static var experimentFiles: CompletionKind { .file(extensions: ["yaml", "yml"]) }

  /// `path=` for every key of an experiment, with the possible names where there are any.
  static var settings: CompletionKind {
    .custom { _, _, typed in
      let catalog = Catalog.standard
      let names: [String: [String]] = [
        "prune.criterion": catalog.criteria.map(\.name), "dataset.name": catalog.datasets.map(\.name),
        "architecture.name": catalog.architectures.map(\.name),
      ]
      return experimentKeyPaths(catalog).flatMap { path in
        names[path].map { $0.map { "\(path)=\($0)" } } ?? ["\(path)="]
      }.filter { $0.hasPrefix(typed) }
    }
  }
}

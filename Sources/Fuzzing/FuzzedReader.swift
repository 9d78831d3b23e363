import Foundation

/// Something that reads what comes from outside. It may refuse any input, but never trap, hang or
/// fill the memory.
protocol FuzzedReader: Sendable {
  static var name: String { get }
  /// Whether words and lines mean something.
  var isText: Bool { get }

  init()

  /// Sound inputs, which the mutated ones descend from.
  func corpus() -> [[UInt8]]

  /// Reads, and checks what can be said of whatever was accepted.
  func read(_ bytes: [UInt8])
}

extension FuzzedReader {
  var isText: Bool { false }
}

enum FuzzedReaders {
  static let all: [any FuzzedReader.Type] = [
    ExperimentReader.self, TensorFileReader.self, ImageReader.self, ArchiveReader.self,
    PickledBatchReader.self,
    PictureReader.self, CheckpointReader.self,
    ReportReader.self, ONNXReader.self,
  ]

  /// The one that the command line names.
  static let chosen: any FuzzedReader = {
    let name = argument("--reader") ?? ""
    guard let type = all.first(where: { $0.name == name }) else {
      FileHandle.standardError.write(Data("--reader=\(name): expected one of \(all.map { $0.name })\n".utf8))
      exit(2)
    }
    return type.init()
  }()
}

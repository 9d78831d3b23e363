import Foundation

/// A reader of outside data. It may reject any input, but must never trap, hang or exhaust the
/// memory.
protocol FuzzedReader: Sendable {
  static var name: String { get }
  /// Whether inputs consist of words and lines.
  var isText: Bool { get }

  init()

  /// Valid inputs, from which mutated ones are derived.
  func corpus() -> [[UInt8]]

  /// Reads an input, and checks the properties of accepted ones.
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

  /// The reader chosen on the command line.
  static let chosen: any FuzzedReader = {
    let name = argument("--reader") ?? ""
    guard let type = all.first(where: { $0.name == name }) else {
      FileHandle.standardError.write(Data("--reader=\(name): expected one of \(all.map { $0.name })\n".utf8))
      exit(2)
    }
    return type.init()
  }()
}

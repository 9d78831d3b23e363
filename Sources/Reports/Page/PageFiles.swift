import Foundation

/// Files next to a page, which the page links to, so that users can browse a results folder from a
/// file manager or a web server.
public struct PageFiles: Equatable, Sendable {
  /// Files of an experiment, in display order.
  private(set) var files: [File] = []
  /// The separate pages of a suite's experiments.
  private(set) var pages: [String: String] = [:]

  struct File: Equatable {
    /// Relative to the page; that of a folder ends with a slash.
    var path: String
    var about: String
  }

  private static let ofExperiment = [
    File(path: "report.json", about: "everything that is known, for programs"),
    File(path: "metrics.json", about: "the numbers of the summary by name"),
    File(path: "report.csv", about: "a row for each run"),
    File(path: "summary.csv", about: "a row for each number over the seeds"),
    File(path: "expectations.csv", about: "a row for each expectation"),
    File(path: "layers.csv", about: "a row for each layer of each run"),
    File(path: "history.csv", about: "a row for each epoch of each run"),
    File(path: "latency.csv", about: "a row for each batch size whose latency was measured"),
    File(path: "experiment.yaml", about: "the resolved experiment, which runs again to the same result"),
    File(path: "plots/", about: "the plots as SVG files"),
    File(path: "tensorboard/", about: "the course of the training, for TensorBoard"),
    File(path: "deployment.json", about: "latency of the ONNX files"),
  ]
  private static let ofRun = [
    File(path: "model.safetensors", about: "the trained network"),
    File(path: "model.onnx", about: "the trained network as ONNX"),
    File(path: "architecture.yaml", about: "an experiment on the trained network"),
  ]

  /// No links, for a standalone page.
  public init() {}

  /// The files in the folder of one experiment, or the pages in the folders of several.
  public init(in folder: String, of reports: [Report]) {
    func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(path)") }
    guard reports.count == 1, let report = reports.first, isThere("report.json") else {
      for report in reports where isThere("\(report.experiment)/report.html") {
        pages[report.experiment] = "\(report.experiment)/report.html"
      }
      return
    }
    let models = report.runs.flatMap { run in
      Self.ofRun.map { file in
        File(
          path: "seed-\(run.seed)/\(run.variant)/\(file.path)",
          about: "\(file.about), \(run.variant), seed \(run.seed)")
      }
    }
    files = (Self.ofExperiment + models).filter { isThere($0.path) }
  }

  /// A list of links; nil without files.
  func list() -> Markup? {
    guard !files.isEmpty else { return nil }
    return element("dl") {
      for file in files {
        element("dt") { Self.link(file.path, file.path) }
        element("dd") { file.about }
      }
    }
  }

  /// The leading `./` prevents that a name with a colon is read as a URL.
  static func link(_ path: String, _ text: String) -> Markup {
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    return element("a", ["href": "./" + escaped]) { text }
  }
}

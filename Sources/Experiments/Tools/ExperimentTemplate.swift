import Foundation
import Specification
import TensorFiles

/// An experiment file to start from: the sections that people change first, with comments.
public struct ExperimentTemplate {
  private let file: String
  private let name: String
  private let dataset: Catalog.Dataset
  /// The lines of `architecture`.
  private let architecture: [String]
  /// Why the folder that the file names is no data set of pictures; nil if it is one, or does not
  /// exist.
  public let warning: String?

  /// Possible names of `dataset` and `architecture`.
  public static var datasets: [String] { Catalog.standard.datasets.map(\.name) }
  public static var architectures: [String] { Catalog.standard.architectures.map(\.name) }

  /// Why a file could not be written, one line for each reason.
  public struct Problem: Error {
    public var lines: [String]
    /// Whether the file could not be written, rather than wrong usage.
    public var isOfDisk = false
  }

  /// - Parameters:
  ///   - file: path of the file; the experiment is named after it.
  ///   - architecture: nil for one that suits the data set.
  /// - Throws: if a name is unknown.
  public init(file: String, dataset: String, architecture: String?) throws(Problem) {
    let catalog = Catalog.standard
    guard let entry = catalog.datasets.first(where: { $0.name == dataset }) else {
      throw Self.unknown("data set", dataset, Self.datasets)
    }
    let name = architecture ?? Self.architecture(for: entry)
    guard let network = catalog.architectures.first(where: { $0.name == name }) else {
      throw Self.unknown("architecture", name, Self.architectures)
    }
    self.file = file
    self.name = Self.name(of: file)
    self.dataset = entry
    let folder = entry.countClasses?(Self.pictures(self.name))
    if case .wrong(let problem)? = folder { warning = problem } else { warning = nil }
    self.architecture = Self.lines(of: network, for: entry, folder)
  }

  /// The folder of an experiment's pictures.
  private static func pictures(_ experiment: String) -> String { "data/\(experiment)" }

  private static func unknown(_ noun: String, _ name: String, _ names: [String]) -> Problem {
    let hint = nearestName(to: name, among: names).map { "; did you mean \(quoted($0))?" } ?? ""
    return Problem(
      lines: ["unknown \(noun) \(quoted(name))\(hint) (known: \(names.joined(separator: ", ")))"])
  }

  private static func architecture(for dataset: Catalog.Dataset) -> String {
    if dataset.isPictures { return "resnet18" }
    return isTiny(dataset) ? "resnet" : "resnet20"
  }

  private static func isTiny(_ dataset: Catalog.Dataset) -> Bool { (dataset.input.last ?? 0) < 16 }

  /// - Parameter folder: of pictures; nil for other data sets, which have classes of their own.
  private static func lines(
    of network: Catalog.Architecture, for dataset: Catalog.Dataset, _ folder: Catalog.Dataset.FolderClasses?
  ) -> [String] {
    var lines = ["  name: \(network.name)"]
    // A family needs a depth.
    if network.depth == nil, network.name == "resnet" {
      lines +=
        isTiny(dataset)
        ? ["  depth: 8                  # 6n + 2", "  width: 0.5                # of the usual channels"]
        : ["  depth: 20                 # 6n + 2"]
    }
    if let folder {
      var (classes, comment) = (10, "set it to the number of folders in train/")
      // The smallest network has two outputs.
      if case .count(let count) = folder { (classes, comment) = (max(2, count), "folders in train/") }
      let line = "  classes: \(classes)".padding(toLength: 28, withPad: " ", startingAt: 0)
      lines.append(line + "# " + comment)
    }
    return lines
  }

  /// The name of the file without extension, reduced to characters that are allowed in experiment
  /// names.
  private static func name(of file: String) -> String {
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent.lowercased()
    let letters = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
    let name = String(letters.prefix(128))
    return name.contains { $0.isLetter || $0.isNumber } ? name : "experiment"
  }

  // MARK: The text

  /// The file as a shell reads it.
  public var quotedFile: String { shellQuoted(file) }

  public var text: String {
    let isTiny = Self.isTiny(dataset)
    let epochs = isTiny ? 6 : 30
    let images = Catalog.standard.datasets.map(\.name).joined(separator: ", ")
    let criteria = Catalog.standard.criteria.map(\.name).joined(separator: ", ")
    let path =
      dataset.isPictures
      ? "  path: \(Self.pictures(name))          # with train/<class>/ and val/<class>/ in it"
      : dataset.defaultPath.map { "  # path: \($0)" }
    let augment =
      isTiny
      ? nil
      : dataset.isPictures
        ? "  augment: {random_resized_crop: {}, horizontal_flip: true}"
        : "  augment: {random_crop: {padding: 4}, horizontal_flip: true}"
    let lines: [String?] =
      [
        "# Trains a network twice: as a baseline, and pruned while it trains.",
        "#   espalier validate \(quotedFile)    # checks this file",
        "#   espalier plan \(quotedFile)        # shows sizes, pruning steps and time",
        "#   espalier run \(quotedFile)         # trains, and writes results/\(name)/",
        "# All keys: `espalier schema experiment`.",
        "format: 1",
        "name: \(name)",
        "description: a network pruned while it trains, and its baseline",
        "seeds: [0]                  # for every seed, both networks are trained",
        "",
        "dataset:",
        "  # One of: \(images).",
        "  name: \(dataset.name)",
        path,
        augment,
        "",
        "architecture:",
      ]
      + architecture
      + [
        "",
        "train:",
        "  epochs: \(epochs)",
        "  batch_size: \(isTiny ? 64 : 128)",
        "  optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9, weight_decay: 5.0e-4}",
        "  schedule: {name: cosine}  # or constant, step, one_cycle",
        "",
        "prune:",
        "  # One of: \(criteria).",
        "  criterion: feature_relevance",
        "  ratio: 0.4                # share of the prunable channels to remove in total",
        "  interval: \(isTiny ? 1 : 5)               # epochs between pruning steps",
        "  until: \(isTiny ? 3 : 20)                  # no pruning step after this epoch",
        "",
        "expect:                     # what counts as a success; otherwise `run` exits with status 1",
        "  accuracy_drop: {at_most: 5.0}   # percentage points",
      ]
    return lines.compactMap(\.self).joined(separator: "\n") + "\n"
  }

  /// Writes the file, unless it would be invalid or exists already.
  public func write() throws(Problem) {
    guard !FileManager.default.fileExists(atPath: file) else {
      throw Problem(lines: ["\(file): exists already; name another file"])
    }
    var catalog = Catalog.standard
    // The folder of the pictures may be prepared later.
    for index in catalog.datasets.indices where catalog.datasets[index].isPictures {
      catalog.datasets[index].countClasses = { .unseen($0) }
    }
    do throws(SpecificationError) {
      _ = try ExperimentFile.load(
        text: text, file: file, catalog: catalog, environment: ProcessInfo.processInfo.environment)
    } catch {
      throw Problem(lines: error.diagnostics.map(\.description))
    }
    do { try DurableFile.writeOutput(Array(text.utf8), to: file) } catch {
      throw Problem(lines: ["\(error)"], isOfDisk: true)
    }
  }
}

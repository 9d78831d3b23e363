@testable import Specification

extension Catalog {
  /// Small, and with one of everything: embedded data, data with a default path, fixed names, a
  /// family, options.
  static let test = Catalog(
    datasets: [
      Dataset(
        name: "tiny", input: [1, 8, 8], classes: 4, mean: [0.5], std: [0.25], trainImages: 100,
        testImages: 20,
        defaultPath: nil),
      Dataset(
        name: "cifar10", input: [3, 32, 32], classes: 10, mean: [0.4914, 0.4822, 0.4465],
        std: [0.2023, 0.1994, 0.201], trainImages: 50_000, testImages: 10_000,
        defaultPath: "${DATA:-data}/cifar-10-batches-bin"),
      Dataset(
        name: "photos", input: [3, 224, 224], classes: nil, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25],
        trainImages: nil, testImages: nil, defaultPath: nil,
        // A path of digits stands for a folder with that number of classes.
        countClasses: { path in
          Int(path).map { .count($0) }
            ?? (path == "empty" ? .wrong("it is empty") : .unseen("it is not there"))
        }),
    ],
    architectures: [
      Architecture(name: "resnet8", block: .basic, depth: 8),
      Architecture(name: "vgg16", block: .plain, depth: 16),
      Architecture(name: "resnet", block: .basic, depth: nil),
    ],
    criteria: [
      Criterion(
        name: "feature_relevance",
        options: [
          .init(name: "alpha", .number(1...10), default: 2, "Alpha."),
          .init(name: "beta", .number(0...9), default: nil, "Beta."),
          .init(name: "place", .word(["output", "branch"]), default: "output", "Place."),
        ]),
      Criterion(name: "l1_norm", readsImages: false),
      Criterion(name: "taylor", options: [.init(name: "power", .number(0...4), default: 1, "Power.")]),
    ],
    layerKinds: [
      LayerKind(
        "conv", .whole(1...100),
        options: [
          LayerOption("kernel", .whole(1...7), "Kernel."),
          LayerOption("norm", .word(["batch", "none"]), "Norm."),
        ], "A convolution."),
      LayerKind("norm", .word(["batch"]), "Batch norm."),
      LayerKind("add", .layers, "A sum."),
      LayerKind("flatten", .isTrue, "A vector."),
      LayerKind("dropout", .probability, "Dropout."),
      LayerKind("linear", .whole(1...100), "A linear layer."),
    ],
    outline: outline)

  /// A depth of 15, and images below 32 pixels for `vgg16`, cannot be built.
  private static func outline(
    _ spec: ArchitectureSpec, _ report: (ArchitectureProblem) -> Void
  ) -> NetworkOutline? {
    if spec.name == "resnet", spec.depth == 15 {
      report(ArchitectureProblem(key: "depth", message: "no such depth"))
      return nil
    }
    if spec.name == "vgg16", spec.input[1] < 32 {
      report(ArchitectureProblem(key: "name", message: "too small"))
      return nil
    }
    guard spec.name == "vgg16" else { return nil }
    return NetworkOutline(groups: [.init(name: "features.0", channels: 4096)], layers: ["features.0"])
  }
}

/// A small experiment, one key a line: format, name, dataset, architecture, train in the lines 1 to
/// 5.
///
/// - Parameter lines: each replaces the line of its key, or is added from line 6 on.
func experiment(_ lines: [String] = []) -> String {
  var result = [
    "format: 1", "name: t", "dataset: {name: tiny}", "architecture: {name: resnet8}",
    "train: {epochs: 10, batch_size: 20}",
  ]
  for line in lines {
    let key = line.prefix { $0 != ":" } + ":"
    if let index = result.firstIndex(where: { $0.hasPrefix(key) }) {
      result[index] = line
    } else {
      result.append(line)
    }
  }
  return result.joined(separator: "\n") + "\n"
}

func load(
  _ text: String, overrides: [String] = [], environment: [String: String] = [:]
) throws(SpecificationError) -> ExperimentSpec {
  try ExperimentFile.load(
    text: text, file: "t.yaml", overrides: overrides, catalog: .test, environment: environment)
}

/// The errors of a text, one line each; none when it loads.
func errors(
  _ text: String, overrides: [String] = [], environment: [String: String] = [:]
) -> [String] {
  do throws(SpecificationError) {
    _ = try load(text, overrides: overrides, environment: environment)
    return []
  } catch {
    return error.diagnostics.map(\.description)
  }
}

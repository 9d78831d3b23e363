import Experiments
import Specification

/// Reads experiment files. An accepted experiment, written and read again, must be the same.
struct ExperimentReader: FuzzedReader {
  static let name = "experiment"
  let isText = true
  private let catalog = Catalog.standard
  private let environment = ["DATA": "data"]

  func corpus() -> [[UInt8]] {
    [
      """
      format: 1
      name: a
      dataset: {name: digits, train_limit: 100, test_limit: 50}
      architecture: {name: resnet, depth: 8, block: basic, width: 0.25}
      train:
        epochs: 8
        batch_size: 50
        optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9, nesterov: true, weight_decay: 5.0e-4}
        schedule: {name: step, milestones: [2, 4], gamma: 0.1, warmup_epochs: 1}
        label_smoothing: 0.1
        precision: bfloat16
      prune: {criterion: feature_relevance, ratio: 0.4, interval: 1, until: 4, relevance: {alpha: 2}}
      expect:
        accuracy_drop: {paper: 0.01, at_most: 0.5}
      """,
      """
      format: 1
      name: b
      description: "quoted \\"text\\" \\u00e9"
      seeds: [0, 1, 2]
      dataset:
        name: cifar10
        path: ${DATA:-x}/cifar-10-batches-bin
        augment: {random_crop: {padding: 4}, horizontal_flip: true}
        normalize: {mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2]}
      architecture: {name: vgg16, width: 0.5, input: [3, 32, 32], classes: 10, weights: a.safetensors}
      train: &train {epochs: 20, batch_size: 128, schedule: {name: one_cycle, rise: 0.3}}
      prune: {criterion: l1_norm, channels_per_step: 12, interval: 3, samples: 100, minimum_channels: 2, round_to: 4}
      evaluate: {every: 2, metrics: [top1, top5], latency: {batch_sizes: [1, 128]}, precision: bfloat16}
      export: {formats: [safetensors]}
      """,
      """
      format: 1
      name: c
      extends: nothing.yaml
      base: &a [x, *a, ~, 0x10, 1_000, .inf, !!str 1, |
       text
      , >-
       folded ]
      <<: *a
      matrix: {prune.ratio: [0.2, 0.4], include: [{seeds: [1]}], exclude: []}
      """,
    ].map { Array($0.utf8) }
  }

  func read(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self), let spec = try? load(text) else { return }
    precondition((try? load(yaml(spec))) == spec, "it does not read back the same")
  }

  private func load(_ text: String) throws(SpecificationError) -> ExperimentSpec {
    try ExperimentFile.load(text: text, file: "fuzzed.yaml", catalog: catalog, environment: environment)
  }
}

import TestSupport
import Testing

@testable import Specification

@Suite("Keys that do nothing")
struct WarningTests {
  @Test(
    "give a warning with its source location",
    arguments: [
      (
        "prune: {ratio: 0.4, interval: 5, until: 10}",
        [
          "t.yaml:6:41: prune.until: a pruning step comes after the last epoch, 10, and nothing is trained after it"
        ]
      ),
      (
        "prune: {ratio: 0.4, interval: 10}",
        [
          "t.yaml:6:31: prune.interval: a pruning step comes after the last epoch, 10, and nothing is trained after it"
        ]
      ),
      (
        "train: {epochs: 10, schedule: {name: step, milestones: [5, 10]}}",
        [
          "t.yaml:5:56: train.schedule.milestones: the milestone 10 changes nothing: it comes after the last epoch"
        ]
      ),
      (
        "train: {epochs: 10, schedule: {name: step, milestones: [5, 11, 12]}}",
        [
          "t.yaml:5:56: train.schedule.milestones: the milestone 11 changes nothing, nor do those after it:"
            + " it comes after the last epoch"
        ]
      ),
      (
        "prune: {ratio: 0.4, interval: 3, until: 11}",
        ["t.yaml:6:41: prune.until: epoch 11 comes after the last epoch, 10"]
      ),
      (
        "train: {epochs: 10, schedule: {name: step, milestones: [5], gamma: 1}}",
        ["t.yaml:5:68: train.schedule.gamma: a factor of 1 changes nothing at the milestones"]
      ),
      ("prune: {ratio: 0.4, interval: 3, until: 10}", []),
      (
        "prune: {criterion: l1_norm, ratio: 0.4, interval: 3, samples: 50}",
        ["t.yaml:6:63: prune.samples: it has no effect, since `l1_norm` reads no images"]
      ),
      ("prune: {criterion: feature_relevance, ratio: 0.4, interval: 3, samples: 50}", []),
      ("prune: {criterion: l1_norm, ratio: 0.4, interval: 3, samples: all}", []),
      (
        "prune: {criterion: l1_norm, ratio: 0.4, interval: 3, relevance: {alpha: 3}}",
        ["t.yaml:6:65: prune.relevance: it has no effect, since the criterion is `l1_norm`"]
      ),
      ("prune: {criterion: l1_norm, ratio: 0.4, interval: 3, relevance: {alpha: 2}}", []),
      ("train: {epochs: 10, schedule: {name: step, milestones: [5, 9]}}", []),
      (
        "dataset: {name: tiny, path: data}",
        ["t.yaml:3:29: dataset.path: it has no effect, since `tiny` is built in"]
      ),
      (
        "architecture: {name: resnet8, weights: $MODELS/w}",
        [
          "t.yaml:4:40: architecture.weights: `$MODELS` is no variable; write `${MODELS}`, or `$$` for a dollar sign"
        ]
      ),
      ("architecture: {name: resnet8, weights: $$MODELS/5$}", []),
      (
        "dataset: {name: tiny, normalize: {mean: [123.675], std: [58.4]}}",
        [
          "t.yaml:3:41: dataset.normalize.mean: pixel values are in [0, 1], found 123.675; divide by 255",
          "t.yaml:3:57: dataset.normalize.std: pixel values are in [0, 1], found 58.4; divide by 255",
        ]
      ),
      ("dataset: {name: tiny, normalize: {mean: [0], std: [1]}}", []),
      (
        "train: {epochs: 10, optimizer: {learning_rate: 1e-50}}",
        [
          "t.yaml:5:48: train.optimizer.learning_rate: `1e-50` is zero in single precision, which training uses"
        ]
      ),
      (
        "train: {epochs: 10, optimizer: {learning_rate: 0.01}, schedule: {name: cosine, minimum: 0.5}}",
        ["t.yaml:5:89: train.schedule.minimum: the learning rate, 0.01, is not above it"]
      ),
      (
        "expect: {top1: {at_least: 0.9}}",
        ["t.yaml:6:27: expect.top1.at_least: accuracies are in percent; did you mean `90`?"]
      ),
      ("expect: {top1: {at_least: 90}}", []),
      (
        "architecture: {parameters: {width: 4, widht: 5}, layers: [{conv: width}]}",
        ["t.yaml:4:39: architecture.parameters.widht: no layer reads it; did you mean `width`?"]
      ),
      (
        "architecture: {blocks: {b: {parameters: {out: 8, ignored: 3}, layers: [{conv: out}]}, c: {layers: [{conv: 3}]}},"
          + " layers: [{block: b, ignored: 4}]}",
        [
          "t.yaml:4:50: architecture.blocks.b.parameters.ignored: no layer of the block reads it",
          "t.yaml:4:87: architecture.blocks.c: no layer uses this block",
        ]
      ),
      (
        "architecture: {parameters: {n: 2, twice: n * 2, w: 3}, blocks: {b: {parameters: {out: w, least: 1},"
          + " layers: [{conv: out, when: inputs > least}]}}, layers: [{block: b, repeat: twice}]}",
        []
      ),
    ])
  func warnings(_ line: String, _ expected: [String]) throws {
    let loaded = try ExperimentFile.experiments(
      text: experiment([line]), file: "t.yaml", catalog: .test)
    #expect(loaded.flatMap(\.warnings).map(\.description) == expected)
  }

  @Test("give none where another experiment of the same file uses them")
  func used() throws {
    let texts = [
      experiment([
        "prune: {ratio: 0.4, interval: 3, samples: 50, relevance: {alpha: 3}}",
        "matrix: {prune.criterion: [feature_relevance, l1_norm]}",
      ]),
      experiment([
        "architecture: {parameters: {width: 4}, layers: [{conv: width}]}",
        "matrix: {architecture.layers: [[{conv: width}], [{conv: 3}]]}",
      ]),
    ]
    for text in texts {
      let loaded = try ExperimentFile.experiments(text: text, file: "t.yaml", catalog: .test)
      #expect(loaded.count == 2 && loaded.allSatisfy(\.warnings.isEmpty), "\(loaded.flatMap(\.warnings))")
    }
  }

  @Test("give none where a file inherits them, and other files that do may use them")
  func inherited() throws {
    let folder = try TemporaryFolder(texts: [
      "base.yaml": experiment([
        "architecture: {parameters: {width: 4, spare: 3}, blocks: {b: {layers: [{conv: 3}]}}}",
        "prune: {ratio: 0.4, interval: 3, samples: 50, relevance: {alpha: 3}}",
      ]),
      "a.yaml": "extends: base.yaml\narchitecture: {layers: [{conv: width}]}\nprune: {criterion: l1_norm}\n",
      "b.yaml": """
      extends: base.yaml
      architecture: {parameters: {own: 1}, layers: [{conv: width}]}
      prune: {criterion: l1_norm, samples: 60}
      """,
    ])
    func warnings(_ name: String) throws -> [String] {
      try ExperimentFile.experiments("\(folder.path)/\(name)", catalog: .test, environment: [:])
        .flatMap(\.warnings).map { $0.description.replacing("\(folder.path)/", with: "") }
    }
    #expect(try warnings("a.yaml") == [])
    #expect(
      try warnings("b.yaml") == [
        "b.yaml:2:29: architecture.parameters.own: no layer reads it",
        "b.yaml:3:38: prune.samples: it has no effect, since `l1_norm` reads no images",
      ])
  }

  @Test("are bounded in number over all experiments of a file")
  func many() throws {
    let parameters = (0..<200).map { "p\($0): 1" }.joined(separator: ", ")
    let text = experiment([
      "architecture: {parameters: {\(parameters)}, layers: [{conv: 3}]}", "matrix: {train.epochs: [4, 6]}",
    ])
    let warnings = try ExperimentFile.experiments(text: text, file: "t.yaml", catalog: .test)
      .flatMap(\.warnings)
    #expect(warnings.count == ReadingContext.maximumDiagnostics + 1)
    #expect(warnings.last?.message == "too many warnings, the rest is not shown")
  }
}

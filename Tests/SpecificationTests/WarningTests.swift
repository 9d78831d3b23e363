import Testing

@testable import Specification

@Suite("Keys that do nothing")
struct WarningTests {
  @Test(
    "give a warning with its place",
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
        "train: {epochs: 10, schedule: {name: step, milestones: [5], gamma: 1}}",
        ["t.yaml:5:68: train.schedule.gamma: a factor of 1 changes nothing at the milestones"]
      ),
      ("prune: {ratio: 0.4, interval: 3, until: 10}", []),
      (
        "prune: {criterion: l1_norm, ratio: 0.4, interval: 3, samples: 50}",
        ["t.yaml:6:63: prune.samples: it has no effect, since `l1_norm` reads no images"]
      ),
      ("prune: {criterion: feature_relevance, ratio: 0.4, interval: 3, samples: 50}", []),
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
    ])
  func warnings(_ line: String, _ expected: [String]) throws {
    let loaded = try ExperimentFile.experiments(
      text: experiment([line]), file: "t.yaml", catalog: .test)
    #expect(loaded.flatMap(\.warnings).map(\.description) == expected)
  }
}

import Testing

@testable import Specification

@Suite("Experiments that load")
struct LoadingTests {
  @Test("a minimal file takes every default")
  func defaults() throws {
    let spec = try load(experiment(["train: {epochs: 10}"]))
    #expect(
      spec
        == ExperimentSpec(
          name: "t", description: "", seeds: [0],
          dataset: DatasetSpec(
            name: "tiny", path: nil, trainLimit: nil, testLimit: nil,
            augment: AugmentSpec(randomCropPadding: nil, horizontalFlip: false),
            normalize: NormalizeSpec(mean: [0.5], std: [0.25])),
          architecture: ArchitectureSpec(
            name: "resnet8", depth: 8, block: .basic, width: 1, input: [1, 8, 8], classes: 4, weights: nil),
          train: TrainSpec(
            epochs: 10, batchSize: 128,
            optimizer: OptimizerSpec(
              name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0.0005),
            schedule: ScheduleSpec(kind: .constant, warmupEpochs: 0), labelSmoothing: 0),
          prune: nil, evaluate: EvaluateSpec(every: 1, metrics: ["top1"], latencyBatchSizes: []),
          export: ExportSpec(formats: ["safetensors"]), expectations: []))
  }

  @Test("pruning takes its defaults; the last step comes before the last epoch")
  func pruneDefaults() throws {
    let prune = try load(experiment(["prune: {ratio: 0.4, interval: 3}"])).prune
    #expect(
      prune
        == PruneSpec(
          criterion: "feature_relevance", target: .ratio(0.4), interval: 3, until: 9, samples: nil,
          minimumChannels: 1, roundTo: 1, options: ["alpha": 2, "place": "output"]))
    let late = try load(experiment(["prune: {ratio: 0.4, interval: 10}"])).prune
    #expect(late?.until == 10)
  }

  @Test("every key of a full file is read")
  func full() throws {
    let spec = try load(
      """
      format: 1
      name: full-1.0_b
      description: "all of it: yes"
      seeds: [3, 18446744073709551615]
      dataset:
        name: cifar10
        path: ${HOME}/$$x
        train_limit: 1000
        test_limit: 100
        augment: {random_crop: {padding: 4}, horizontal_flip: Yes}
        normalize: {mean: [0, .5, 1e-1], std: [1, 2., 5.0e-4]}
      architecture: {name: resnet, depth: 29, block: bottleneck, width: 0.5, input: [3, 32, 32], classes: 11, weights: w}
      train:
        epochs: 200
        batch_size: 64
        optimizer: {name: sgd, learning_rate: 0.2, momentum: 0.8, nesterov: on, weight_decay: 0}
        schedule: {name: step, milestones: [100, 150], gamma: 0.2, warmup_epochs: 5}
        label_smoothing: 0.1
      prune:
        criterion: taylor
        channels_per_step: 12
        interval: 21
        until: 150
        samples: 500
        minimum_channels: 2
        round_to: 4
        relevance: {alpha: 1}
        taylor: {power: 3}
      evaluate: {every: 2, metrics: [top1, top5], latency: {batch_sizes: [1, 128]}}
      export: {formats: [safetensors]}
      expect:
        compression: {paper: 2.4, at_least: 2.2}
        accuracy_drop: {paper: 0.01, at_most: 0.5}
      """, environment: ["HOME": "/h"])
    #expect(spec.name == "full-1.0_b")
    #expect(spec.description == "all of it: yes")
    #expect(spec.seeds == [3, .max])
    var dataset = DatasetSpec(
      name: "cifar10", path: "/h/$x", trainLimit: 1000, testLimit: 100,
      augment: AugmentSpec(randomCropPadding: 4, horizontalFlip: true),
      normalize: NormalizeSpec(mean: [0, 0.5, 0.1], std: [1, 2, 0.0005]))
    dataset.unexpandedPath = "${HOME}/$$x"
    #expect(spec.dataset == dataset)
    #expect(
      spec.architecture
        == ArchitectureSpec(
          name: "resnet", depth: 29, block: .bottleneck, width: 0.5, input: [3, 32, 32], classes: 11,
          weights: "w"))
    #expect(
      spec.train
        == TrainSpec(
          epochs: 200, batchSize: 64,
          optimizer: OptimizerSpec(learningRate: 0.2, momentum: 0.8, nesterov: true, weightDecay: 0),
          schedule: ScheduleSpec(kind: .step(milestones: [100, 150], gamma: 0.2), warmupEpochs: 5),
          labelSmoothing: 0.1))
    #expect(
      spec.prune
        == PruneSpec(
          criterion: "taylor", target: .channelsPerStep(12), interval: 21, until: 150, samples: 500,
          minimumChannels: 2, roundTo: 4, options: ["power": 3]))
    #expect(spec.evaluate == EvaluateSpec(every: 2, metrics: ["top1", "top5"], latencyBatchSizes: [1, 128]))
    #expect(
      spec.expectations == [
        ExpectationSpec(metric: "accuracy_drop", paper: 0.01, limit: .atMost(0.5)),
        ExpectationSpec(metric: "compression", paper: 2.4, limit: .atLeast(2.2)),
      ])
  }

  @Test(
    "schedules are read with their defaults",
    arguments: [
      ("{name: constant}", ScheduleSpec.Kind.constant),
      ("{name: step, milestones: [1]}", .step(milestones: [1], gamma: 0.1)),
      ("{name: cosine}", .cosine(minimum: 0)),
      ("{name: one_cycle}", .oneCycle(rise: 0.3, initialDivisor: 25, finalDivisor: 10_000)),
    ])
  func schedules(text: String, kind: ScheduleSpec.Kind) throws {
    let spec = try load(experiment(["train: {epochs: 10, schedule: \(text)}"]))
    #expect(spec.train.schedule == ScheduleSpec(kind: kind, warmupEpochs: 0))
  }

  @Test(
    "targets of pruning are read",
    arguments: [
      ("channels_per_step: 7", PruneSpec.Target.channelsPerStep(7)),
      ("parameter_ratio: 0.25", .parameterRatio(0.25)),
      ("flops_ratio: 0.75", .flopsRatio(0.75)),
    ])
  func targets(text: String, target: PruneSpec.Target) throws {
    #expect(try load(experiment(["prune: {interval: 2, \(text)}"])).prune?.target == target)
  }

  @Test(
    "pruning schedules are read, and what belongs to another one is ignored",
    arguments: [
      ("interval: 2, until: 6", PruneSpec.Schedule.constant, [2, 4, 6]),
      ("interval: 3, schedule: cubic, fine_tune: {epochs: 2}", .cubic, [3, 6, 9]),
      (
        "interval: 3, schedule: one_shot, fine_tune: {epochs: 2}",
        .oneShot(.init(epochs: 2, learningRate: 0.001)), [10]
      ),
      (
        "schedule: one_shot, fine_tune: {epochs: 4, learning_rate: 0.02}",
        .oneShot(.init(epochs: 4, learningRate: 0.02)), [10]
      ),
    ])
  func pruningSchedules(text: String, schedule: PruneSpec.Schedule, steps: [Int]) throws {
    let spec = try load(experiment(["prune: {ratio: 0.4, \(text)}"]))
    #expect(spec.prune?.schedule == schedule)
    #expect(spec.prune?.steps(epochs: spec.train.epochs) == steps)
    #expect(try load(yaml(spec)) == spec)
  }

  @Test("options of a criterion are numbers and words; one that depends on others may be left out")
  func options() throws {
    let options = { (text: String) in
      try load(experiment(["prune: {ratio: 0.4, interval: 3, relevance: {\(text)}}"])).prune?.options
    }
    #expect(try options("beta: 0.5, place: branch") == ["alpha": 2, "beta": 0.5, "place": "branch"])
    #expect(try options("alpha: 1") == ["alpha": 1, "place": "output"])
  }

  @Test("null stands for a key that is not written")
  func null() throws {
    let spec = try load(
      experiment([
        "train: {epochs: 10, batch_size: ~, schedule: null}", "prune:", "evaluate: {latency: }",
        "seeds: Null",
      ]))
    #expect(try spec == load(experiment(["train: {epochs: 10}"])))
  }

  @Test("a text may look like a number or a boolean", arguments: ["123", "true", "1.10", "0x1f", "no"])
  func textsAsWritten(text: String) throws {
    #expect(try load(experiment(["name: \(text)"])).name == text)
  }

  @Test("merge keys are read; keys written beside them win")
  func mergeKeys() throws {
    let spec = try load(
      experiment([
        "architecture: {name: resnet, depth: 14, <<: [{depth: 20, width: 0.5}, {width: 0.25, classes: 9}]}"
      ]))
    #expect(spec.architecture.depth == 14)
    #expect(spec.architecture.width == 0.5)
    #expect(spec.architecture.classes == 9)
  }

  @Test("aliases are written out")
  func aliases() throws {
    let spec = try load(experiment(["seeds: &s [1, 2]", "evaluate: {latency: {batch_sizes: *s}}"]))
    #expect(spec.evaluate.latencyBatchSizes == [1, 2])
  }

  @Test("an architecture's own depth and block may stand beside its name")
  func repeatedDepth() throws {
    let spec = try load(experiment(["architecture: {name: resnet8, depth: 8, block: basic}"]))
    #expect(spec.architecture.depth == 8)
  }
}

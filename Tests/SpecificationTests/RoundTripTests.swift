import TestSupport
import Testing

@testable import Specification

@Suite("Resolved experiments")
struct RoundTripTests {
  @Test("load again to an equal value", arguments: 0..<300)
  func roundTrip(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let spec = ExperimentSpec.random(&random)
    let text = yaml(spec)
    #expect(try load(text) == spec, "\(text)")
    #expect(try yaml(load(text)) == text)
  }

  @Test("keep names and expressions of declared layers that look like numbers and booleans")
  func declaredNames() throws {
    let text = experiment([
      """
      architecture:
        parameters: {on: 4, off: on}
        blocks: {no: {parameters: {y: 4}, layers: [{name: 1.50, conv: y}]}}
        layers:
          - {name: 0.1, conv: on, tensors: {weights: 0.10, norm: 1e1}}
          - {name: 0.10, conv: 4, keep: yes}
          - {name: yes, add: [0.1, 0.10]}
          - {name: 010, block: no, y: off}
          - {dropout: 0.10, from: yes}
          - {linear: classes, from: 010}
      """
    ])
    let spec = try load(text)
    let resolved = yaml(spec)
    let again = try load(resolved)
    #expect(again == spec)
    let declared = try #require(again.architecture.declaration)
    #expect(declared.layers.map { $0.name?.value } == ["0.1", "0.10", "yes", "010", nil, nil])
    #expect(declared.layers.map { $0.sources?.value.first?.name } == [nil, nil, nil, nil, "yes", "010"])
    #expect(declared.layers[0].tensors == ["weights": "0.10", "norm": "1e1"])
    #expect(declared.blocks["no"]?.layers.first?.name?.value == "1.50")
    #expect(resolved.contains("\n    \"no\":\n"), "\(resolved)")
  }

  @Test("are written with every key")
  func text() throws {
    let spec = try load(
      experiment(["prune: {ratio: 0.4, interval: 3}", "expect: {compression: {at_least: 2}}"]))
    #expect(
      yaml(spec) == """
        format: 1
        name: t
        description: ""
        seeds: [0]
        dataset:
          name: tiny
          path: null
          train_limit: null
          test_limit: null
          augment:
            random_crop: null
            horizontal_flip: false
          normalize:
            mean: [0.5]
            std: [0.25]
        architecture:
          name: resnet8
          depth: 8
          block: basic
          width: 1.0
          input: [1, 8, 8]
          classes: 4
          weights: null
        train:
          epochs: 10
          batch_size: 20
          optimizer:
            name: sgd
            learning_rate: 0.1
            momentum: 0.9
            nesterov: false
            weight_decay: 0.0005
          schedule:
            name: constant
            warmup_epochs: 0
          label_smoothing: 0.0
        prune:
          criterion: feature_relevance
          ratio: 0.4
          interval: 3
          until: 9
          schedule: constant
          samples: all
          scope: block
          minimum_channels: 1
          round_to: 1
          relevance:
            alpha: 2.0
            place: output
        evaluate:
          every: 1
          metrics: [top1]
          latency: none
        export:
          formats: [safetensors]
        expect:
          compression:
            paper: null
            at_least: 2.0

        """)
  }
}

extension ExperimentSpec {
  /// Any experiment that the test catalog allows.
  static func random(_ random: inout SplitMix) -> ExperimentSpec {
    func share() -> Double { Double(1 + random.below(1 << 30)) / Double((1 << 30) + 1) }
    func positive() -> Double {
      let value = Double(bitPattern: random.next() & UInt64(Int64.max))
      return value.isFinite && value > 0 ? value : 5e-4
    }
    func chance() -> Bool { random.below(2) == 0 }
    func text() -> String {
      let pieces = [
        "a", " ", "\"", "\\", "\n", "\t", "é", "#", ": ", "'", "${X}", "$", "- ", "\u{7F}", "\u{2028}", "😀",
        "\u{FEFF}", "1", "null", "\u{85}", "%",
      ]
      return (0..<random.below(6)).map { _ in pieces[random.below(pieces.count)] }.joined()
    }
    let names = ["t", "null", "1", "1.0", "no", "1e5", "-", "a.b_c-d", "0x1", "inf", "---", "nan"]
    let name = ["tiny", "cifar10", "photos"][random.below(3)]
    let isTiny = name == "tiny"
    let size = 4 + random.below(99)
    let pictures = PictureSpec(
      size: size, resize: size + random.below(9), damaged: chance() ? .fail : .skip)
    let crop = RandomResizedCropSpec(scale: 0.25 * share()...1, ratio: 0.5 + 0.5 * share()...1 + share())
    let isCropped = name == "photos" && chance()
    let channels = isTiny ? 1 : 3
    let epochs = 1 + random.below(1000)
    let interval = 1 + random.below(epochs)
    let schedules: [ScheduleSpec.Kind] = [
      .constant, .step(milestones: epochs > 1 ? [1, epochs] : [1], gamma: positive()),
      .cosine(minimum: positive()),
      .oneCycle(rise: share(), initialDivisor: 1 + share(), finalDivisor: 1e10 * (1 + share())),
    ]
    let targets: [PruneSpec.Target] = [
      .ratio(share()), .channelsPerStep(1 + random.below(99)), .parameterRatio(share()), .flopsRatio(share()),
    ]
    let criteria: [(String, CriterionOptions)] = [
      (
        "feature_relevance",
        [
          "alpha": .number(1 + 9 * share()), "beta": .number(share()),
          "place": chance() ? "output" : "branch",
        ]
      ), ("l1_norm", [:]), ("taylor", ["power": .number(4 * share())]),
    ]
    let fineTune = PruneSpec.FineTuneSpec(epochs: 1 + random.below(9), learningRate: positive())
    let isOneShot = chance()
    let (criterion, options) = criteria[random.below(3)]
    let prune = PruneSpec(
      criterion: criterion, target: targets[random.below(4)], interval: isOneShot ? epochs : interval,
      until: isOneShot ? epochs : interval + random.below(epochs - interval + 1),
      schedule: isOneShot ? .oneShot(fineTune) : chance() ? .constant : .cubic,
      samples: chance() ? nil : 1 + random.below(90), scope: chance() ? .block : .stream,
      minimumChannels: 1 + random.below(9), roundTo: 1 + random.below(9), options: options)
    let momentum = share()
    let limits: [ExpectationSpec.Limit] = [.atMost(share()), .atLeast(share())]
    let hasPrune = chance()
    let calibrationImages = chance() ? nil : 1 + random.below(1000)
    let architectures = [
      ("resnet8", 8, ArchitectureSpec.BlockKind.basic), ("resnet", 20, .basic), ("resnet", 29, .bottleneck),
    ]
    let (architecture, depth, block) = architectures[random.below(3)]
    return ExperimentSpec(
      name: names[random.below(names.count)], description: text(),
      seeds: chance() ? [0] : [random.next(), 1],
      dataset: DatasetSpec(
        name: name, path: isTiny && chance() ? nil : "p" + text(),
        trainLimit: chance() ? nil : 90 + random.below(10), testLimit: chance() ? nil : 10 + random.below(10),
        pictures: name == "photos" ? pictures : nil,
        augment: AugmentSpec(
          randomCropPadding: isCropped || chance() ? nil : 1 + random.below(8),
          randomResizedCrop: isCropped ? crop : nil, horizontalFlip: chance()),
        normalize: NormalizeSpec(
          mean: (0..<channels).map { _ in -positive() }, std: (0..<channels).map { _ in positive() })),
      architecture: ArchitectureSpec(
        name: architecture, depth: depth, block: block, width: 64 * share(),
        input: ["tiny": [1, 8, 8], "cifar10": [3, 32, 32]][name] ?? [3, size, size],
        classes: 10 + random.below(5),
        weights: chance() ? nil : "w" + text()),
      train: TrainSpec(
        epochs: epochs, batchSize: 2 + random.below(1000),
        optimizer: OptimizerSpec(
          learningRate: positive(), momentum: momentum, nesterov: chance(), weightDecay: positive()),
        schedule: ScheduleSpec(kind: schedules[random.below(4)], warmupEpochs: random.below(epochs)),
        labelSmoothing: share(), precision: chance() ? .float32 : .bfloat16),
      prune: hasPrune ? prune : nil,
      evaluate: EvaluateSpec(
        every: 1 + random.below(9), metrics: chance() ? ["top5"] : ["top5", "top1"],
        latencyBatchSizes: chance() ? [] : [1, 2 + random.below(100)],
        precision: chance() ? .float32 : .bfloat16),
      export: ExportSpec(
        formats: chance() ? ["safetensors"] : ["onnx", "safetensors"],
        onnx: .init(
          opset: 13 + random.below(9), foldsBatchNorm: chance(), padChannels: 1 + random.below(256),
          batch: chance() ? nil : 1 + random.below(100),
          testImages: calibrationImages == nil ? random.below(10) : 0, calibrationImages: calibrationImages)),
      expectations: ExpectationSpec.Metric.allCases.filter { _ in hasPrune && chance() }.map {
        ExpectationSpec(metric: $0.rawValue, paper: chance() ? nil : share(), limit: limits[random.below(2)])
      })
  }
}

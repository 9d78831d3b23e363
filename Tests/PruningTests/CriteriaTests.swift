import Architectures
import Compute
import Network
import Specification
import Testing

@testable import Pruning

@Suite("Importance criteria")
struct CriteriaTests {
  @Test(
    "every registered criterion is made by its name and scores every group",
    arguments: CriterionRegistry.entries.map(\.name))
  func registry(_ name: String) throws {
    let network = try Self.network()
    let criterion = try #require(CriterionRegistry.make(name))
    let scores = criterion.importance(of: network, on: Self.data())
    for group in network.channelGroups {
      let values = try #require(scores[group.name])
      #expect(values.count == group.kept.count)
      #expect(values.allSatisfy { $0 >= 0 && $0.isFinite })
    }
  }

  @Test(
    "every registered criterion scores the groups of grouped and depthwise convolutions",
    arguments: CriterionRegistry.entries.map(\.name))
  func groupedConvolutions(_ name: String) throws {
    let layers = """
      layers:
        - {name: a, conv: 8, kernel: 1}
        - {name: b, conv: 12, groups: 4}
        - {name: c, conv: 6, kernel: 1}
        - {name: d, depthwise: 3}
        - global_average_pool: true
        - {name: e, linear: classes}
      """
    let declaration = try ArchitectureDeclaration(
      Array(layers.utf8), file: "test", kinds: ArchitectureRegistry.layerKinds)
    let spec = ArchitectureSpec(
      name: "layers", depth: 0, block: .plain, input: [1, 8, 8], classes: 4, declaration: declaration)
    let network = Network(try ArchitectureRegistry.graph(spec), seed: 1, engine: try Engine(threads: 1))
    let criterion = try #require(CriterionRegistry.make(name))
    let scores = network.structure.groupScores(criterion.importance(of: network, on: Self.data()))
    for group in network.channelGroups {
      #expect(scores[group.name]?.count == group.kept.count, "\(group.name)")
    }
  }

  @Test("an unknown criterion is not made")
  func unknown() {
    #expect(CriterionRegistry.make("nonsense") == nil)
  }

  @Test("the L1 norm is the sum of a filter's absolute weights")
  func l1Norm() throws {
    let network = try Self.network()
    let weight = try #require(network.tensors["layer1.0.conv1.weight"])
    let scores = try #require(L1Norm(options: [:]).importance(of: network, on: Self.data())["layer1.0.conv1"])
    let size = weight.count / weight.shape[0]
    for (filter, score) in scores.enumerated() {
      let expected = weight.values[filter * size..<(filter + 1) * size].map { abs(Double($0)) }.reduce(0, +)
      #expect(abs(score - expected) < 1e-9)
    }
  }

  @Test("sums of filter distances have the same bits with any number of threads")
  func distanceSums() throws {
    func scores(_ threads: Int) throws -> [String: [Double]] {
      let spec = ArchitectureSpec(
        name: "resnet", depth: 8, block: .basic, width: 3, input: [1, 8, 8], classes: 4)
      let network = Network(
        try ArchitectureRegistry.graph(spec), seed: 1, engine: try Engine(threads: threads))
      return GeometricMedian(options: [:]).importance(of: network, on: Self.data())
    }
    let expected = try scores(1)
    // More filters than are in memory at once.
    #expect(expected.values.contains { $0.count > 64 })
    for threads in 2...3 { #expect(try scores(threads) == expected) }
    let network = try Self.network()
    let (name, weight) = try #require(network.filters.first)
    let filters = filters(of: weight).map { $0.map(Double.init) }
    let sums = filters.map { filter in
      filters.reduce(0.0) {
        $0 + zip(filter, $1).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
    }
    let found = try #require(GeometricMedian(options: [:]).importance(of: network, on: Self.data())[name])
    #expect(zip(found, sums).allSatisfy { abs($0 - $1) < 1e-9 * $1 })
  }

  @Test("criteria that use only weights end early when cancelled")
  func cancelled() throws {
    // The network has one thread.
    var questions = 0
    let data = ScoringData(
      seed: 0, epoch: 0,
      isCancelled: {
        questions += 1
        return true
      }
    ) { AnyIterator { nil } }
    let network = try Self.network()
    let scores = GeometricMedian(options: [:]).importance(of: network, on: data)
    #expect(scores.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    #expect(questions == network.filters.values.reduce(0) { $0 + $1.shape[0] })
  }

  @Test("chance depends on seed and epoch alone")
  func random() throws {
    let network = try Self.network()
    let draw = { (seed: UInt64, epoch: Int) in
      RandomImportance(options: [:]).importance(of: network, on: Self.data(seed: seed, epoch: epoch))
    }
    #expect(draw(1, 2) == draw(1, 2))
    #expect(draw(1, 2) != draw(1, 3))
    #expect(draw(1, 2) != draw(2, 2))
  }

  @Test("relevance of batches adds up to that of all images together")
  func batches() throws {
    let network = try Self.network()
    let criterion = FeatureRelevance(options: [:])
    let whole = criterion.importance(of: network, on: Self.data(sizes: [12]))
    let parts = criterion.importance(of: network, on: Self.data(sizes: [5, 4, 3]))
    for (layer, values) in whole {
      let other = try #require(parts[layer])
      let largest = values.max() ?? 0
      for (a, b) in zip(values, other) { #expect(abs(a - b) <= 1e-4 * largest, "\(layer)") }
    }
  }

  @Test("a class that is never right weighs 1, the best one sigmoid(1)")
  func classScales() {
    var classes = ClassAccuracy(classes: 3)
    classes.count(
      [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], labels: [0, 0, 2, 1])
    #expect(classes.accuracies == [1, 0, 0])
    #expect(abs(classes.scales[0] - 0.7310585786300049) < 1e-12)
    #expect(classes.scales[1...] == [1, 1])
  }

  @Test("a class with half the accuracy of the best weighs sigmoid(2)")
  func halfAsWell() {
    var classes = ClassAccuracy(classes: 2)
    classes.count([1, 0, 1, 0, 0, 1, 1, 0], labels: [0, 0, 1, 1])
    #expect(classes.accuracies == [1, 0.5])
    #expect(abs(classes.scales[1] - 0.8807970779778823) < 1e-12)
  }

  @Test("classes count alike, however many images they have")
  func unevenClasses() throws {
    let network = try Self.network()
    let labels = [Int](repeating: 0, count: 9) + [1, 1, 1]
    let batch = try #require(Self.data(labels: labels).batches().next())
    let found = FeatureRelevance(options: [:]).importance(of: network, on: Self.data(labels: labels))
    let (logits, relevances) = RelevancePropagation(network).relevances(batch.images, labels: labels)
    var classes = ClassAccuracy(classes: 4)
    classes.count(logits.values.map(Double.init), labels: labels)
    for (layer, relevance) in relevances {
      let channels = relevance.shape[1]
      for channel in 0..<channels {
        func mean(_ images: Range<Int>) -> Double {
          images.map { Double(relevance.values[$0 * channels + channel]) }.reduce(0, +) / Double(images.count)
        }
        let expected = abs(classes.scales[0] * mean(0..<9) + classes.scales[1] * mean(9..<12)) / 2
        let own = try #require(found[layer]?[channel])
        #expect(abs(own - expected) <= 1e-9 * max(expected, 1e-3), "\(layer) \(channel)")
      }
    }
  }

  @Test(
    "relevance that is not finite is left out of its channel's mean; a channel without any other is unknown")
  func notFinite() {
    var means = ClassMeans(classes: 3, channels: 3)
    means.add(
      [1, .nan, .nan, 2, .infinity, .nan, .nan, .nan, .nan, 4, -2, .nan],
      labels: [0, 0, 0, 1])
    let importance = means.importance(scales: [1, 0.5, 9], present: [true, true, false])
    #expect(importance[0] == (1.5 + 0.5 * 4) / 2)
    #expect(importance[1] == 0.5 * 2 / 2)
    #expect(importance[2].isNaN)
    let normalized = normalizedByLayer(["layer": [3, .nan, 4]])["layer"] ?? []
    #expect(abs(normalized[0] - 0.6) < 1e-8 && normalized[1].isNaN && abs(normalized[2] - 0.8) < 1e-8)
  }

  @Test(
    "every option of feature relevance changes the scores",
    arguments: [
      ["alpha": .number(1)], ["beta": .number(0)], ["class_scale": .word("none")],
      ["last_convolution": .word("branch")],
    ] as [CriterionOptions])
  func options(_ options: CriterionOptions) throws {
    let network = try Self.network()
    let standard = FeatureRelevance(options: [:]).importance(of: network, on: Self.data())
    let changed = FeatureRelevance(options: options).importance(of: network, on: Self.data())
    #expect(standard != changed)
    // In the branch, not at the output: first convolutions of blocks are scored as before.
    if options["last_convolution"] != nil {
      for (layer, values) in standard {
        #expect((changed[layer] == values) == !layer.hasSuffix("conv2"), "\(layer)")
      }
    }
  }

  static func network() throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [1, 8, 8], classes: 4, weights: nil)
    return try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
  }

  /// 12 images of 8x8 pixels in batches of the given sizes.
  static func data(
    seed: UInt64 = 0, epoch: Int = 1, sizes: [Int] = [12], channels: Int = 1,
    labels: [Int] = (0..<12).map { $0 % 4 }
  ) -> ScoringData {
    var stream = RandomStream(seed: 3, purpose: .test)
    let pixels = (0..<12 * channels * 64).map { _ in stream.uniform() }
    var start = 0
    let batches = sizes.map { size in
      defer { start += size }
      return (
        images: Planes(
          PlaneShape(channels: channels, images: size, rows: 8, columns: 8),
          dense: Array(pixels[start * channels * 64..<(start + size) * channels * 64])),
        labels: Array(labels[start..<start + size])
      )
    }
    return ScoringData(seed: seed, epoch: epoch) { AnyIterator(batches.makeIterator()) }
  }
}

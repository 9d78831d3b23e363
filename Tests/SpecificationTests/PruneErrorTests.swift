import Testing

@testable import Specification

@Suite("Pruning that does not fit")
struct PruneErrorTests {
  @Test("give every error with its place", arguments: table.rows)
  func message(row: ErrorTable.Row) {
    #expect(errors(experiment([row.input])) == row.errors)
  }

  @Test("a network without residual stream cannot lose channels of one")
  func stream() {
    let lines = ["dataset: {name: cifar10}", "architecture: {name: vgg16}"]
    let prune = "prune: {ratio: 0.5, interval: 3, scope: stream}"
    #expect(
      errors(experiment(lines + [prune])) == [
        "t.yaml:6:41: prune.scope: `vgg16` has no residual stream; leave the key out"
      ])
    #expect(errors(experiment([prune])).isEmpty)
  }

  @Test(
    "targets that the layers, of 112 channels, cannot reach", arguments: ["block", "stream"],
    [
      ("ratio: 0.4", nil), ("ratio: 0.9464", nil), ("channels_per_step: 35", nil),
      ("ratio: 0.6, round_to: 8", nil), ("flops_ratio: 0.9", nil),
      (
        "ratio: 0.99",
        "0.99 of 112 channels is 111, but at most 106 can be removed (`minimum_channels` 1, `round_to` 1)"
      ),
      ("ratio: 0.001", "0.001 of 112 channels is none"),
      (
        "channels_per_step: 36",
        "3 steps of 36 remove 108 channels, but at most 106 of 112 can be removed (`minimum_channels` 1, `round_to` 1)"
      ),
      (
        "ratio: 0.9, round_to: 8",
        "0.9 of 112 channels is 101, but at most 64 can be removed (`minimum_channels` 1, `round_to` 8)"
      ),
      (
        "ratio: 0.5, minimum_channels: 64",
        "no layer can lose a channel (`minimum_channels` 64, `round_to` 1)"
      ),
      ("flops_ratio: 0.5, round_to: 99", "no layer can lose a channel (`minimum_channels` 1, `round_to` 99)"),
      (
        "ratio: 0.5, maximum_layer_ratio: 0.2",
        "0.5 of 112 channels is 56, but at most 20 can be removed (`minimum_channels` 1, `round_to` 1, `maximum_layer_ratio` 0.2)"
      ),
    ])
  func unreachable(_ scope: String, _ row: (target: String, problem: String?)) {
    var catalog = Catalog.test
    catalog.outline = { _, _ in
      Catalog.NetworkOutline(
        groups: [8, 8, 16, 16, 32, 32].map { .init(name: "c", channels: $0) }, streams: ["stream.0"],
        layers: [])
    }
    let key = row.target.prefix { $0 != ":" }
    let found = problems("prune: {\(row.target), interval: 3, scope: \(scope)}", catalog)
    #expect(found == (row.problem.map { ["t.yaml:6:\(11 + key.count): prune.\(key): \($0)"] } ?? []))
  }

  @Test("multiples and minimums are of channels, also where a grouped convolution ties them")
  func groupedConvolutions() {
    var catalog = Catalog.test
    catalog.outline = { _, _ in
      Catalog.NetworkOutline(
        groups: [4, 8].map { .init(name: "c", channels: $0, width: 32) }, layers: [])
    }
    for limit in ["round_to: 8", "round_to: 32", "minimum_channels: 64"] {
      #expect(problems("prune: {ratio: 0.5, \(limit), interval: 3}", catalog).isEmpty, "\(limit)")
    }
    let limits = "(`minimum_channels` 33, `round_to` 1)"
    #expect(
      problems("prune: {ratio: 0.8, minimum_channels: 33, interval: 3}", catalog) == [
        "t.yaml:6:16: prune.ratio: 0.8 of 12 channels is 10, but at most 8 can be removed \(limits)"
      ])
  }

  @Test("steps of a number of channels leave hidden units, unless these are excluded")
  func hiddenUnits() {
    var catalog = Catalog.test
    catalog.outline = { _, _ in
      Catalog.NetworkOutline(
        groups: [
          .init(name: "conv", channels: 4096), .init(name: "hidden", channels: 512, isHidden: true),
        ], layers: ["conv", "hidden"])
    }
    func problems(until: Int, _ more: String = "") -> [String] {
      self.problems(
        "prune: {channels_per_step: 20, interval: 1, until: \(until)\(more)}", catalog,
        ["train: {epochs: 60, batch_size: 20}"])
    }
    for until in [10, 23] { #expect(problems(until: until).isEmpty, "\(until)") }
    #expect(
      problems(until: 24) == [
        "t.yaml:6:28: prune.channels_per_step: each step also removes 22 in 512 hidden units, in all 528 of 512;"
          + " `exclude`, `minimum_channels` or `maximum_layer_ratio` keeps them"
      ])
    let limits = ["exclude: [hidden]", "minimum_channels: 2", "round_to: 64", "maximum_layer_ratio: 0.5"]
    for kept in limits.map({ ", " + $0 }) {
      #expect(problems(until: 24, kept).isEmpty, "\(kept)")
    }
    #expect(problems(until: 24, ", maximum_layer_ratio: 0.999").count == 1)
  }

  @Test("what is excluded must be the name of a layer that makes channels")
  func excluded() {
    var catalog = Catalog.test
    catalog.outline = { _, _ in
      Catalog.NetworkOutline(groups: [.init(name: "conv1", channels: 8)], layers: ["conv1", "fc"])
    }
    let message = "t.yaml:6:44: prune.exclude[0]: no convolution or linear layer is named"
    #expect(
      problems("prune: {ratio: 0.5, interval: 3, exclude: [con1]}", catalog) == [
        "\(message) `con1`; did you mean `conv1`?"
      ])
    #expect(
      problems("prune: {ratio: 0.5, interval: 3, exclude: [features.norm5]}", catalog) == [
        "\(message) `features.norm5`; layers are `conv1` and `fc`, …"
      ])
  }

  private func problems(_ prune: String, _ catalog: Catalog, _ lines: [String] = []) -> [String] {
    do throws(SpecificationError) {
      let text = SourceText(bytes: Array(experiment(lines + [prune]).utf8))
      _ = try ExperimentFile.load(text, "t.yaml", [], catalog, [:])
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }

  private static let table = ErrorTable(
    #"""
    prune: {}
      6:1: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
      6:1: prune.interval: required key is missing; expected a whole number from 1 to 1000000
    prune: {interval: 3}
      6:1: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
    prune: {ratio: null, interval: 3}
      6:16: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
    prune: {ratio: 0.5}
      6:1: prune.interval: required key is missing; expected a whole number from 1 to 1000000
    prune: {ratio: 0.5, flops_ratio: 0.5, interval: 3}
      6:21: prune.flops_ratio: only one target is allowed, and `ratio` is already set
    prune: {ratio: 1, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `1`
    prune: {ratio: 0, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `0`
    prune: {ratio: [0.3, 0.4], interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found a list; several values go into `matrix`
    prune: {criterion: [l1_norm, taylor], ratio: 0.5, interval: 3}
      6:20: prune.criterion: expected a criterion (feature_relevance, l1_norm or taylor), found a list; several values go into `matrix`
    prune: {ratio: 40, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `40`
    prune: {parameter_ratio: 1.5, interval: 3}
      6:26: prune.parameter_ratio: expected a number above 0 and below 1, found `1.5`
    prune: {channels_per_step: 0, interval: 3}
      6:28: prune.channels_per_step: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, until: 2}
      6:31: prune.interval: an interval of 3 allows no pruning step until epoch 2
    prune: {ratio: 0.5, interval: 11}
      6:31: prune.interval: an interval of 11 allows no pruning step in 10 epochs
    prune: {ratio: 0.5, interval: 0}
      6:31: prune.interval: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, minimum_channels: 0}
      6:52: prune.minimum_channels: expected a whole number from 1 to 65536, found `0`
    prune: {ratio: 0.5, interval: 3, round_to: 0}
      6:44: prune.round_to: expected a whole number from 1 to 65536, found `0`
    prune: {ratio: 0.5, interval: 3, samples: some}
      6:43: prune.samples: expected `all` or a whole number from 1 to 1000000000, found `some`
    prune: {ratio: 0.5, interval: 3, samples: 101}
      6:43: prune.samples: there are only 100 training images, found 101
    prune: {ratio: 0.5, interval: 3, samples: 0}
      6:43: prune.samples: expected a whole number from 1 to 1000000000, found `0`
    prune: {ratio: 0.5, interval: 3, criterion: l1norm}
      6:45: prune.criterion: unknown criterion `l1norm`; did you mean `l1_norm`? (known: feature_relevance, l1_norm, taylor)
    prune: {ratio: 0.5, interval: 3, criterion: lrp}
      6:45: prune.criterion: unknown criterion `lrp`; did you mean `feature_relevance`? (known: feature_relevance, l1_norm, taylor)
    prune: {ratio: 0.5, interval: 3, criterion: magnitude}
      6:45: prune.criterion: unknown criterion `magnitude`; known: feature_relevance, l1_norm, taylor
    prune: {ratio: 0.5, interval: 3, relevance: {alpha: 11}}
      6:53: prune.relevance.alpha: expected a number from 1 to 10, found `11`
    prune: {ratio: 0.5, interval: 3, relevance: {place: brunch}}
      6:53: prune.relevance.place: unknown value `brunch`; did you mean `branch`? (known: output, branch)
    prune: {ratio: 0.5, interval: 3, scope: streams}
      6:41: prune.scope: unknown scope `streams`; did you mean `stream`? (known: block, stream)
    prune: {ratio: 0.5, interval: 3, schedule: cubik}
      6:44: prune.schedule: unknown pruning schedule `cubik`; did you mean `cubic`? (known: constant, cubic, one_shot)
    prune: {ratio: 0.5, schedule: one_shot}
      6:1: prune.fine_tune: required key is missing; expected a mapping
    prune: {ratio: 0.5, schedule: one_shot, fine_tune: {}}
      6:41: prune.fine_tune.epochs: required key is missing; expected a whole number from 1 to 1000000
    prune: {ratio: 0.5, schedule: one_shot, interval: 0, fine_tune: {epochs: 2}}
      6:51: prune.interval: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, fine_tune: {epochs: 2, learning_rate: 0}}
      6:72: prune.fine_tune.learning_rate: expected a number above 0, found `0`
    prune: {ratio: 0.5, interval: 3, relevance: 2}
      6:45: prune.relevance: expected a mapping, found `2`
    prune: {ratio: 0.5, interval: 3, l1_norm: {p: 2}}
      6:34: prune.l1_norm: unknown key; known: criterion, ratio, channels_per_step, parameter_ratio, flops_ratio, interval, until, schedule, fine_tune, samples, scope, minimum_channels, round_to, exclude, maximum_layer_ratio, relevance, taylor
    """#)
}

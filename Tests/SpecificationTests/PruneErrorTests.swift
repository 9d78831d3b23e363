import Testing

@testable import Specification

@Suite("Pruning that does not fit")
struct PruneErrorTests {
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
}

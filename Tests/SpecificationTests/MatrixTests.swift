import Testing

@testable import Specification

@Suite("A matrix")
struct MatrixTests {
  /// The experiments of a text that begins as `experiment` does, with a matrix from line 7 on.
  private func expand(
    _ matrix: String, _ lines: [String] = [], overrides: [String] = []
  ) throws(SpecificationError) -> [ExperimentSpec] {
    let text = experiment(["prune: {ratio: 0.5, interval: 2}"] + lines) + "matrix:\n" + matrix
    return try ExperimentFile.experiments(
      text: text, file: "t.yaml", overrides: overrides, catalog: .test
    ).map(\.spec)
  }

  private func errors(_ matrix: String, _ lines: [String] = [], overrides: [String] = []) -> [String] {
    do throws(SpecificationError) {
      _ = try expand(matrix, lines, overrides: overrides)
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }

  @Test("is the product of its axes, the last one fastest, with every value where its axis says")
  func product() throws {
    let specs = try expand("  prune.criterion: [l1_norm, taylor]\n  train.epochs: [4, 6, 8]\n")
    #expect(
      specs.map(\.name) == [
        "t-l1_norm-epochs4", "t-l1_norm-epochs6", "t-l1_norm-epochs8", "t-taylor-epochs4", "t-taylor-epochs6",
        "t-taylor-epochs8",
      ])
    #expect(
      specs.map { $0.prune?.criterion } == ["l1_norm", "l1_norm", "l1_norm", "taylor", "taylor", "taylor"])
    #expect(specs.map(\.train.epochs) == [4, 6, 8, 4, 6, 8])
    #expect(specs.allSatisfy { $0.prune?.target == .ratio(0.5) && $0.train.batchSize == 20 })
  }

  @Test(
    "names experiments by any kind of value",
    arguments: [
      ("train.optimizer.nesterov: [true, false]", ["t-nesterovtrue", "t-nesterovfalse"]),
      ("train.optimizer.weight_decay: [5.0e-4, 0]", ["t-weight_decay5.0e-4", "t-weight_decay0"]),
      ("prune: [null]", ["t-no-prune"]), ("seeds: [[0, 1], [7]]", ["t-seeds0-1", "t-seeds7"]),
      ("dataset.augment: [{random_crop: {padding: 4}}]", ["t-padding4"]),
      ("train.precision: [float32, bfloat16]", ["t-float32", "t-bfloat16"]),
      ("train.schedule: [{name: step, milestones: [3, 6]}]", ["t-step-milestones3-6"]),
      ("architecture.weights: [Models/A b.safetensors]", ["t-models-a-b.safetensors"]),
    ])
  func names(axis: String, names: [String]) throws {
    #expect(try expand("  \(axis)\n").map(\.name) == names)
  }

  @Test("gives names that do not change when it grows")
  func stableNames() throws {
    let one = try expand("  prune.ratio: [0.5]\n").map(\.name)
    #expect(try expand("  prune.ratio: [0.4, 0.5]\n").map(\.name).contains(one[0]))
  }

  @Test("excludes what agrees with an entry; includes further keys where it agrees, or further combinations")
  func includeAndExclude() throws {
    let specs = try expand(
      """
        prune.ratio: [0.2, 0.4]
        prune.criterion: [l1_norm, taylor]
        exclude: [{prune.criterion: taylor, prune.ratio: 0.40}]
        include:
          - {prune.criterion: l1_norm, prune.round_to: 2}
          - {prune.ratio: 0.6, prune.criterion: taylor}
          - {prune: null}
          - {name: long, train.epochs: 20}

      """)
    #expect(
      specs.map(\.name) == [
        "t-ratio0.2-l1_norm", "t-ratio0.2-taylor", "t-ratio0.4-l1_norm", "t-ratio0.6-taylor", "t-no-prune",
        "long",
      ])
    #expect(specs.map { $0.prune?.roundTo } == [2, 1, 2, 1, nil, 1])
    #expect(specs.last?.train.epochs == 20)
  }

  @Test("works with `--set`, which may also change its axes or take it away")
  func overrides() throws {
    let axis = "  prune.ratio: [0.2, 0.4]\n"
    #expect(
      try expand(axis, overrides: ["train.epochs=3", "name=u"]).map(\.name) == ["u-ratio0.2", "u-ratio0.4"])
    #expect(try expand(axis, overrides: ["matrix.prune.ratio=[0.6]"]).map(\.name) == ["t-ratio0.6"])
    #expect(try expand(axis, overrides: ["matrix=null"]).map(\.name) == ["t"])
    #expect(
      errors(axis, overrides: ["prune.ratio=0.3", "prune=null"]) == [
        "--set prune.ratio=0.3:1:13: prune.ratio: varied by the matrix at t.yaml:8:3; set `matrix.prune.ratio=[…]`"
          + " instead",
        "--set prune=null:1:7: prune.ratio: varied by the matrix at t.yaml:8:3; set `matrix.prune.ratio=[…]` instead",
      ])
    // The axis would set again what a null drops.
    #expect(
      errors(axis, overrides: ["prune.flops_ratio=0.3"]) == [
        "--set prune.flops_ratio=0.3:1:7: prune.flops_ratio: only one target is allowed, and `ratio` is already set"
      ])
  }

  @Test("loses an axis by null, which is an error where there is no such axis")
  func nullAxes() throws {
    let axes = "  prune.ratio: [0.2, 0.4]\n  prune.criterion: [l1_norm, taylor]\n"
    let specs = try expand(axes, overrides: ["matrix.prune.criterion=null"])
    #expect(specs.map(\.name) == ["t-ratio0.2", "t-ratio0.4"])
    for (override, hint) in [
      ("matrix.prune.rtio=null", "; did you mean `prune.ratio`?"),
      ("matrix.prune.c=null", "; did you mean `prune.criterion`?"),
      ("matrix.prune=null", "; varied: prune.ratio, prune.criterion"),
    ] {
      let path = override.replacing("=null", with: "")
      let error = "--set \(override):1:8: \(path): no such axis to drop\(hint)"
      #expect(errors(axes, overrides: [override]) == [error])
    }
    #expect(errors("  train.epochs: null\n") == ["t.yaml:8:3: matrix.train.epochs: no such axis to drop"])
  }

  @Test("takes a key of `--set` for all experiments, also where `include` has it")
  func includedOverrides() throws {
    let matrix = """
        train.epochs: [4, 6]
        include: [{train.epochs: 6, seeds: [1], prune.samples: 9}, {name: u, seeds: [2]}]

      """
    let specs = try expand(matrix, overrides: ["seeds=[3]", "prune={samples: 5, round_to: 2}"])
    #expect(specs.map(\.seeds) == [[3], [3], [3]])
    #expect(specs.allSatisfy { $0.prune?.samples == 5 && $0.prune?.roundTo == 2 })
    #expect(specs.last?.name == "u")
    let without = "  train.epochs: [4, 6]\n  include: [{train.epochs: 6, prune: null}]\n"
    let pruned = try expand(without, overrides: ["prune.samples=5"])
    #expect(pruned.map { $0.prune?.samples } == [5, nil])
    #expect(try expand(without, overrides: ["prune=null"]).allSatisfy { $0.prune == nil })
    #expect(try expand(matrix, overrides: ["matrix.include=null", "seeds=[3]"]).map(\.seeds) == [[3], [3]])
    // The first resets the section, and the second writes it anew.
    let anew = ["prune=null", "prune={ratio: 0.3, interval: 1}"]
    let within = "  train.epochs: [4, 6]\n  include: [{train.epochs: 6, prune.round_to: 8}]\n"
    #expect(try expand(within, overrides: anew).allSatisfy { $0.prune?.target == .ratio(0.3) })
    #expect(try expand(without, overrides: anew).map { $0.prune == nil } == [false, true])
  }

  @Test("takes a `name` of `include` without a value for none, and refuses one that is no text")
  func includedNames() throws {
    let specs = try expand("  train.epochs: [4]\n  include: [{name: null, seeds: [2]}]\n")
    #expect(specs.map(\.name) == ["t-epochs4", "t-seeds2"])
    #expect(
      errors("  include: [{name: [a], seeds: [2]}]\n") == [
        "t.yaml:8:20: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`,"
          + " found a list"
      ])
  }

  @Test("has every error once, at the value's source location")
  func places() {
    #expect(
      errors(
        "  train.epochs: [4, no]\n  prune.ratio: [0.2, 2, 0.4]\n  prune.criterio: [l1_norm]\n",
        ["seeds: [1, 1]"]) == [
          "t.yaml:7:12: seeds[1]: `1` appears twice",
          "t.yaml:9:21: train.epochs: expected a whole number from 1 to 1000000, found `no`",
          "t.yaml:10:22: prune.ratio: expected a number above 0 and below 1, found `2`",
          "t.yaml:11:3: prune.criterio: unknown key; did you mean `criterion`?",
        ])
  }

  @Test(
    "is checked itself",
    arguments: [
      ("  train.epochs: 4\n", "8:17: matrix.train.epochs: expected a list of values, found `4`; write `[4]`"),
      ("  train.epochs: []\n", "8:17: matrix.train.epochs: expected a list of values, found an empty list"),
      ("  train.epochs: [4, 5, 4]\n", "8:24: matrix.train.epochs[2]: `4` appears twice"),
      ("  train..epochs: [4]\n", "8:3: matrix.train..epochs: expected a path such as `prune.ratio`"),
      ("  name: [a]\n", "8:3: matrix.name: `name` cannot differ within a file"),
      (
        "  prune.ratio: [0.4]\n  prune: [null]\n",
        "9:3: matrix.prune: overlaps with `prune.ratio`, which the matrix varies too"
      ),
      (
        "  prune.ratio: [0.4]\n  train.epochs: [4]\n  include: [{train.epochs: 4, prune: null}]\n",
        "10:31: matrix.include[0].prune: overlaps with `prune.ratio`, which the matrix varies too"
      ),
      (
        "  prune.ratio: [0.4]\n  include: [{prune.ratio: 0.6, prune: null}]\n",
        "9:32: matrix.include[0].prune: overlaps with `prune.ratio`, which the matrix varies too"
      ),
      (
        "  train.optimizer.momentum: [0.2]\n  train.epochs: [4]\n  include: [{train.epochs: 4, train.optimizer: {momentum: 0.5}}]\n",
        "10:31: matrix.include[0].train.optimizer: overlaps with `train.optimizer.momentum`,"
          + " which the matrix varies too"
      ),
      (
        "  prune.ratio: [0.4]\n  exclude: [{prune.rato: 0.4}]\n",
        "9:14: matrix.exclude[0].prune.rato: not varied by the matrix; did you mean `prune.ratio`?"
      ),
      (
        "  prune.ratio: [0.4]\n  exclude: [{prune.ratio: 0.5}]\n",
        "9:27: matrix.exclude[0].prune.ratio: `0.5` is not among the values of `prune.ratio`"
      ),
      (
        "  prune.ratio: [0.4]\n  exclude: [{prune.ratio: 0.4}]\n",
        "8:3: matrix: no combination is left; expected at least one"
      ),
      (
        "  prune.ratio: [0.4]\n  include: [{prune.ratio: 0.4}]\n",
        "9:13: matrix.include[0]: this combination is there already"
      ),
      (
        "  prune.ratio: [0.4]\n  include: {prune.ratio: 0.5}\n",
        "9:12: matrix.include: expected a list of mappings, found a mapping"
      ),
      ("  {}\n", "8:3: matrix: no combination is left; expected at least one"),
      (
        "  x-a: [1]\n",
        "8:3: x-a: unknown key; known: format, name, description, extends, seeds, dataset, architecture, train,"
          + " prune, evaluate, export, expect, matrix"
      ),
    ])
  func mistakes(matrix: String, error: String) {
    #expect(errors(matrix) == ["t.yaml:\(error)"])
  }

  @Test("whose names clash says which values are to blame")
  func clash() {
    #expect(
      errors("  dataset.path: [A, a]\n") == [
        "t.yaml:8:21: dataset.path: names the experiment `t-a`, as the value at t.yaml:8:18 does; give one a `name`"
          + " in `include`"
      ])
  }

  @Test("whose values make a name too long says how long it is, once")
  func longNames() throws {
    let (long, longer) = (String(repeating: "a", count: 130), String(repeating: "a", count: 131))
    #expect(
      errors("  description: [\(long), \(longer)]\n") == [
        "t.yaml:8:17: matrix: names the experiment `t-\(long.prefix(58))…`, 132 characters; expected a name of at most"
          + " 128 lower-case letters, digits, `.`, `_` and `-`; shorten `name`, or give the combination a `name` in"
          + " `include`"
      ])
    let named = "  description: [\(long)]\n  include: [{description: \(long), name: short}]\n"
    #expect(try expand(named).map(\.name) == ["short"])
  }

  @Test("whose null leaves something missing is to blame at the null")
  func nulls() {
    #expect(
      errors("  prune.ratio: [0.1, null, 0.2]\n") == [
        "t.yaml:8:22: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`,"
          + " found none"
      ])
    for section in ["prune: {ratio: 0.5, interval: 2}", "prune: {ratio: 0.5}"] {
      #expect(
        errors("  prune.interval: [1, null]\n", [section]) == [
          "t.yaml:8:23: prune.interval: required key is missing; expected a whole number from 1 to 1000000"
        ])
    }
  }

  @Test("varies only parameters of declared layers that there are")
  func parameters() {
    #expect(
      errors(
        "  architecture.parameters.widht: [8, 16]\n",
        ["architecture: {parameters: {width: 4}, layers: [{conv: width}]}"]) == [
          "t.yaml:8:3: architecture.parameters.widht: unknown key; did you mean `width`?"
        ])
  }

  @Test("may vary layers, and parameters that only some of them read")
  func parametersOfSomeLayers() {
    #expect(
      errors(
        "  architecture.layers: [[{conv: width}], [{conv: 3}]]\n  architecture.parameters.width: [4, 8]\n",
        ["architecture: {layers: [{conv: 4}]}"]) == [])
    #expect(
      errors(
        "  architecture: [{parameters: {width: 4, spare: 1}, layers: [{conv: width}]}, {layers: [{conv: 3}]}]\n",
        ["architecture: {classes: 4}"]) == [])
  }

  @Test("is bounded, whatever its lists' lengths")
  func bounds() {
    let list = "[" + (1...200).map(String.init).joined(separator: ", ") + "]"
    #expect(
      errors("  train.epochs: \(list)\n  train.batch_size: \(list)\n  seeds: [[1]]\n").contains(
        "t.yaml:8:3: matrix: more than 1000 combinations"))
  }

  @Test("looks at no more values of an axis than it can use, nor at exclusions after many errors")
  func longLists() {
    func list(_ numbers: ClosedRange<Int>) -> String {
      "[" + numbers.map(String.init).joined(separator: ", ") + "]"
    }
    #expect(
      errors("  train.epochs: \(list(10...60_009))\n") == [
        "t.yaml:8:17: matrix.train.epochs: 60000 values; expected at most 1000"
      ])
    let exclusions = (1...20_000).map { "{train.epochs: \($0 + 2000)}" }.joined(separator: ", ")
    #expect(
      errors("  train.epochs: \(list(10...1009))\n  exclude: [\(exclusions)]\n").count
        == ReadingContext.maximumDiagnostics + 1)
    #expect(
      SpecificationTests.errors(experiment(["seeds: \(list(1...60_000))"])) == [
        "t.yaml:6:8: seeds: expected at most 1000 values, found 60000"
      ])
    #expect(
      SpecificationTests.errors(
        experiment(["prune: {ratio: 0.5, interval: 3, exclude: \(list(1...60_000))}"])) == [
          "t.yaml:6:43: prune.exclude: expected at most 1000 values, found 60000"
        ])
  }

  @Test("is bounded, whatever the numbers of its keys, of entries of `include`, and of what they add")
  func manyKeys() {
    func list(_ count: Int, _ item: (Int) -> String) -> String {
      (0..<count).map(item).joined(separator: ", ")
    }
    let axes = list(101) { "a\($0): [1]" }
    #expect(
      SpecificationTests.errors(experiment(["matrix: {\(axes)}"])).contains {
        $0.hasSuffix("matrix.a100: more than 100 keys vary")
      })
    let entries = list(12_000) { _ in "{train.epochs: 4, seeds: [1]}" }
    #expect(
      errors("  train.epochs: [4]\n  include: [\(entries)]\n") == [
        "t.yaml:9:12: matrix.include: 12000 combinations; expected at most 1000"
      ])
    let epochs = list(100) { "\(10 + $0)" }
    let keys = list(1001) { "k\($0): 1" }
    #expect(
      errors(
        "  train.epochs: [\(epochs)]\n  seeds: [[1]]\n  include: [{seeds: [1], \(keys)}]\n"
      ) == ["t.yaml:10:13: matrix.include[0]: more than 100000 values are added"])
  }

  @Test("takes values for the same that say the same, however they are written")
  func sameValues() {
    for (first, second) in [
      ("0.5", "5.0e-1"), ("null", "~"), ("{a: 1, b: 2}", "{b: 2, a: 1}"), ("[1, x]", "[1.0, x]"),
      ("x", "'x'"), ("yes", "true"), ("[OFF]", "[no]"),
    ] {
      #expect(
        errors("  prune.ratio: [\(first), \(second)]\n").contains { $0.hasSuffix("appears twice") },
        "\(first)")
    }
    for (first, second) in [
      ("0.5", "0.50001"), ("[1, 2]", "[2, 1]"), ("{a: 1}", "{a: 1, b: 2}"), ("1", "'1'"),
      ("18446744073709551615", "18446744073709551614"), ("yes", "no"), ("yes", "'yes'"),
    ] {
      #expect(
        !errors("  prune.ratio: [\(first), \(second)]\n").contains { $0.hasSuffix("appears twice") },
        "\(first)")
    }
  }

  @Test("makes experiments that load alone to the same values")
  func resolved() throws {
    for spec in try expand("  prune.ratio: [0.2, 0.4]\n  include: [{prune: null}]\n") {
      #expect(try load(yaml(spec)) == spec)
    }
  }

  @Test("is refused where one experiment is wanted")
  func single() {
    #expect(
      SpecificationTests.errors(experiment(["matrix: {train.epochs: [1, 2]}"])) == [
        "t.yaml:6:25: matrix: gives 2 experiments; expected one, such as with `--set matrix=null`"
      ])
  }
}

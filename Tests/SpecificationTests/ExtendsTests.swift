import Foundation
import TestSupport
import Testing

@testable import Specification

@Suite("Files that extend others")
struct ExtendsTests {
  @Test("are merged key by key, the extending file on top, over several files")
  func chain() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: common/b.yaml\nname: a\ntrain: {epochs: 5, schedule: {gamma: 0.5}}\nseeds: [7]\n",
      "common/b.yaml": "extends: ../${WHICH:-c}.yaml\ntrain: {epochs: 6, batch_size: 8}\nprune: null\n",
      "c.yaml": experiment([
        "seeds: [1, 2]", "prune: {ratio: 0.5, interval: 1}",
        "train: {epochs: 9, schedule: {name: step, milestones: [2]}}",
      ]),
    ])
    let spec = try folder.load("a.yaml")
    #expect(spec.name == "a")
    #expect(spec.seeds == [7])
    #expect(spec.prune == nil)
    #expect(spec.train.epochs == 5)
    #expect(spec.train.batchSize == 8)
    #expect(spec.train.schedule.kind == .step(milestones: [2], gamma: 0.5))
  }

  @Test("reset with null what the files below set, and nothing of the files above")
  func nullInTheMiddle() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: b.yaml\nprune: {ratio: 0.4, interval: 1}\ntrain: {schedule: {name: cosine}}\n",
      "b.yaml": "extends: c.yaml\nprune: null\ntrain: {schedule: null}\nmatrix: null\n",
      "c.yaml": experiment([
        "prune: {criterion: l1_norm, ratio: 0.3, interval: 1, round_to: 8}",
        "train: {epochs: 9, schedule: {name: step, milestones: [2]}}", "matrix: {train.epochs: [1, 2]}",
      ]),
    ])
    let spec = try folder.load("a.yaml")
    #expect(spec.prune?.criterion == "feature_relevance")
    #expect(spec.prune?.roundTo == 1)
    #expect(spec.train.schedule.kind == .cosine(minimum: 0))
    #expect(spec.train.epochs == 9)
  }

  @Test("are relative to their file after a variable that only begins as that of its folder")
  func longerVariable() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: ${EXPERIMENT_FOLDERS}/b.yaml\n", "common/b.yaml": experiment(),
    ])
    #expect(try folder.load("a.yaml", environment: ["EXPERIMENT_FOLDERS": "common"]).name == "t")
  }

  @Test("keep the source location of every value")
  func places() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: b.yaml\ntrain:\n  batch_size: 1\n  epocs: 3\n",
      "b.yaml": experiment(["train: {epochs: 0}", "colour: red"]),
    ])
    #expect(
      folder.errors("a.yaml") == [
        "a.yaml:3:15: train.batch_size: expected a whole number from 2 to 65536, found `1`",
        "a.yaml:4:3: train.epocs: unknown key; did you mean `epochs`?",
        "b.yaml:5:17: train.epochs: expected a whole number from 1 to 1000000, found `0`",
        "b.yaml:6:1: colour: unknown key; known: format, name, description, extends, seeds, dataset, architecture,"
          + " train, prune, evaluate, export, expect, matrix; keys that begin with `x-` are free for anchors",
      ])
  }

  struct Conflict: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The contents of `a.yaml`, which extends `b.yaml`, and of the files below.
    var files: [String: String]
    var errors: [String]
  }

  static let conflicts: [Conflict] = [
    Conflict(
      testDescription: "an inherited key beside one of the file",
      files: [
        "a.yaml": """
        extends: b.yaml
        architecture: {name: resnet8}
        train: {schedule: {name: cosine}}
        prune: {ratio: 0.4}
        expect: {compression: {at_most: 3}}
        """,
        "b.yaml": experiment([
          "architecture: {name: resnet, depth: 14}",
          "train: {epochs: 9, schedule: {name: step, milestones: [2]}}",
          "prune: {channels_per_step: 3, interval: 1}", "expect: {compression: {at_least: 2}}",
        ]),
      ],
      errors: [
        "b.yaml:4:30: architecture.depth: `resnet8` has the depth 8;"
          + " `depth: null` beside `name` at a.yaml:2:22 drops the inherited key",
        "b.yaml:5:43: train.schedule.milestones: belongs to the schedule `step`, not to `cosine`;"
          + " `milestones: null` beside `name` at a.yaml:3:26 drops the inherited key",
        "b.yaml:6:9: prune.channels_per_step: only one target is allowed, and `ratio` is already set;"
          + " `channels_per_step: null` beside `ratio` at a.yaml:4:16 drops the inherited key",
        "b.yaml:7:24: expect.compression.at_least: only one of `at_most` and `at_least` can be given;"
          + " `at_least: null` beside `at_most` at a.yaml:5:33 drops the inherited key",
      ]),
    Conflict(
      testDescription: "a key of the file beside an inherited one",
      files: [
        "a.yaml": "extends: b.yaml\nexpect: {compression: {at_least: 2}}\n",
        "b.yaml": experiment(["prune: {ratio: 0.4, interval: 1}", "expect: {compression: {at_most: 3}}"]),
      ],
      errors: [
        "a.yaml:2:24: expect.compression.at_least: only one of `at_most` and `at_least` can be given;"
          + " `at_most: null` beside `at_least` at a.yaml:2:34 drops the inherited key"
      ]),
    Conflict(
      testDescription: "a key that an inherited matrix sets cannot be dropped",
      files: [
        "a.yaml": "extends: b.yaml\nprune: {channels_per_step: 3}\n",
        "b.yaml": experiment(["prune: {interval: 1}", "matrix: {prune.ratio: [0.2, 0.4]}"]),
      ],
      errors: [
        "a.yaml:2:9: prune.channels_per_step: only one target is allowed, and `ratio` is already set"
      ]),
    Conflict(
      testDescription: "an inherited key beside one of a matrix cannot be dropped",
      files: [
        "a.yaml": "extends: b.yaml\nmatrix: {architecture.name: [resnet8]}\n",
        "b.yaml": experiment(["architecture: {name: resnet, depth: 14}"]),
      ],
      errors: ["b.yaml:4:30: architecture.depth: `resnet8` has the depth 8; leave the key out"]),
    Conflict(
      testDescription: "a missing target is reported at the null of the extending file",
      files: [
        "a.yaml": "extends: b.yaml\nprune: {flops_ratio: null}\n",
        "b.yaml": "extends: c.yaml\nprune: {ratio: null, flops_ratio: 0.5}\n",
        "c.yaml": experiment(["prune: {ratio: 0.4, interval: 1}"]),
      ],
      errors: [
        "a.yaml:2:22: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`,"
          + " found none"
      ]),
  ]

  @Test("say how to drop an inherited key that conflicts, where it can be", arguments: conflicts)
  func conflict(_ conflict: Conflict) throws {
    #expect(try TemporaryFolder(texts: conflict.files).errors("a.yaml") == conflict.errors)
  }

  @Test("cannot take away `prune` if an inherited matrix varies a key of it")
  func resetOfMatrix() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: b.yaml\nprune: null\n",
      "b.yaml": experiment([
        "prune: {ratio: 0.4, interval: 1}", "matrix: {prune.criterion: [l1_norm, taylor]}",
      ]),
      "c.yaml": "extends: b.yaml\nprune: null\nmatrix: null\n",
    ])
    #expect(
      folder.errors("a.yaml") == [
        "a.yaml:2:8: prune.criterion: varied by the matrix at b.yaml:7:10;"
          + " `matrix: {prune.criterion: null}` drops that, and `matrix: null` the matrix"
      ])
    #expect(try folder.load("c.yaml").prune == nil)
  }

  @Test("drop axes of an inherited matrix or of a merged mapping, also twice, and no others")
  func resetOfAxes() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: b.yaml\nmatrix: {train.epochs: null}\n",
      "b.yaml": "extends: c.yaml\nmatrix: {train.epochs: null}\n",
      "c.yaml": experiment(["matrix: {train.epochs: [4, 6], train.batch_size: [8, 16]}"]),
      "d.yaml": "extends: c.yaml\nmatrix: {train.epoch: null}\n",
      "e.yaml": experiment([
        "x-axes: &axes {train.epochs: [4, 6], seeds: [[1]]}", "matrix: {<<: *axes, train.epochs: null}",
      ]),
      "f.yaml": experiment([
        "x-none: &none {train.epochs: null}", "x-axes: &axes {train.epochs: [4, 6], seeds: [[1]]}",
        "matrix: {<<: [*none, *axes]}",
      ]),
    ])
    #expect(try folder.experiments("a.yaml").map(\.name) == ["t-batch_size8", "t-batch_size16"])
    for file in ["e.yaml", "f.yaml"] {
      #expect(try folder.experiments(file).map(\.name) == ["t-seeds1"])
    }
    #expect(
      folder.errors("d.yaml") == [
        "d.yaml:2:10: matrix.train.epoch: no such axis to drop; did you mean `train.epochs`?"
      ])
  }

  @Test("may reset other sections of which an inherited matrix varies a key, and `prune` if it only adds one")
  func resetUnderMatrix() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: b.yaml\ndataset: {augment: null}\n",
      "b.yaml": experiment([
        "dataset: {name: tiny, augment: {random_crop: {padding: 2}}}",
        "matrix: {dataset.augment.horizontal_flip: [true, false]}",
      ]),
      "c.yaml": "extends: d.yaml\nprune: null\n",
      "d.yaml": experiment([
        "prune: {ratio: 0.4, interval: 1}",
        "matrix: {train.epochs: [4, 6], include: [{train.epochs: 6, prune.samples: 9}]}",
      ]),
    ])
    let augments = try folder.experiments("a.yaml").map(\.dataset.augment)
    #expect(augments.map(\.horizontalFlip) == [true, false])
    #expect(augments.allSatisfy { $0.randomCropPadding == nil })
    #expect(try folder.experiments("c.yaml").map { $0.prune == nil } == [true, true])
  }

  @Test("show the chain when they extend themselves, by whatever name")
  func cycles() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: sub/b.yaml\n", "sub/b.yaml": "name: b\nextends: ../a.yaml\n",
      "self.yaml": "extends: self.yaml",
    ])
    #expect(
      folder.errors("a.yaml") == [
        "sub/b.yaml:2:10: extends: a file extends itself: a.yaml -> sub/b.yaml -> sub/../a.yaml"
      ])
    #expect(
      folder.errors("self.yaml") == ["self.yaml:1:10: extends: a file extends itself: self.yaml -> self.yaml"]
    )
  }

  @Test("may begin with a byte order mark, and keep anchors in keys of their own")
  func marksAndAnchors() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "\u{FEFF}x-two: &two [2]\nextends: b.yaml\nname: a\nseeds: *two\n",
      "b.yaml": "\u{FEFF}" + experiment(["x-batch: &batch {batch_size: 8}", "train: {epochs: 1}"])
        + "prune:\n",
      "c.yaml": "x-batch: &batch {batch_size: 8}\nextends: b.yaml\ntrain: {<<: *batch, x-epochs: 1}\n",
    ])
    #expect(try folder.load("a.yaml").seeds == [2])
    #expect(folder.errors("c.yaml") == ["c.yaml:3:21: train.x-epochs: unknown key; did you mean `epochs`?"])
  }

  @Test("are bounded in number")
  func longChain() throws {
    var files: [String: String] = [:]
    for index in 0..<40 { files["\(index).yaml"] = "extends: \(index + 1).yaml\n" }
    let folder = try TemporaryFolder(texts: files)
    #expect(folder.errors("0.yaml") == ["31.yaml:1:10: extends: more than 32 files extend one another"])
  }

  @Test("say where a missing or broken file is asked for")
  func missing() throws {
    let folder = try TemporaryFolder(texts: [
      "a.yaml": "extends: none.yaml\n", "b.yaml": "extends: [a.yaml]\n", "c.yaml": "extends: d.yaml\n",
      "d.yaml": "a: {\n", "e.yaml": "extends: ${UNSET}\n", "f.yaml": "extends: .\n",
      "g.yaml": "extends: a.yml\n", "h.yaml": "extends: $SHARED/a.yaml\n",
    ])
    #expect(folder.errors("a.yaml") == ["a.yaml:1:10: extends: `none.yaml` does not exist"])
    #expect(folder.errors("b.yaml") == ["b.yaml:1:10: extends: expected a path, found a list"])
    #expect(
      folder.errors("c.yaml") == [
        "d.yaml:2:1: not valid YAML: did not find expected node content while parsing a flow node"
      ])
    #expect(
      folder.errors("e.yaml") == [
        "e.yaml:1:10: extends: the environment variable `UNSET` is not set; set it or give a default:"
          + " `${UNSET:-default}`"
      ])
    #expect(folder.errors("f.yaml") == ["f.yaml:1:10: extends: `.` is a folder, not a file"])
    #expect(
      folder.errors("g.yaml") == [
        "g.yaml:1:10: extends: `a.yml` does not exist; did you mean `a.yaml`?"
      ])
    #expect(
      folder.errors("h.yaml") == [
        "h.yaml:1:10: extends: `$SHARED/a.yaml` does not exist; `$SHARED` is no variable; write `${SHARED}`,"
          + " or `$$` for a dollar sign"
      ])
  }
}

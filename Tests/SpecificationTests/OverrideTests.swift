import Testing

@testable import Specification

@Suite("Overrides")
struct OverrideTests {
  @Test("change single keys, and later ones win")
  func change() throws {
    let spec = try load(
      experiment(),
      overrides: ["train.epochs=20", "seeds=[4, 5]", "train.optimizer.learning_rate=5e-2", "train.epochs=30"])
    #expect(spec.train.epochs == 30)
    #expect(spec.train.batchSize == 20)
    #expect(spec.train.optimizer.learningRate == 0.05)
    #expect(spec.seeds == [4, 5])
  }

  @Test("merge mappings and take keys back")
  func merge() throws {
    let text = experiment(["prune: {ratio: 0.5, interval: 2}"])
    let spec = try load(text, overrides: ["prune={channels_per_step: 3, ratio: null}"])
    #expect(spec.prune?.target == .channelsPerStep(3))
    #expect(spec.prune?.interval == 2)
    #expect(try load(text, overrides: ["prune="]).prune == nil)
    let alias = "prune=interval: 3\nratio: &r 0.4\nmaximum_layer_ratio: *r"
    #expect(try load(text, overrides: [alias]).prune?.maximumLayerRatio == 0.4)
  }

  @Test("leave errors about what is missing where they are")
  func missingKeys() {
    for override in ["train.epochs=3", "prune=null"] {
      #expect(
        errors(experiment().replacing("name: t\n", with: ""), overrides: [override]) == [
          "t.yaml:1:1: name: required key is missing; expected a name of at most 128 lower-case letters, digits,"
            + " `.`, `_` and `-`"
        ])
    }
    #expect(
      errors(experiment(["train: {}"]), overrides: ["train.batch_size=8"]) == [
        "t.yaml:5:1: train.epochs: required key is missing; expected a whole number from 1 to 1000000"
      ])
  }

  @Test("say how to drop a key of the file that does not go with them")
  func conflicts() {
    #expect(
      errors(
        experiment(["train: {epochs: 9, schedule: {name: step, milestones: [2]}}"]),
        overrides: ["train.schedule.name=cosine"]) == [
          "t.yaml:5:43: train.schedule.milestones: belongs to the schedule `step`, not to `cosine`;"
            + " `--set train.schedule.milestones=null` drops the inherited key"
        ])
  }

  @Test("set no parameter of declared layers that neither the file nor a layer has")
  func parameters() {
    let text = experiment(["architecture: {parameters: {width: 4}, layers: [{conv: width}, {conv: deep}]}"])
    let deep = "architecture.parameters.deep=3"
    #expect(errors(text, overrides: [deep, "architecture.parameters.width=8"]) == [])
    #expect(
      errors(text, overrides: [deep, "architecture.parameters.ww=4"]) == [
        "--set architecture.parameters.ww=4:1:25: architecture.parameters.ww: unknown key; no layer reads it"
      ])
  }

  @Test(
    "take a text as it is, with every `#`",
    arguments: ["run #3", "#2", "a=b 100%", "a # b # c", "x#y", "# "])
  func numberSigns(text: String) throws {
    let spec = try load(experiment(), overrides: ["description=\(text)", "dataset.path= \(text) "])
    #expect(spec.description == (text == "# " ? "#" : text))
    #expect(spec.dataset.path == spec.description)
  }

  @Test(
    "point at the argument",
    arguments: [
      ("train.epochs=ten", "1:14: train.epochs: expected a whole number from 1 to 1000000, found `ten`"),
      ("train.epoch=3", "1:7: train.epoch: unknown key; did you mean `epochs`?"),
      ("optimizer.momentum=3", "1:1: optimizer: unknown key; did you mean `train.optimizer`?"),
      (
        "x-a=1",
        "1:1: x-a: unknown key; known: format, name, description, extends, seeds, dataset, architecture, train,"
          + " prune, evaluate, export, expect, matrix"
      ),
      ("train.epochs.x=3", "1:14: train.epochs: expected a whole number from 1 to 1000000, found a mapping"),
      ("train.epochs", "1:1: expected `path=value`"),
      ("=3", "1:1: expected a path such as `train.epochs` before `=`"),
      ("train..epochs=3", "1:1: expected a path such as `train.epochs` before `=`"),
      ("extends=a.yaml", "1:1: extends: can be written only in a file"),
      ("matrix=3", "1:8: matrix: expected a mapping of paths to lists of values, found `3`"),
      ("seeds=[1, 1]", "1:11: seeds[1]: `1` appears twice"),
      (
        "seeds=[1",
        "1:9: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence that starts in line 1"
      ),
      (
        "train.epochs=3 # three",
        "1:14: train.epochs: expected a whole number from 1 to 1000000, found `3 # three`"
      ),
      ("seeds=[1, 2] # two", "1:14: `# two` after the value; leave it out"),
      ("description=\"a\" #b", "1:17: `#b` after the value; leave it out"),
      ("prune=ratio: 0.5 # x", "1:18: `# x` after the value; leave it out"),
      ("train=epochs: # x", "1:15: `# x` after the value; leave it out"),
      ("seeds=- 1 # x", "1:11: `# x` after the value; leave it out"),
      ("train={epochs: 1, epochs: 2}", "1:19: epochs: duplicate key; the first is in line 1"),
    ])
  func places(argument: String, error: String) {
    #expect(errors(experiment(), overrides: [argument]) == ["--set \(argument):\(error)"])
  }
}

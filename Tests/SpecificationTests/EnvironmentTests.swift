import Testing

@testable import Specification

@Suite("Environment variables in paths")
struct EnvironmentTests {
  @Test(
    "are expanded",
    arguments: [
      ("a/${X}/b", "a/1/b"), ("${X}${Y:-z}", "1z"), ("${X:-z}", "1"), ("${EMPTY:-z}", "z"),
      ("${EMPTY}e", "e"),
      ("$X", "$X"), ("$$", "$"), ("$${X}", "${X}"), ("${Y:-}q", "q"), ("5$", "5$"),
      ("${Y:-a b:-c}", "a b:-c"),
    ])
  func expansion(text: String, result: String) throws {
    #expect(try expanded(text, environment: ["X": "1", "EMPTY": ""]) == result)
  }

  @Test(
    "are refused when malformed",
    arguments: ["${}", "${1X}", "${X", "${X-y}", "${X:y}", "${Y:-${X}}", "${ü}"])
  func malformed(text: String) {
    #expect(throws: ExpansionProblem.self) { try expanded(text, environment: ["X": "1"]) }
  }

  @Test("are not expanded in other texts")
  func otherTexts() throws {
    #expect(try load(experiment(["description: ${X}"])).description == "${X}")
  }

  @Test(
    "give the home folder for a tilde before the first slash",
    arguments: [
      ("~/a", "/h/a"), ("~", "/h"), ("${X}/a", "/h/a"), ("~a/b", "~a/b"), ("./~/a", "./~/a"),
      ("a~/b", "a~/b"),
    ])
  func home(text: String, result: String) throws {
    #expect(try expanded(text, environment: ["HOME": "/h", "X": "~"]) == result)
    let file = experiment(["dataset: {name: tiny, path: \"\(text)\"}"])
    let environment = ["HOME": "/h", "X": "~"]
    let spec = try load(file, environment: environment)
    #expect(spec.dataset.path == result)
    #expect(try load(yaml(spec), environment: environment) == spec)
  }

  @Test("stay as they are written in the resolved experiment, which says nothing of this machine")
  func written() throws {
    let file = experiment([
      "dataset: {name: tiny, path: \"${SECRET}/images\"}",
      "architecture: {name: resnet8, weights: \"~/start.safetensors\"}",
    ])
    let spec = try load(file, environment: ["HOME": "/home/me", "SECRET": "/private"])
    #expect(spec.dataset.path == "/private/images")
    #expect(spec.architecture.weights == "/home/me/start.safetensors")
    let text = yaml(spec)
    #expect(text.contains("${SECRET}/images") && text.contains("~/start.safetensors"), "\(text)")
    #expect(!text.contains("private") && !text.contains("/home/me"), "\(text)")
  }

  @Test("stay as they are written where an ONNX file is the network and its weights")
  func writtenONNX() throws {
    let environment = ["HOME": "/home/me", "SECRET": "/private"]
    for (own, weights) in [("", "/private/a.onnx"), (", weights: ~/b.onnx", "/home/me/b.onnx")] {
      let file = experiment(["architecture: {onnx: \"${SECRET}/a.onnx\"\(own)}"])
      let spec = try load(file, environment: environment)
      #expect(spec.architecture.onnx == "/private/a.onnx")
      #expect(spec.architecture.weights == weights)
      let text = yaml(spec)
      #expect(text.contains("onnx: \"${SECRET}/a.onnx\""), "\(text)")
      #expect(!text.contains("private") && !text.contains("/home/me"), "\(text)")
      #expect(try load(text, environment: environment) == spec)
    }
  }

  @Test("cannot give a home folder that is not known", arguments: [[:], ["HOME": ""], ["HOME": "~/a"]])
  func noHome(environment: [String: String]) {
    #expect(
      errors(experiment(["dataset: {name: tiny, path: ~/a}"]), environment: environment) == [
        "t.yaml:3:29: dataset.path: `~` is the home folder, and the environment variable `HOME` names none"
      ])
  }

  @Test("are expanded in the data set's default path")
  func defaultPath() throws {
    let text = experiment(["dataset: {name: cifar10}"])
    #expect(try load(text).dataset.path == "data/cifar-10-batches-bin")
    #expect(try load(text, environment: ["DATA": "/d"]).dataset.path == "/d/cifar-10-batches-bin")
  }

  @Test("lead to a data set, or to the path of a system package if the default path does not exist")
  func packagePath() throws {
    var catalog = Catalog.test
    let index = try #require(catalog.datasets.firstIndex { $0.name == "cifar10" })
    (catalog.datasets[index].defaultPath, catalog.datasets[index].packagePath) = ("${DATA:-data}", "/package")
    let text = experiment(["dataset: {name: cifar10}"])
    for (environment, path, written) in [
      (["DATA": "/"], "/", "${DATA:-data}"), (["DATA": "/none"], "/package", "/package"),
      ([:], "/package", "/package"),
    ] {
      let spec = try ExperimentFile.load(
        text: text, file: "t.yaml", catalog: catalog, environment: environment)
      #expect(spec.dataset.path == path)
      #expect(yaml(spec).contains(written))
      #expect(catalog.datasets[index].defaultPath(in: environment) == path)
    }
  }

  @Test("with names that only begin as that of the file's folder stay as they are written")
  func longerName() throws {
    let spec = try load(
      experiment(["dataset: {name: cifar10, path: \"${EXPERIMENT_FOLDERS}/x\"}"]),
      environment: ["EXPERIMENT_FOLDERS": "/private"])
    #expect(spec.dataset.path == "/private/x")
    #expect(spec.dataset.unexpandedPath == "${EXPERIMENT_FOLDERS}/x")
  }

  @Test("name the folder of their file, and are expanded in the resolved experiment")
  func experimentFolder() throws {
    let text = experiment([
      "architecture: {name: resnet8, weights: \"${EXPERIMENT_FOLDER}/model.safetensors\"}"
    ])
    for (file, path) in [
      ("a/b/t.yaml", "a/b/model.safetensors"), ("t.yaml", "./model.safetensors"),
      ("/a/$b/t.yaml", "/a/$b/model.safetensors"),
    ] {
      let spec = try ExperimentFile.load(text: text, file: file, catalog: .test)
      #expect(spec.architecture.weights == path)
      #expect(try load(yaml(spec)) == spec)
    }
    let problems = errors(
      experiment(), overrides: ["architecture.weights=${EXPERIMENT_FOLDER}/model.safetensors"])
    #expect(problems.count == 1 && problems[0].contains("`EXPERIMENT_FOLDER` is not set"), "\(problems)")
  }
}

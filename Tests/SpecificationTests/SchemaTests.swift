import Foundation
import JSONSchemaChecking
import TestSupport
import Testing

@testable import Specification

@Suite("The JSON Schema")
struct SchemaTests {
  private let schema: JSONSchema

  init() throws { schema = try JSONSchema(experimentSchema(.test)) }

  @Test("knows every key that files are read with, and no other")
  func keys() throws {
    func paths(_ keys: [Key], _ schema: JSONSchema, _ path: String) -> [String] {
      let names = Set(keys.map(\.name))
      #expect(names == schema.propertyNames, "\(path)")
      return keys.flatMap { key in
        [keyPath(path, key.name)]
          + (key.keys.isEmpty ? [] : paths(key.keys, schema.property(key.name), keyPath(path, key.name)))
      }
    }
    let all = paths(ExperimentSection(.test).keys, schema, "")
    #expect(all.count > 60)
    #expect(
      Set(all).isSuperset(of: ["prune.relevance.alpha", "train.schedule.milestones", "expect.top1.paper"]))
  }

  @Test("describes every key")
  func descriptions() {
    func check(_ keys: [Key]) {
      for key in keys {
        #expect(key.summary.hasSuffix("."), "\(key.name)")
        check(key.keys)
      }
    }
    check(ExperimentSection(.test).keys)
  }

  /// Changes of a document in which no rule spans several keys, so that schema and reader have to
  /// agree.
  private static let changes: [String] = [
    "{}", #"{"seeds": [1, 2]}"#, #"{"seeds": []}"#, #"{"seeds": [1, 1]}"#, #"{"seeds": [-1]}"#,
    #"{"seeds": 1}"#,
    #"{"format": 2}"#, #"{"format": null}"#, #"{"name": "A"}"#, #"{"name": ".."}"#, #"{"name": "a.b"}"#,
    #"{"nam": "a"}"#, #"{"name": 1.5}"#,
    #"{"description": []}"#, #"{"train": null}"#, #"{"train": {"epochs": null}}"#,
    #"{"train": {"epochs": 0}}"#, #"{"train": {"epochs": 1.5}}"#,
    #"{"train": {"epochs": "1"}}"#, #"{"train": {"epochs": 9, "label_smoothing": 1}}"#,
    #"{"train": {"epochs": 9, "label_smoothing": 0}}"#, #"{"train": {"epochs": 9, "batch_size": null}}"#,
    #"{"train": {"epochs": 9, "precision": "bfloat16"}}"#, #"{"train": {"epochs": 9, "precision": "bf16"}}"#,
    #"{"train": {"epochs": 9, "precision": null}}"#, #"{"evaluate": {"precision": "float32"}}"#,
    #"{"evaluate": {"precision": 16}}"#,
    #"{"train": {"epochs": 9, "optimizer": {"learning_rate": 0}}}"#,
    #"{"train": {"epochs": 9, "optimizer": {"nesterov": true}}}"#,
    #"{"train": {"epochs": 9, "optimizer": {"nesterov": 3}}}"#,
    #"{"train": {"epochs": 9, "optimizer": null}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "cosine"}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "linear"}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "cosine", "gamma": 0.1}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "cosine", "gamma": null}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "constant", "milestones": null, "gamma": null}}}"#,
    #"{"train": {"epochs": 9, "schedule": null}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "step"}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"warmup_epochs": 2}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": "step", "milestones": [3]}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"gamma": 0.1}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": null}}}"#,
    #"{"train": {"epochs": 9, "schedule": {"name": null, "gamma": 0.1}}}"#,
    #"{"name": 2024}"#, #"{"description": 2024}"#, #"{"dataset": {"name": "cifar10", "path": 7}}"#,
    #"{"dataset": {"name": "cifar"}}"#, #"{"dataset": {"name": "cifar10", "normalize": {"std": [0, 1, 1]}}}"#,
    #"{"dataset": {"name": "cifar10", "augment": {"random_crop": {}}}}"#,
    #"{"dataset": {"name": "cifar10", "augment": {"random_crop": null}}}"#,
    #"{"dataset": {"name": "cifar10", "augment": {"random_crop": {"padding": 4}}}}"#,
    #"{"dataset": {"name": null}}"#,
    #"{"architecture": {"name": null}}"#, #"{"architecture": {"name": null, "depth": 14}}"#,
    #"{"architecture": {"name": "resnet8", "onnx": "a.onnx"}}"#,
    #"{"architecture": {"name": null, "layers": [{"conv": 4}]}}"#,
    #"{"architecture": {"name": null, "layers": [{"name": 0, "conv": 4}, {"conv": 4, "from": 0, "when": null}, {"add": [0, "conv1"], "name": null}]}}"#,
    #"{"architecture": {"name": null, "layers": [{"name": "a"}]}}"#,
    #"{"architecture": {"name": null, "layers": [{"dropout": 1}]}}"#,
    #"{"architecture": {"name": null, "layers": [{"dropout": 0.9999}]}}"#,
    #"{"architecture": {"name": null, "blocks": {"b": {"parameters": {"kernel": 9, "keep": 2}, "layers": [{"conv": "kernel * keep"}]}}, "layers": [{"block": "b", "kernel": 9, "keep": 3}]}}"#,
    #"{"architecture": {"name": null, "parameters": {"width": 4}, "layers": [{"conv": "width"}]}, "matrix": {"architecture.parameters.width": [8, 16]}}"#,
    #"{"architecture": {"name": null, "parameters": {"width": 4}, "layers": [{"conv": "width"}]}, "matrix": {"architecture.parameters.width": []}}"#,
    #"{"architecture": {"name": null, "parameters": {"width": 4}, "layers": [{"conv": "width"}]}, "matrix": {"architecture.parameters.width": 8}}"#,
    #"{"architecture": {"name": "resnet", "depth": 14, "block": "basic"}}"#,
    #"{"architecture": {"name": "resnet", "depth": 14, "block": "x"}}"#,
    #"{"architecture": {"name": "resnet8", "input": [3, 32]}}"#,
    #"{"architecture": {"name": "resnet8", "width": 65}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2}}"#, #"{"prune": {"ratio": 1, "interval": 2}}"#,

    #"{"prune": {"interval": 2}}"#, #"{"prune": {"ratio": 0.5, "flops_ratio": 0.5, "interval": 2}}"#,
    #"{"prune": null}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "samples": "all"}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "samples": "no"}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "samples": 7}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "relevance": {"alpha": 0}}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "relevance": {"beta": 0}}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "taylor": {}}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "exclude": [0]}}"#,
    #"{"prune": {"ratio": 0.5, "interval": 2, "exclude": [[0]]}}"#,
    #"{"evaluate": {"latency": "none"}}"#, #"{"evaluate": {"latency": "some"}}"#,
    #"{"evaluate": {"latency": {"batch_sizes": [1]}}}"#,
    #"{"evaluate": {"latency": {}}}"#, #"{"evaluate": {"metrics": ["top1", "top5"]}}"#,
    #"{"evaluate": {"metrics": ["top2"]}}"#,
    #"{"export": {"formats": ["onxn"]}}"#, #"{"export": {"formats": ["safetensors"]}}"#, #"{"matrix": {}}"#,
    #"{"matrix": {"train.epochs": [1, 2]}}"#, #"{"matrix": {"train.epochs": []}}"#,
    #"{"matrix": {"train.epochs": [1, "x"]}}"#, #"{"matrix": {"train.epochs": [1, 1]}}"#,
    #"{"matrix": {"train.epoch": [1]}}"#, #"{"matrix": {"name": ["a"]}}"#, #"{"matrix": 3}"#,
    #"{"matrix": null}"#, #"{"train": {"x-common": 1}}"#,
    #"{"matrix": {"prune": [null, {"ratio": 0.5, "interval": 2}]}}"#,
    #"{"matrix": {"train.epochs": [1, 2], "exclude": [{"train.epochs": 1}]}}"#,
    #"{"matrix": {"include": [{"train.epochs": 1}]}}"#, #"{"matrix": {"include": {"train.epochs": 1}}}"#,
    #"{"expect": {"top1": {"at_least": 90}}}"#, #"{"expect": {"top1": {"paper": 90}}}"#,
    #"{"expect": {"top1": {"at_least": 101}}}"#,
    #"{"expect": {"top1": {"at_least": 1, "at_most": 2}}}"#, #"{"expect": {"top2": {"at_least": 1}}}"#,
  ]

  @Test("accepts what the reader accepts, and refuses what it refuses", arguments: changes)
  func agreement(change: String) throws {
    let base = """
      {"format": 1, "name": "t", "dataset": {"name": "cifar10"}, "architecture": {"name": "resnet8"},
      "train": {"epochs": 10}}
      """
    let changes = try #require(parsed(change))
    let value = try #require(parsed(base)).merged(under: changes)
    let context = ReadingContext(catalog: .test, environment: [:])
    let found = try? MatrixExpansion(section: ExperimentSection(.test), overrides: [], context: context)
      .experiments(value)
    let loads = found?.isEmpty == false
    #expect(loads == context.diagnostics.isEmpty, "\(context.diagnostics)")
    #expect(schema.accepts(JSON(value)) == loads, "\(context.diagnostics)")
  }

  @Test("accepts a part of an experiment that extends another")
  func extends() throws {
    let part = #"{"extends": "a", "prune": {"until": 3}, "train": {"schedule": {"gamma": 0.5}}}"#
    #expect(parsed(part).map { schema.accepts(JSON($0)) } == true)
    #expect(parsed(#"{"extends": "a", "prune": {"untl": 3}}"#).map { schema.accepts(JSON($0)) } == false)
    #expect(parsed(#"{"extends": "a", "x-own": [1]}"#).map { schema.accepts(JSON($0)) } == true)
    #expect(parsed(#"{"prune": {"until": 3}}"#).map { schema.accepts(JSON($0)) } == false)
  }

  @Test("accepts the project's own experiments")
  func committed() throws {
    let schema = try JSONSchema(Repository.text("schemas/experiment.schema.json"))
    let folder = Repository.url.appending(path: "experiments")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("common/") }
    #expect(names.count > 10)
    for name in names {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let document = try yamlDocument(text, file: name)
      if document["suite"] != nil { continue }
      #expect(schema.problems(document) == [], "\(name)")
    }
  }

  @Test("shows defaults")
  func defaults() {
    let train = schema.property("train")
    #expect(train.property("batch_size").rules["default"] == .integer(128))
    #expect(train.property("optimizer").property("weight_decay").rules["default"] == .number(0.0005))
  }
}

/// The value of a JSON text.
func parsed(_ text: String) -> Node? {
  (try? YAMLReader.read(Array(text.utf8), file: "text"))?.root
}

import Compute
import Datasets
import Foundation
import Network
import Specification
import TensorFiles
import Testing

@testable import Experiments

@Suite("Predictions")
struct PredictionTests {
  private let engine: Engine
  private let folder: TemporaryFolder

  init() throws {
    engine = try Engine(threads: 2)
    folder = try TemporaryFolder()
  }

  /// A tensor file of one-channel images.
  private func file(_ images: [Float]) throws -> String {
    let path = folder.path + "/images.safetensors"
    let tensor = Tensor(shape: [images.count / 64, 1, 8, 8], values: images)
    try TensorFile(tensors: ["images": tensor]).write(to: path)
    return path
  }

  @Test("are the most probable classes by a trained model's logits, with the names in its file")
  func trained() throws {
    let spec = try digits(["train.epochs=1", "prune=null", "expect=null"])
    try run(spec, in: folder.path)
    let model = folder.path + "/digits/seed-0/baseline/model.safetensors"
    let images = try BatchPlan(
      set: spec.loadData(threads: 1).test, order: Array(0..<5), batchSize: 5, augment: nil,
      normalize: spec.dataset.normalize, seed: 0, epoch: 0
    ).batch(0).images
    let prediction = try Prediction(
      spec, weights: model, images: .tensors(file(images.dense())), top: 2, engine: engine)
    let logits = try spec.network(weights: model, engine: engine).evaluate(images)
    #expect(prediction.logits == logits)
    #expect(prediction.rows.map(\.image) == ["0", "1", "2", "3", "4"])
    for (image, row) in prediction.rows.enumerated() {
      let powers = logits.values[image * 10..<(image + 1) * 10].map { exp(Double($0)) }
      let order = powers.indices.sorted { powers[$0] > powers[$1] }
      #expect(row.classes.map(\.label) == Array(order.prefix(2)))
      #expect(row.classes.compactMap(\.name) == order.prefix(2).map { "\($0)" })
      for found in row.classes {
        #expect(abs(found.probability - powers[found.label] / powers.reduce(0, +)) < 1e-9)
      }
    }
    let written = folder.path + "/logits.safetensors"
    try prediction.writeLogits(to: written)
    #expect(try TensorFile(contentsOf: written).tensors == ["logits": logits])
  }

  /// Probabilities of 4, 2, 2 and seven times 1 of 15.
  private static let biases: [Float] = [1, 2, 4, 1, 1, 2, 1, 1, 1, 1].map { log($0) }

  /// Predictions of black images by a model of known probabilities.
  private func prediction(images: Int = 1, top: Int, names: [String]) throws -> Prediction {
    let (spec, model) = (try digits(), folder.path + "/model.safetensors")
    let list = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
    try writeModel(
      of: spec, biases: Self.biases, metadata: ["espalier.classes": list], to: model, engine: engine)
    let images = try file([Float](repeating: 0, count: 64 * images))
    return try Prediction(spec, weights: model, images: .tensors(images), top: top, engine: engine)
  }

  private static let names = [
    "zero", "one", "two, or \"2\"", "three", "four", "five", "six", "seven", "eight", "nine",
  ]

  @Test("have the lower class first of those that are equally probable")
  func ties() throws {
    let classes = try #require(prediction(top: 20, names: Self.names).rows.first).classes
    #expect(classes.map(\.label) == [2, 1, 5, 0, 3, 4, 6, 7, 8, 9])
    for (found, parts) in zip(classes, [4, 2, 2, 1, 1, 1, 1, 1, 1, 1]) {
      #expect(abs(found.probability - Double(parts) / 15) < 1e-6)
    }
  }

  @Test("are written for people as a paragraph an image")
  func text() throws {
    let text = try prediction(images: 2, top: 4, names: Self.names).text()
    let classes = [
      "   26.7 %  two, or \"2\"", "   13.3 %  one", "   13.3 %  five", "    6.7 %  zero",
    ]
    #expect(text.split(separator: "\n").map(String.init) == ["0"] + classes + ["1"] + classes)
  }

  @Test("are written as CSV with a row for each class of an image")
  func csv() throws {
    let csv = try prediction(images: 2, top: 2, names: Self.names).csv()
    #expect(csv.hasSuffix("\n") && !csv.hasSuffix("\n\n"))
    let lines = csv.split(separator: "\n")
    #expect(lines.first == "image,rank,label,name,probability")
    let starts = [#"0,1,2,"two, or ""2""","#, "0,2,1,one,", #"1,1,2,"two, or ""2""","#, "1,2,1,one,"]
    #expect(lines.count == 1 + starts.count)
    for (line, (start, parts)) in zip(lines.dropFirst(), zip(starts, [4.0, 2, 4, 2])) {
      #expect(line.hasPrefix(start), "\(line)")
      let probability = try #require(Double(line.dropFirst(start.count)), "\(line)")
      #expect(abs(probability - parts / 15) < 1e-6)
    }
  }

  @Test("are written as JSON by image")
  func json() throws {
    let text = try prediction(images: 2, top: 3, names: Self.names).json()
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(Array(object.keys) == ["images"])
    let images = try #require(object["images"] as? [[String: Any]])
    #expect(images.compactMap { $0["image"] as? String } == ["0", "1"])
    for image in images {
      #expect(Set(image.keys) == ["image", "classes"])
      let classes = try #require(image["classes"] as? [[String: Any]])
      #expect(classes.allSatisfy { Set($0.keys) == ["label", "name", "probability"] })
      #expect(classes.compactMap { $0["label"] as? Int } == [2, 1, 5])
      #expect(classes.compactMap { $0["name"] as? String } == ["two, or \"2\"", "one", "five"])
      let probability = try #require(classes.first?["probability"] as? Double)
      #expect(abs(probability - 4.0 / 15) < 1e-6)
    }
  }

  @Test("go without names where the file's are not one a class, for more images than a batch has")
  func withoutNames() throws {
    let prediction = try prediction(images: 130, top: 1, names: Array(Self.names.dropLast()))
    #expect(prediction.rows.map(\.image) == (0..<130).map(String.init))
    #expect(prediction.logits.shape == [130, 10])
    #expect(prediction.logits.values == (0..<130).flatMap { _ in Self.biases })
    #expect(prediction.text().hasPrefix("0\n   26.7 %  class 2\n1\n"))
    #expect(prediction.csv().split(separator: "\n").last?.hasPrefix("129,1,2,,0.26") == true)
    #expect(!prediction.json().contains("\"name\""))
  }
}

import Architectures
import Compute
import Specification
import TensorFiles
import Testing

@testable import Network

@Suite("Models from elsewhere")
struct ModelFileTests {
  private func network(width: Double = 0.5, classes: Int = 4) throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: width, input: [1, 8, 8], classes: classes)
    return try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
  }

  private func problem(_ file: TensorFile, _ network: Network) -> String? {
    do throws(ModelFileError) {
      try network.load(model: file, from: "w")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("load under the names that a wrapper gave them, counters and all")
  func wrappers() throws {
    let model = try network()
    var file = TensorFile(
      tensors: Dictionary(uniqueKeysWithValues: model.tensors.map { ("module." + $0.key, $0.value) }))
    file.integers["module.bn1.num_batches_tracked"] = [12]
    let other = try network()
    #expect(problem(file, other) == nil)
    #expect(other.tensors == model.tensors)
  }

  @Test("with another number of classes say so, and what takes them")
  func classes() throws {
    let file = try network(classes: 10).tensorFile()
    #expect(
      problem(file, try network())
        == "w: its classifier has 10 classes, the network 4; `architecture.classes: 10` takes it, "
        + "`architecture.new_head: true` trains a new one")
    #expect(
      problem(try network(classes: 3).tensorFile(), try network())
        == "w: its classifier has 3 classes, the network 4; `architecture.new_head: true` trains a new one")
    #expect(
      problem(try network(width: 1, classes: 10).tensorFile(), try network())
        == "w: tensor bn1.bias has shape [16], expected [8]")
  }

  @Test("of other classes load with a new classifier, also one that reads pruned units")
  func newHead() throws {
    func network(classes: Int) throws -> Network {
      let spec = ArchitectureSpec(
        name: "vgg11", depth: 11, block: .plain, width: 0.05, input: [3, 32, 32], classes: classes)
      return try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
    }
    let model = try network(classes: 4)
    let hidden = try #require(model.channelGroups.first { $0.kind == .hiddenUnits })
    model.remove(channels: [hidden.name: [0, 2]])
    let file = model.tensorFile()
    let other = try network(classes: 6)
    try other.structure.check(TensorHeader(file), from: "w", newHead: true)
    try other.load(model: file, from: "w", newHead: true)
    #expect(other.tensors["classifier.3.weight"]?.shape == [6, hidden.originalCount - 2])
    #expect(other.tensors["classifier.0.weight"] == model.tensors["classifier.0.weight"])
  }

  @Test(
    "load with all of a new classifier: its batch norm, and both layers of a sum",
    arguments: ["convolution", "linear", "sum"], [4, 10])
  func wholeHead(_ head: String, _ classes: Int) throws {
    let (model, other) = (try network(head, classes: classes), try network(head, classes: 4))
    for parameter in model.parameters { parameter.value.values = parameter.value.values.map { $0 + 1 } }
    let (file, before) = (model.tensorFile(), other.tensors)
    try other.structure.check(TensorHeader(file), from: "w", newHead: true)
    try other.load(model: file, from: "w", newHead: true)
    for (name, tensor) in other.tensors {
      #expect(tensor == (name.hasPrefix("head") ? before : model.tensors)[name], "\(name)")
    }
  }

  /// A stem, and a classifier whose layers are called `head...`.
  private func network(_ head: String, classes: Int) throws -> Network {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 4, columns: 4))
    let stem = try builder.convolution(
      Convolution(outputs: 6, kernel: 3), of: .image, layer: "stem", norm: "stem.norm")
    if head == "convolution" {
      let value = try builder.convolution(
        Convolution(outputs: classes, kernel: 1), of: stem, layer: "head", norm: "head.norm")
      _ = try builder.add(GlobalAveragePooling(), [value], layer: "mean")
    } else {
      let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "mean")
      let linear = try builder.add(Linear(outputs: classes), [mean], layer: "head")
      if head == "linear" {
        _ = try builder.add(BatchNormalization(), [linear], layer: "head", tensors: "head.norm")
      } else {
        let second = try builder.add(Linear(outputs: classes), [mean], layer: "head2")
        _ = try builder.add(Add(operands: 2, shortcut: 0), [linear, second], layer: "sum")
      }
    }
    return Network(try builder.graph(), seed: 1, engine: try Engine(threads: 1))
  }

  @Test("that are pruned and have lost their metadata say so")
  func lostMetadata() throws {
    let pruned = try network()
    pruned.remove(channels: ["layer1.0.conv1": [0, 3]])
    var file = pruned.tensorFile()
    #expect(problem(file, try network()) == nil)
    file.metadata = [:]
    #expect(
      problem(file, try network())
        == "w: tensor layer1.0.bn1.bias has shape [6], expected [8]: a pruned model whose metadata, espalier.kept.*, was"
        + " lost when another program wrote it, or a model of another `architecture.width`; use the file that"
        + " `espalier run` wrote")
  }

  @Test("name a tensor of an integer type, the type and the supported types", arguments: ["", "module."])
  func integers(prefix: String) throws {
    let expected = "w: tensor fc.bias has the integer type %; expected F32, F16, BF16 or F64"
    for (type, bytes) in [("I64", 8), ("I32", 4), ("U8", 1)] {
      let model = try network()
      var file = model.tensorFile().renamed(model.tensors.reduce(into: [:]) { $0[$1.key] = prefix + $1.key })
      file.tensors[prefix + "fc.bias"] = nil
      // Tensors that were read from a file keep the type in the file.
      let header = #"{"\#(prefix)fc.bias":{"dtype":"\#(type)","shape":[4],"data_offsets":[0,\#(4 * bytes)]}}"#
      let length = [UInt8(header.utf8.count)] + [UInt8](repeating: 0, count: 7)
      let part = try TensorFile(
        bytes: length + Array(header.utf8) + [UInt8](repeating: 1, count: 4 * bytes), file: "w")
      let whole = part.adding(file)
      #expect(problem(whole, try network()) == expected.replacing("%", with: type))
      #expect(
        throws: ModelFileError.integers(file: "w", tensor: "fc.bias", type: type), "by the header alone"
      ) { try model.structure.check(TensorHeader(whole), from: "w") }
    }
  }

  @Test("report a wrapper's prefix that only some names have")
  func partlyWrapped() throws {
    let model = try network()
    let file = model.tensorFile().renamed(["conv1.weight": "module.conv1.weight"])
    #expect(
      problem(file, try network())
        == "w: tensor conv1.weight is missing, but module.conv1.weight exists; the prefix `module.` is removed only"
        + " if all tensors have it")
  }

  @Test("with a negative variance are refused, except for one that the epsilon makes positive")
  func variances() throws {
    var file = try network().tensorFile()
    file.tensors["bn1.running_var"]?.values[2] = -0.5
    #expect(
      problem(file, try network())
        == "w: tensor bn1.running_var has the value -0.5; variances must not be negative")
    file.tensors["bn1.running_var"]?.values[2] = -9e-6
    #expect(problem(file, try network()) == nil)
  }

  @Test("with values that are not finite are refused", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) throws {
    var file = try network().tensorFile()
    file.tensors["fc.bias"]?.values[2] = value
    #expect(
      problem(file, try network())
        == "w: tensor fc.bias has values that are not finite, as after a training that diverged")
  }
}

extension TensorFile {
  /// The file with the floating-point tensors of another one added.
  fileprivate func adding(_ other: TensorFile) -> TensorFile {
    var file = self
    file.tensors.merge(other.tensors) { $1 }
    return file
  }
}

import Compute
import Foundation
import Network
import TestSupport
import Testing

@testable import ONNX

@Suite("Networks of operators that only others write")
struct OperatorTests {
  private let kernel = Tensor(shape: [3, 2, 3, 3], repeating: 0.1)
  private let matrix = Tensor(shape: [3, 3], values: (0..<9).map(Float.init))

  /// A file of these nodes, whose constants are floats or whole numbers by name.
  private func file(
    _ nodes: [Onnx_NodeProto], image: [Int?] = [nil, 2, 4, 4], output: String = "y",
    floats: [String: Tensor] = [:], integers: [String: [Int]] = [:]
  ) throws -> [UInt8] {
    let model = Onnx_ModelProto.with {
      $0.irVersion = 8
      $0.opsetImport = [.with { $0.version = 18 }]
      $0.graph.node = nodes
      $0.graph.input = [Onnx_ValueInfoProto(name: "x", shape: image)]
      $0.graph.output = [Onnx_ValueInfoProto(name: output, shape: [nil, 3])]
      $0.graph.initializer =
        floats.map { Onnx_TensorProto($1, name: $0) }
        + integers.map { name, values in
          .with {
            $0.name = name
            $0.dataType = 7
            $0.dims = [Int64(values.count)]
            $0.int64Data = values.map(Int64.init)
          }
        }
    }
    return try model.serializedBytes()
  }

  private func node(
    _ type: String, _ inputs: [String], _ output: String, _ attributes: [Onnx_AttributeProto] = []
  ) -> Onnx_NodeProto {
    .with {
      $0.opType = type
      $0.input = inputs
      $0.output = [output]
      $0.name = "/n/\(type)"
      $0.attribute = attributes
    }
  }

  private func text(_ name: String, _ value: String) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.s = Data(value.utf8)
      $0.type = 3
    }
  }

  private func read(_ bytes: [UInt8], pixels: Int = 4) throws -> ONNXNetwork {
    try ONNXNetwork(
      bytes: bytes, file: "model.onnx", input: FeatureShape(channels: 2, rows: pixels, columns: pixels))
  }

  private func operations(_ bytes: [UInt8]) throws -> [String] {
    try read(bytes).graph.nodes.map { "\(type(of: $0.operation))" }
  }

  /// The nodes, and the mean of a map as their output.
  private func mean(of map: String, _ nodes: [Onnx_NodeProto]) -> [Onnx_NodeProto] {
    nodes + [node("GlobalAveragePool", [map], "mean"), node("Flatten", ["mean"], "y")]
  }

  /// Why nodes are refused; empty if they are read.
  private func problem(
    _ nodes: [Onnx_NodeProto], floats: [String: Tensor] = [:], integers: [String: [Int]] = [:]
  ) -> String {
    do {
      let own = ["w": kernel, "half": Tensor(shape: [], values: [0.5])]
      _ = try read(try file(nodes, floats: own.merging(floats) { $1 }, integers: integers))
      return ""
    } catch { return "\(error)" }
  }

  @Test("every operator that is read stands in the table of docs/deploying.md")
  func documented() throws {
    let page = try Repository.text("docs/deploying.md")
    let table = try #require(
      page.components(separatedBy: "| operator | imported as |").last?.components(separatedBy: "\n\n").first)
    let words = Set(table.split { !$0.isLetter }.map(String.init))
    #expect(Set(GraphReader.operators.keys).subtracting(words) == [])
  }

  @Test("read a flattening by sizes of the shape, and a product with a sum as a linear layer")
  func reshape() throws {
    let bytes = try file(
      [
        node("Pad", ["x", "pads"], "p"), node("Conv", ["p", "w"], "c"),
        node("ReduceMean", ["c", "axes"], "m"),
        node("Shape", ["m"], "s"), node("Gather", ["s", "zero"], "b"),
        node("Unsqueeze", ["b", "zero"], "u"), node("Concat", ["u", "rest"], "t", [.int("axis", 0)]),
        node("Reshape", ["m", "t"], "f"), node("MatMul", ["f", "v"], "l"), node("Add", ["l", "bias"], "y"),
      ],
      floats: ["w": kernel, "v": matrix, "bias": Tensor(shape: [3], values: [1, 2, 3])],
      integers: ["pads": [0, 0, 1, 1, 0, 0, 1, 1], "axes": [2, 3], "zero": [0], "rest": [-1]])
    let found = try read(bytes)
    #expect(try operations(bytes) == ["Convolution", "GlobalAveragePooling", "Linear"])
    #expect((found.graph.nodes[0].operation as? Convolution)?.padding == 1)
    let name = found.graph.nodes[2].tensors
    #expect(found.tensors[name + ".weight"]?.values == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    #expect(found.tensors[name + ".bias"]?.values == [1, 2, 3])
  }

  /// A convolution of three channels and their means as the vector `f`.
  private var vector: [Onnx_NodeProto] {
    [node("Conv", ["x", "w"], "c"), node("GlobalAveragePool", ["c"], "g"), node("Flatten", ["g"], "f")]
  }

  @Test("read a product with transposed weights as a linear layer without bias")
  func transposedWeights() throws {
    for attributes in [[Onnx_AttributeProto.ints("perm", [1, 0])], []] {
      let product = [node("Transpose", ["fc.weight"], "t", attributes), node("MatMul", ["f", "t"], "y")]
      let found = try read(try file(vector + product, floats: ["w": kernel, "fc.weight": matrix]))
      let layer = try #require(found.graph.nodes.last)
      #expect((layer.operation as? Linear)?.hasBias == false)
      #expect(layer.tensors == "fc" && found.tensors["fc.weight"] == matrix)
    }
    let product = [node("Transpose", ["w"], "t"), node("MatMul", ["f", "t"], "y")]
    #expect(problem(vector + product).contains("it changes the order of a constant that is no matrix"))
  }

  @Test("read a bias that a node between the product and its sum computes")
  func computedBias() throws {
    let bias = Tensor(shape: [3], values: [1, 2, 3])
    let value = Onnx_AttributeProto.with {
      $0.name = "value"
      $0.t = Onnx_TensorProto(bias, name: "")
      $0.type = 4
    }
    for constant in [node("Constant", [], "b", [value]), node("Identity", ["fc.bias"], "b")] {
      let product = [node("MatMul", ["f", "v"], "l"), constant, node("Add", ["l", "b"], "y")]
      let tensors = ["w": kernel, "v": matrix, "fc.bias": bias]
      let found = try read(try file(vector + product, floats: tensors))
      let layer = try #require(found.graph.nodes.last)
      #expect((layer.operation as? Linear)?.hasBias == true)
      #expect(found.tensors[layer.tensors + ".bias"] == bias)
    }
  }

  @Test("read a Gemm without bias whatever its beta is; a scaled bias is refused")
  func scaledBias() {
    let scaled = Onnx_AttributeProto.float("beta", 0)
    let tensors = ["v": matrix, "b": Tensor(shape: [3], repeating: 1)]
    #expect(problem(vector + [node("Gemm", ["f", "v"], "y", [scaled])], floats: tensors).isEmpty)
    #expect(
      problem(vector + [node("Gemm", ["f", "v", "b"], "y", [scaled])], floats: tensors)
        .contains("it is not a linear layer: alpha, beta or transA are set"))
  }

  @Test("have tensors of their own for each batch norm, also if the file has merged equal ones")
  func mergedTensors() throws {
    let tensors = ["norm1.weight", "b", "m", "v"]
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0, Tensor(shape: [3], repeating: 2)) })
    let nodes = [
      node("Conv", ["x", "w"], "c"), node("BatchNormalization", ["c"] + tensors, "n"),
      node("Relu", ["n"], "r"), node("BatchNormalization", ["r"] + tensors, "o"),
    ]
    let found = try read(try file(mean(of: "o", nodes), floats: values.merging(["w": kernel]) { $1 }))
    let norms = found.graph.nodes.filter { $0.operation is BatchNormalization }.map(\.tensors)
    #expect(norms.first == "norm1")
    #expect(Set(norms).count == 2)
    for norm in norms { #expect(found.tensors[norm + ".running_var"]?.values == [2, 2, 2]) }
  }

  @Test("read a concatenation of one map as that map")
  func concatenationOfOne() throws {
    let bytes = try file(
      [
        node("Conv", ["x", "w"], "c"), node("Concat", ["c"], "d", [.int("axis", 1)]),
        node("Concat", ["c", "d"], "e", [.int("axis", 1)]), node("GlobalAveragePool", ["e"], "g"),
        node("Flatten", ["g"], "y"),
      ], floats: ["w": kernel])
    #expect(try operations(bytes) == ["Convolution", "Concatenate", "GlobalAveragePooling"])
    // Every second pixel is taken once.
    let sliced = try file(
      mean(
        of: "d",
        [
          node("Slice", ["x", "starts", "ends", "axes", "steps"], "s"),
          node("Concat", ["s"], "d", [.int("axis", 1)]),
        ]),
      integers: ["starts": [0, 0], "ends": [Int.max, Int.max], "axes": [2, 3], "steps": [2, 2]])
    #expect(try operations(sliced) == ["Convolution", "GlobalAveragePooling"])
  }

  @Test("read a gate of what it scales as SiLU or hard swish, and bounds as ReLU6")
  func gates() throws {
    let bytes = try file(
      [
        node("Conv", ["x", "w"], "c"), node("Sigmoid", ["c"], "s"), node("Mul", ["c", "s"], "a"),
        node("HardSigmoid", ["a"], "h", [.float("alpha", 1 / 6), .float("beta", 0.5)]),
        node("Mul", ["h", "a"], "b"), node("Clip", ["b", "low", "high"], "d"),
        node("GlobalAveragePool", ["d"], "g"), node("Squeeze", ["g", "axes"], "y"),
      ],
      floats: [
        "w": kernel, "low": Tensor(shape: [], values: [0]), "high": Tensor(shape: [], values: [6]),
      ], integers: ["axes": [2, 3]])
    let functions = try read(bytes).graph.nodes.compactMap { ($0.operation as? Activation)?.function }
    #expect(functions == [.silu, .hardSwish, .relu6])
  }

  @Test("have as the gate of a product what a sigmoid computes, whatever the order of the operands")
  func gateOrder() throws {
    let engine = try Engine(threads: 1)
    let tensors = [
      "signal.weight": kernel, "gate.weight": Tensor(shape: [3, 3, 1, 1], repeating: 0.1),
      "fc.weight": matrix,
    ]
    // With one pixel, a gate of one value per channel has the shape of the map, too.
    for (gated, pixels) in [("g", 3), ("c", 4)] {
      for operands in [["s", "c"], ["c", "s"]] {
        let bytes = try file(
          [
            node("Conv", ["x", "signal.weight"], "c"), node("GlobalAveragePool", ["c"], "g"),
            node("Conv", [gated, "gate.weight"], "l"), node("Sigmoid", ["l"], "s"),
            node("Mul", operands, "m"), node("GlobalAveragePool", ["m"], "p"), node("Flatten", ["p"], "f"),
            node("Gemm", ["f", "fc.weight"], "y"),
          ], floats: tensors)
        let network = Network(try read(bytes, pixels: pixels).graph, seed: 1, engine: engine)
        let product = try #require(network.graph.nodes.first { $0.operation is Multiply })
        #expect(network.graph.nodes[product.inputs[0].index - 1].layer == "signal")
        let found = RelevancePropagation(network).relevances(images(network), labels: [0, 1]).relevances
        #expect(found["signal"] != nil && found["gate"] == nil)
      }
    }
  }

  @Test("read a vector that becomes a map by one node for rows and one for columns as a gate")
  func successiveAdditions() throws {
    func unsqueeze(_ input: String, _ axis: Int, _ output: String) -> Onnx_NodeProto {
      node("Unsqueeze", [input], output, [.ints("axes", [axis])])
    }
    let hidden = vector + [node("Gemm", ["f", "v"], "l"), node("Sigmoid", ["l"], "s")]
    for (first, second) in [(2, 3), (-1, -1), (2, 2), (-1, -2)] {
      let nodes = [unsqueeze("s", first, "a"), unsqueeze("a", second, "b"), node("Mul", ["b", "c"], "m")]
      let bytes = try file(mean(of: "m", hidden + nodes), floats: ["w": kernel, "v": matrix])
      let expected = [
        "Convolution", "GlobalAveragePooling", "Linear", "Activation", "Multiply", "GlobalAveragePooling",
      ]
      #expect(try operations(bytes) == expected, "\(first), \(second)")
    }
    func refusal(_ nodes: [Onnx_NodeProto]) -> String { problem(hidden + nodes, floats: ["v": matrix]) }
    #expect(
      refusal([unsqueeze("s", 2, "a"), node("Flatten", ["a"], "y")])
        .contains("(Flatten): it reads a vector to which rows or columns alone were added; add both"))
    #expect(
      refusal([unsqueeze("s", 1, "a"), unsqueeze("a", 2, "y")])
        .contains("it does not make a map of one pixel of a vector"))
  }

  @Test("read a shortcut without weights as a projection of ones and zeros")
  func shortcut() throws {
    let bytes = try file(
      [
        node("Slice", ["x", "starts", "ends", "axes", "steps"], "s"), node("Pad", ["s", "pads"], "p"),
        node("GlobalAveragePool", ["p"], "g"), node("Flatten", ["g"], "y"),
      ],
      integers: [
        "starts": [0, 0], "ends": [Int.max, Int.max], "axes": [2, 3], "steps": [2, 2],
        "pads": [0, 1, 0, 0, 0, 1, 0, 0],
      ])
    let found = try read(bytes)
    let projection = try #require(found.graph.nodes[0].operation as? Convolution)
    #expect((projection.outputs, projection.stride, projection.kernel) == (4, 2, 1))
    #expect(found.tensors["\(found.graph.nodes[0].tensors).weight"]?.values == [0, 0, 1, 0, 0, 1, 0, 0])
  }

  @Test("take another epsilon of batch norm into the variance")
  func epsilon() throws {
    let ones = Tensor(shape: [3], repeating: 1)
    let bytes = try file(
      [
        node("Conv", ["x", "w"], "c"),
        node("BatchNormalization", ["c", "bn.weight", "b", "m", "v"], "n", [.float("epsilon", 1e-3)]),
        node("GlobalAveragePool", ["n"], "g"), node("Flatten", ["g"], "y"),
      ], floats: ["w": kernel, "bn.weight": ones, "b": ones, "m": ones, "v": ones])
    let variance = try #require(try read(bytes).tensors["bn.running_var"])
    #expect(abs(variance.values[0] - 1.00099) < 1e-6)
  }

  // MARK: Attributes

  @Test("may have attributes that are inputs since opset 10, 11 or 13")
  func attributes() throws {
    let bytes = try file(
      [
        node("Slice", ["x"], "s", [.ints("starts", [0]), .ints("ends", [Int.max]), .ints("axes", [1])]),
        node("Pad", ["s"], "p", [.ints("pads", [0, 0, 1, 1, 0, 0, 1, 1]), .float("value", 0)]),
        node("Conv", ["p", "w"], "c"), node("Clip", ["c"], "d", [.float("min", 0), .float("max", 6)]),
        node("GlobalAveragePool", ["d"], "g"), node("Squeeze", ["g"], "y", [.ints("axes", [2, 3])]),
      ], floats: ["w": kernel])
    #expect(try operations(bytes) == ["Convolution", "Activation", "GlobalAveragePooling"])
    let nodes = try read(bytes).graph.nodes
    #expect((nodes[0].operation as? Convolution)?.padding == 1)
    #expect((nodes[1].operation as? Activation)?.function == .relu6)
    let part = node("Slice", ["x"], "s", [.ints("starts", [0]), .ints("ends", [2]), .ints("axes", [2])])
    #expect(problem(mean(of: "c", [part, node("Conv", ["s", "w"], "c")])).contains("it cuts a part out"))
  }

  @Test("that pad with another value than 0 are refused, by an attribute or an input")
  func padValue() {
    let pads = [0, 0, 1, 1, 0, 0, 1, 1]
    let attribute = node("Pad", ["x"], "p", [.ints("pads", pads), .float("value", 1)])
    let input = node("Pad", ["x", "pads", "half"], "p")
    for (pad, value) in [(attribute, "1.0"), (input, "0.5")] {
      let nodes = mean(of: "c", [pad, node("Conv", ["p", "w"], "c")])
      #expect(
        problem(nodes, integers: ["pads": pads]).contains("it pads with \(value); only padding with 0"))
    }
  }

  /// The padding of a convolution.
  private func padding(
    _ attributes: [Onnx_AttributeProto], size: Int, after pad: [Onnx_NodeProto] = []
  ) throws -> Int? {
    let convolution = node("Conv", [pad.last?.output[0] ?? "x", "v"], "c", attributes)
    let weight = Tensor(shape: [3, 2, size, size], repeating: 0.1)
    let bytes = try file(mean(of: "c", pad + [convolution]), floats: ["v": weight])
    return (try read(bytes).graph.nodes[0].operation as? Convolution)?.padding
  }

  @Test("with `auto_pad` have the padding that it computes, for the padded map after a Pad")
  func automaticPadding() throws {
    let upper = text("auto_pad", "SAME_UPPER")
    let strides = Onnx_AttributeProto.ints("strides", [3, 3])
    #expect(try padding([upper], size: 3) == 1)
    #expect(try padding([upper, strides], size: 5) == 2)
    let pad = node("Pad", ["x"], "p", [.ints("pads", [0, 0, 1, 1, 0, 0, 1, 1])])
    // 6 pixels with steps of 3 need 1 more on each side, 4 need 2.
    #expect(try padding([text("auto_pad", "SAME_LOWER"), strides], size: 5, after: [pad]) == 2)
    #expect(try padding([text("auto_pad", "VALID"), .ints("pads", [1, 1, 1, 1])], size: 3) == 0)
    let uneven = node("Conv", ["x", "w"], "c", [upper, .ints("strides", [2, 2])])
    #expect(problem(mean(of: "c", [uneven])).contains("pads one side more than the other"))
  }

  @Test("whose pooling leaves padding out of the mean, or adds a window at the border, are refused")
  func pooling() {
    func refusal(_ type: String, _ size: Int, _ attributes: [Onnx_AttributeProto]) -> String {
      let window = Onnx_AttributeProto.ints("kernel_shape", [size, size])
      return problem(mean(of: "p", [node(type, ["x"], "p", [window] + attributes)]))
    }
    let padded = Onnx_AttributeProto.ints("pads", [1, 1, 1, 1])
    #expect(refusal("AveragePool", 3, [padded, .int("count_include_pad", 1)]).isEmpty)
    for attributes in [[padded], [padded, .int("count_include_pad", 0)]] {
      #expect(refusal("AveragePool", 3, attributes).contains("its mean excludes the padding"))
    }
    let steps = Onnx_AttributeProto.ints("strides", [2, 2])
    #expect(refusal("MaxPool", 2, [steps, .int("ceil_mode", 1)]).isEmpty)
    #expect(refusal("MaxPool", 3, [steps, .int("ceil_mode", 0)]).isEmpty)
    #expect(refusal("MaxPool", 3, [steps, .int("ceil_mode", 1)]).contains("`ceil_mode` adds a window"))
  }

  @Test("add the zeros of a Pad to the padding of a mean, which includes them")
  func paddedMean() throws {
    let pad = node("Pad", ["x"], "q", [.ints("pads", [0, 0, 1, 1, 0, 0, 1, 1])])
    func nodes(_ size: Int, _ attributes: [Onnx_AttributeProto]) -> [Onnx_NodeProto] {
      let window = Onnx_AttributeProto.ints("kernel_shape", [size, size])
      return mean(of: "p", [pad, node("AveragePool", ["q"], "p", [window] + attributes)])
    }
    func pooling(_ nodes: [Onnx_NodeProto]) throws -> AveragePooling? {
      try read(try file(nodes)).graph.nodes[0].operation as? AveragePooling
    }
    let found = try pooling(nodes(3, []))
    #expect(found?.window == 3 && found?.stride == 1 && found?.padding == 1)
    let own = Onnx_AttributeProto.ints("pads", [1, 1, 1, 1])
    #expect(try pooling(nodes(5, [own, .int("count_include_pad", 1)]))?.padding == 2)
    #expect(problem(nodes(5, [own])).contains("its mean excludes the padding"))
  }

  @Test("read the sum of more than two maps, and maxima of whole maps that are square")
  func sumsAndMaxima() throws {
    let nodes = [
      node("Conv", ["x", "w"], "c"), node("Relu", ["c"], "r"), node("Sum", ["c", "r", "r"], "s"),
    ]
    let found = try read(try file(mean(of: "s", nodes), floats: ["w": kernel]))
    #expect(found.graph.nodes.compactMap { ($0.operation as? Add)?.channels.count } == [3])
    #expect(problem(mean(of: "s", [node("Sum", ["x"], "s")])).contains("(Sum): it has 1 operands, not 2"))
    let axes = Onnx_AttributeProto.ints("axes", [2, 3])
    for maximum in [node("GlobalMaxPool", ["c"], "m"), node("ReduceMax", ["c"], "m", [axes])] {
      let bytes = try file(
        [node("Conv", ["x", "w"], "c"), maximum, node("Flatten", ["m"], "y")], image: [nil, 2, nil, nil],
        floats: ["w": kernel])
      #expect((try read(bytes).graph.nodes.last?.operation as? MaxPooling)?.window == 2)
      let oblong = FeatureShape(channels: 2, rows: 4, columns: 5)
      let error = #expect(throws: ONNXError.self) {
        try ONNXNetwork(bytes: bytes, file: "model.onnx", input: oblong)
      }
      #expect(error?.problem == "it takes the maximum of a map of 3 x 2 x 3")
    }
  }

  // MARK: Rows and columns one after the other

  private func mean(_ input: String, _ axis: Int, keeps: Bool, _ output: String) -> Onnx_NodeProto {
    node("ReduceMean", [input], output, [.ints("axes", [axis]), .int("keepdims", keeps ? 1 : 0)])
  }

  @Test("read means of rows and of columns, in either order, as the mean of both")
  func successiveMeans() throws {
    for (first, second, keeps) in [
      (3, 2, false), (2, 2, false), (-1, -1, false), (-2, -1, false), (3, 2, true), (2, 3, true),
      (-2, -1, true),
    ] {
      let bytes = try file(
        [
          node("Conv", ["x", "w"], "c"), mean("c", first, keeps: keeps, "a"),
          mean("a", second, keeps: keeps, "b"), node("Flatten", ["b"], "y"),
        ], floats: ["w": kernel])
      #expect(
        try operations(bytes) == ["Convolution", "GlobalAveragePooling"], "\(first), \(second), \(keeps)")
    }
  }

  @Test("do not read a map without its rows or its columns alone")
  func singleMeans() {
    let alone = "it reads a map whose rows or columns alone were removed; remove both at once"
    for (axis, keeps) in [(3, false), (2, true)] {
      let first = [node("Conv", ["x", "w"], "c"), mean("c", axis, keeps: keeps, "a")]
      // The channels of three dimensions, and the rows a second time.
      #expect(
        problem(first + [mean("a", keeps ? 2 : 1, keeps: keeps, "y")]).contains("(ReduceMean): \(alone)"))
      #expect(problem(first + [mean("a", 2, keeps: !keeps, "y")]).contains("(ReduceMean): \(alone)"))
      for type in ["Flatten", "Relu", "Squeeze", "Shape"] {
        #expect(problem(first + [node(type, ["a"], "y")]).contains("(\(type)): \(alone)"))
      }
      #expect(problem(first + [node("Identity", ["a"], "y")]).contains("`y` is not a vector of logits"))
    }
  }

  @Test("read squeezes and indices of rows and of columns of one pixel as flattening")
  func successiveRemovals() {
    let zero = Onnx_AttributeProto.with {
      $0.name = "value"
      $0.t = Onnx_TensorProto.with {
        $0.dataType = 7
        $0.int64Data = [0]
      }
      $0.type = 4
    }
    let pooled = [
      node("Constant", [], "zero", [zero]), node("Conv", ["x", "w"], "c"),
      node("GlobalAveragePool", ["c"], "g"),
    ]
    let transposed = pooled + [node("Transpose", ["g"], "t", [.ints("perm", [0, 2, 3, 1])])]
    func squeeze(_ input: String, _ axis: Int, _ output: String) -> Onnx_NodeProto {
      node("Squeeze", [input], output, [.ints("axes", [axis])])
    }
    func pixel(_ input: String, _ axis: Int, _ output: String, index: String = "zero") -> Onnx_NodeProto {
      node("Gather", [input, index], output, [.int("axis", axis)])
    }
    for (first, second) in [(3, 2), (2, 2), (-1, -1), (-2, -1)] {
      #expect(problem(pooled + [squeeze("g", first, "a"), squeeze("a", second, "y")]).isEmpty)
      #expect(problem(pooled + [pixel("g", first, "a"), pixel("a", second, "y")]).isEmpty)
    }
    #expect(problem(transposed + [squeeze("t", 1, "a"), squeeze("a", 1, "y")]).isEmpty)
    #expect(problem(pooled + [squeeze("g", 3, "a"), squeeze("a", 1, "y")]).contains("rows or columns alone"))
    for (map, axis) in [("c", 2), ("g", 1)] {
      #expect(
        problem(pooled + [pixel(map, axis, "a"), pixel("a", 2, "y")])
          .contains("it does not make a vector of a map of one pixel; use x.mean((2, 3))"))
    }
    // A list of indices keeps the dimension, and a vector has channels alone.
    let list = pooled + [pixel("g", 2, "a", index: "list"), pixel("a", 2, "y")]
    #expect(problem(list, integers: ["list": [0]]).contains("(Gather): it takes a part of features"))
    let channel = pooled + [node("Flatten", ["g"], "f"), pixel("f", 1, "y")]
    #expect(problem(channel).contains("(Gather): it takes a part of features"))
  }

  // MARK: Shapes

  @Test("may use a part of a shape, with bounds that are negative or beyond it")
  func shapePart() throws {
    let bytes = try file(
      [
        node("Conv", ["x", "w"], "c"), node("GlobalAveragePool", ["c"], "g"),
        node("Shape", ["g"], "images", [.int("start", -100), .int("end", 1)]),
        node("Shape", ["g"], "channels", [.int("start", -3), .int("end", -2)]),
        node("Shape", ["g"], "none", [.int("start", 3), .int("end", 2)]),
        node("Concat", ["images", "channels", "none"], "t", [.int("axis", 0)]),
        node("Reshape", ["g", "t"], "y"),
      ], floats: ["w": kernel])
    #expect(try operations(bytes) == ["Convolution", "GlobalAveragePooling"])
  }

  @Test("may compute with the shape of a map before its steps or its padding are applied")
  func pendingShape() throws {
    let sliced = try file(
      mean(
        of: "p",
        [
          node("Slice", ["x", "starts", "ends", "axes", "steps"], "s"), node("Shape", ["s"], "shape"),
          node("Gather", ["shape", "rows"], "r"), node("Div", ["r", "two"], "h"),
          node("Concat", ["zero", "h", "zeros", "h", "pair"], "pads", [.int("axis", 0)]),
          node("Pad", ["s", "pads"], "p"),
        ]),
      integers: [
        "starts": [0, 0], "ends": [Int.max, Int.max], "axes": [2, 3], "steps": [2, 2], "rows": [2],
        "two": [2], "zero": [0], "zeros": [0, 0, 0], "pair": [0, 0],
      ])
    let found = try read(sliced)
    #expect(try operations(sliced) == ["Convolution", "GlobalAveragePooling"])
    #expect(found.graph.classes == 4 && found.tensors.count == 1)
    // Six rows with the padding, of which three are left for the channels.
    let padded = [
      node("Pad", ["x", "pads"], "p"), node("Conv", ["p", "w"], "c"), node("GlobalAveragePool", ["c"], "g"),
      node("Shape", ["p"], "shape"), node("Gather", ["shape", "rows"], "r"),
      node("Sub", ["r", "three"], "n"),
      node("Concat", ["rest", "n"], "t", [.int("axis", 0)]), node("Reshape", ["g", "t"], "y"),
    ]
    let sizes = ["pads": [0, 0, 1, 1, 0, 0, 1, 1], "rows": [2], "three": [3], "rest": [-1]]
    #expect(problem(padded, integers: sizes).isEmpty)
  }

  @Test("that use only the shape of what a layer computes are refused")
  func unreadValue() {
    let nodes = [
      node("Conv", ["x", "w"], "c"), node("Relu", ["c"], "r"), node("GlobalAveragePool", ["c"], "g"),
      node("Shape", ["r"], "s"), node("Gather", ["s", "one"], "n"),
      node("Concat", ["rest", "n"], "t", [.int("axis", 0)]), node("Reshape", ["g", "t"], "y"),
    ]
    #expect(
      problem(nodes, integers: ["one": [1], "rest": [-1]])
        .contains("the network reads only the shape of what it computes; export a model"))
  }

  @Test("that make fractions of sizes are refused, since sizes are computed as whole numbers")
  func fractions() {
    let nodes = [
      node("Shape", ["x"], "s"), node("Cast", ["s"], "f", [.int("to", 1)]),
      node("Div", ["f", "two"], "h"), node("Reshape", ["x", "h"], "y"),
    ]
    #expect(
      problem(nodes, integers: ["two": [2]]).contains(
        "(Cast): it makes fractions of sizes; divide them by // in place of /"))
  }

  @Test("with an index into sizes of two dimensions are refused")
  func gatheredRows() {
    let nodes = [
      node("Shape", ["x"], "s"), node("Reshape", ["s", "two"], "pairs"),
      node("Gather", ["pairs", "zero"], "t"), node("Reshape", ["x", "t"], "y"),
    ]
    #expect(
      problem(nodes, integers: ["two": [2, 2], "zero": [0]]).contains("only sizes of a shape are gathered"))
  }

  @Test("may only flatten a map whose dimensions have another order")
  func transposed() {
    let transposed = [
      node("Conv", ["x", "w"], "c"), node("GlobalAveragePool", ["c"], "g"),
      node("Transpose", ["g"], "t", [.ints("perm", [0, 2, 3, 1])]),
    ]
    // It would multiply columns, not channels.
    #expect(
      problem(mean(of: "m", transposed + [node("Mul", ["c", "t"], "m")]))
        .contains("(Mul): it reads the output of a Transpose"))
    #expect(problem(transposed + [node("Flatten", ["t"], "y")]).isEmpty)
    #expect(problem(transposed + [node("Relu", ["t"], "r"), node("Flatten", ["r"], "y")]).isEmpty)
    #expect(
      problem(mean(of: "m", transposed + [node("Relu", ["t"], "r"), node("Mul", ["c", "r"], "m")]))
        .contains("(Mul): it reads the output of a Transpose"))
    for (axes, isRead) in [([1, 2], true), ([2, 3], false)] {
      let squeeze = node("Squeeze", ["t"], "y", [.ints("axes", axes)])
      #expect(problem(transposed + [squeeze]).isEmpty == isRead)
    }
    let sizes = [
      node("Shape", ["t"], "s"), node("Gather", ["s", "last"], "n"),
      node("Concat", ["rest", "n"], "u", [.int("axis", 0)]), node("Reshape", ["t", "u"], "y"),
    ]
    #expect(problem(transposed + sizes, integers: ["last": [3], "rest": [-1]]).isEmpty)
    let back = node("Transpose", ["t"], "b", [.ints("perm", [0, 3, 1, 2])])
    #expect(problem(mean(of: "m", transposed + [back, node("Mul", ["c", "b"], "m")])).isEmpty)
  }

  @Test("do not depend on nodes with an omitted output if an input is omitted")
  func omittedInputs() {
    #expect(problem(mean(of: "c", [node("Loop", ["x"], ""), node("Conv", ["x", "w", ""], "c")])).isEmpty)
  }

  @Test("that compute nothing are refused")
  func nothing() throws {
    let vector = node("Squeeze", ["x"], "y", [.ints("axes", [2, 3])])
    for (nodes, output) in [([vector], "y"), ([node("Identity", ["x"], "y")], "y"), ([vector], "x")] {
      let bytes = try file(nodes, output: output)
      let error = #expect(throws: ONNXError.self) { try read(bytes, pixels: 1) }
      #expect(error?.problem == "its output `\(output)` is its input")
    }
  }

  // MARK: Errors

  @Test("name the cause and speak of images only where these are read")
  func causes() {
    let convolution = node("Conv", ["x", "w"], "c")
    func message(_ type: String, _ inputs: [String], _ attributes: [Onnx_AttributeProto] = []) -> String {
      let nodes = mean(of: "m", [convolution, node(type, inputs, "m", attributes)])
      return problem(nodes, integers: ["shape": [1, 1, 3, 2, 2]])
    }
    #expect(
      message("Reshape", ["c", "shape"]).contains(
        "a shape of 1 x 1 x 3 x 2 x 2 does not flatten 3 x 2 x 2; only flattening is supported"))
    let order = Onnx_AttributeProto.ints("perm", [0, 2, 3, 1])
    #expect(message("Transpose", ["x"], [order]).hasSuffix(GraphReader.channelsFirst))
    #expect(message("Transpose", ["c"], [order]).contains("layers with their channels last, as in ConvNeXt"))
    for type in ["Add", "Mul", "Sum", "Sub", "Div", "Gather"] {
      #expect(message(type, ["x", "half"]).contains("; normalize images outside of the model"), "\(type)")
      #expect(!message(type, ["c", "half"]).contains("images"), "\(type)")
    }
    #expect(message("Mul", ["c", "half"]).contains("is a constant; scaled branches and layer scale"))
    #expect(message("Div", ["c", "half"]).contains("(Div): it changes features; only sizes of shapes"))
  }

  @Test("say that weights are missing where the file takes them as inputs")
  func missingWeights() throws {
    func problem(_ nodes: [Onnx_NodeProto]) throws -> String? {
      var model = try Onnx_ModelProto(serializedBytes: try file(nodes))
      model.graph.input.append(Onnx_ValueInfoProto(name: "w", shape: [3, 2, 3, 3]))
      let bytes: [UInt8] = try model.serializedBytes()
      let error = #expect(throws: ONNXError.self) { try read(bytes) }
      return error?.problem
    }
    #expect(
      try problem(mean(of: "c", [node("Conv", ["x", "w"], "c")]))
        == "its weights are missing: they are among its 2 inputs")
    #expect(try problem(mean(of: "s", [node("Add", ["x", "w"], "s")])) == "it has 2 inputs")
  }

  @Test("that end with a sigmoid are refused, since they have no logits")
  func sigmoids() throws {
    let attributes = [Onnx_AttributeProto.float("alpha", 1 / 6), .float("beta", 0.5)]
    let last: [(type: String, attributes: [Onnx_AttributeProto])] = [
      ("Sigmoid", []), ("HardSigmoid", attributes),
    ]
    for (type, own) in last {
      let nodes = vector + [node(type, ["f"], "s", own)]
      #expect(
        problem(nodes + [node("Identity", ["s"], "y")]).hasSuffix(
          "its output `y` is that of a sigmoid; " + GraphReader.logitsAlone))
      #expect(problem(nodes + [node("Mul", ["f", "s"], "y")]).isEmpty)
    }
    // A network of an experiment file may end in one.
    var own = try Onnx_ModelProto(
      serializedBytes: try file(vector + [node("Sigmoid", ["f"], "y")], floats: ["w": kernel]))
    own.producerName = ONNXModel.producer
    #expect(try read(own.serializedBytes()).graph.nodes.last?.operation is Activation)
  }

  @Test("of images with their channels last, or with other channels, say so")
  func channels() throws {
    func error(_ image: [Int?]) throws -> ONNXError? {
      let bytes = try file(mean(of: "x", []), image: image)
      return #expect(throws: ONNXError.self) { try read(bytes) }
    }
    let last = try error([nil, 4, 4, 2])
    #expect(last?.problem == "its images have their channels last")
    #expect(last?.advice == GraphReader.channelsFirst)
    #expect(
      try error([nil, 3, 4, 4])?.problem == "its images have 3 channels, those of the experiment 2")
  }

  @Test("with a bias that is not one value for each output are refused")
  func biasShape() {
    for (shape, isRead) in [([3], true), ([1, 3], true), ([3, 1], false), ([2], false)] {
      let nodes = [
        node("Conv", ["x", "w"], "c"), node("GlobalAveragePool", ["c"], "g"), node("Flatten", ["g"], "f"),
        node("Gemm", ["f", "v", "b"], "y"),
      ]
      let found = problem(nodes, floats: ["v": matrix, "b": Tensor(shape: shape, repeating: 1)])
      #expect(isRead ? found.isEmpty : found.contains("its bias of \(shape) does not fit 3 outputs"))
    }
  }

  @Test("in training mode are refused, by the attribute or by statistics among the outputs")
  func trainingMode() throws {
    let ones = Tensor(shape: [3], repeating: 1)
    func isRefused(_ change: (inout Onnx_NodeProto) -> Void) throws -> Bool {
      var norm = node("BatchNormalization", ["c", "g", "b", "m", "v"], "n")
      change(&norm)
      let nodes = [
        node("Conv", ["x", "w"], "c"), norm, node("GlobalAveragePool", ["n"], "p"),
        node("Flatten", ["p"], "y"),
      ]
      let bytes = try file(nodes, floats: ["w": kernel, "g": ones, "b": ones, "m": ones, "v": ones])
      do {
        _ = try read(bytes)
        return false
      } catch { return "\(error)".contains("it is in training mode") }
    }
    #expect(try !isRefused { _ in })
    #expect(try !isRefused { $0.output += ["", ""] })
    #expect(try !isRefused { $0.attribute = [.int("is_test", 1)] })
    #expect(try isRefused { $0.attribute = [.int("is_test", 0)] })
    #expect(try isRefused { $0.output += ["mean", "variance"] })
  }

  @Test("say which node cannot be read, and what can be done")
  func errors() throws {
    func message(_ nodes: [Onnx_NodeProto]) -> String { problem(mean(of: "c", nodes)) }
    #expect(
      message([node("ConvTranspose", ["x", "w"], "c")]).hasPrefix(
        "model.onnx: node `/n/ConvTranspose` (ConvTranspose): the operator is not supported; supported: Add, "
      ))
    #expect(
      message([node("Mul", ["x", "half"], "c")]).hasPrefix(
        "model.onnx: node `/n/Mul` (Mul): one of its operands is a constant; normalize images outside"))
    #expect(
      message([node("Conv", ["x", "w"], "c", [.ints("pads", [0, 0, 1, 1])])])
        == "model.onnx: node `/n/Conv` (Conv): its padding of [0, 0, 1, 1] (above, left, below, right) is not equal on "
        + "all sides; export with padding that is, as PyTorch's layers have it")
    #expect(
      message([node("Conv", ["z", "w"], "c")])
        == "model.onnx: node `/n/Conv` (Conv): it reads `z`, which no earlier node computes")
    #expect(
      message([node("Conv", ["x", "w"], "a"), node("Conv", ["x", "w"], "b"), node("Add", ["a", "b"], "c")])
        == "model.onnx: node `/n/Conv` (Conv): another node has the weights `w` too; each needs its own")
    #expect(throws: ONNXError.self) { try read([]) }
    #expect(throws: ONNXError.self) { try read(Array("not a model".utf8)) }
  }
}

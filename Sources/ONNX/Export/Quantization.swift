import Compute
import Foundation

/// Static quantization of a model to 8-bit integers in the QDQ format: pairs of QuantizeLinear and
/// DequantizeLinear, which runtimes fuse with the nodes between them (Jacob et al. 2018, arXiv
/// 1712.05877).
///
/// Activations are unsigned, with one scale and zero point per tensor; weights are signed and
/// symmetric, with one scale per output channel; a bias has 32 bits and the scale of the products
/// that it is added to. Values without a known range, and the logits, stay floats.
struct Quantization {
  /// Quantization of a value: x = scale * (q - zero), q in 0...255.
  struct Scale: Equatable {
    let scale: Float
    let zero: UInt8

    /// The scale that covers the range and zero.
    init(_ range: ClosedRange<Float>) {
      let (low, high) = (Double(min(0, range.lowerBound)), Double(max(0, range.upperBound)))
      scale = Float(max((high - low) / 255, Self.least))
      zero = rounded(-low / Double(scale))
    }

    /// Smallest scale, so that nothing is divided by zero.
    static let least = 1e-12
  }

  private let source: Onnx_GraphProto
  private let scales: [String: Scale]
  private let initializers: [String: Onnx_TensorProto]
  private var result = Onnx_GraphProto()
  /// By name of a value or weight of the source: its replacement.
  private var replacements: [String: String] = [:]

  /// - Parameter ranges: ranges of values, by name
  /// - Throws: ``ONNXError`` if a range is not finite.
  init(of source: Onnx_GraphProto, ranges: [String: ClosedRange<Float>]) throws(ONNXError) {
    for (name, range) in ranges.sorted(by: { $0.key < $1.key })
    where !range.lowerBound.isFinite || !range.upperBound.isFinite {
      throw ONNXError(node: name, problem: "its values for the images of `quantize` are not finite")
    }
    self.source = source
    initializers = Dictionary(uniqueKeysWithValues: source.initializer.map { ($0.name, $0) })
    scales = Self.scales(source, ranges)
  }

  /// By name of a value: its scale; no entry for a value that stays a float.
  private static func scales(
    _ source: Onnx_GraphProto, _ ranges: [String: ClosedRange<Float>]
  ) -> [String: Scale] {
    var readers: [String: [Onnx_NodeProto]] = [:]
    for node in source.node { for input in node.input { readers[input, default: []].append(node) } }
    var scales: [String: Scale] = [:]
    for input in source.input { scales[input.name] = ranges[input.name].map(Scale.init) }
    let logits = source.output.map(\.name)
    for node in source.node {
      for output in node.output where !logits.contains(output) {
        // A Relu or Clip becomes the bounds of the quantized integers.
        let isClamped = readers[output]?.allSatisfy { clamping.contains($0.opType) } ?? false
        if isClamped { continue }
        scales[output] =
          choosing.contains(node.opType) ? scales[node.input[0]] : ranges[output].map(Scale.init)
      }
    }
    return scales
  }

  private static let clamping: Set = ["Relu", "Clip"]
  /// Operators whose outputs are a selection of their inputs.
  private static let choosing: Set = ["MaxPool", "Flatten"]

  /// The quantized file's graph.
  consuming func graph() -> Onnx_GraphProto {
    (result.name, result.input, result.output) = (source.name, source.input, source.output)
    for input in source.input { addPair(input.name) }
    for node in source.node {
      if ["Conv", "Gemm"].contains(node.opType), let input = scales[node.input[0]] {
        addWeights(node, input)
      }
      var node = node
      for name in node.input {
        if replacements[name] == nil, let float = initializers[name] { result.initializer.append(float) }
      }
      node.input = node.input.map { replacements[$0] ?? $0 }
      result.node.append(node)
      for output in node.output { addPair(output) }
    }
    return result
  }

  /// Quantizes a value, and dequantizes it for its readers.
  private mutating func addPair(_ name: String) {
    guard let scale = scales[name] else { return }
    let parameters = [
      initializer("\(name)/scale", [scale.scale]), initializer("\(name)/zero_point", shape: [], [scale.zero]),
    ]
    let quantized = add("QuantizeLinear", [name] + parameters, name)
    replacements[name] = add("DequantizeLinear", [quantized] + parameters, name)
  }

  /// Quantizes weight and bias of a convolution or linear layer whose input has this scale.
  private mutating func addWeights(_ node: Onnx_NodeProto, _ input: Scale) {
    guard let weight = initializers[node.input[1]] else { return }
    let bias = node.input.dropFirst(2).first.flatMap { initializers[$0] }
    let (values, biases) = (weight.floats, bias?.floats)
    let outputs = Int(weight.dims[0])
    let columns = values.count / max(1, outputs)
    let scales = (0..<outputs).map { output in
      let largest = values[output * columns..<(output + 1) * columns].reduce(0) { max($0, abs($1)) }
      // Large enough for the bias to fit into 31 bits.
      let least = Double(abs(biases?[output] ?? 0)) / (Double(input.scale) * Double(1 << 30))
      return Float(max(Double(largest) / 127, least, Scale.least))
    }
    let integers: [Int8] = values.indices.map { rounded(Double(values[$0]) / Double(scales[$0 / columns])) }
    addDequantized(weight, integers, scales)
    if let bias, let biases {
      let scales = scales.map { Float(Double($0) * Double(input.scale)) }
      let integers: [Int32] = zip(biases, scales).map { rounded(Double($0) / Double($1)) }
      addDequantized(bias, integers, scales)
    }
  }

  /// Adds a tensor as integers with one scale per output.
  private mutating func addDequantized<Number: QuantizedNumber>(
    _ tensor: Onnx_TensorProto, _ integers: [Number], _ scales: [Float]
  ) {
    result.initializer.append(
      Onnx_TensorProto(name: tensor.name, shape: tensor.dims.map(Int.init), integers))
    let zeros = [Number](repeating: 0, count: scales.count)
    replacements[tensor.name] = add(
      "DequantizeLinear",
      [
        tensor.name, initializer("\(tensor.name)/scale", scales, shape: [scales.count]),
        initializer("\(tensor.name)/zero_point", shape: [scales.count], zeros),
      ], tensor.name, [.int("axis", 0)])
  }

  // MARK: The file

  private mutating func initializer(_ name: String, _ values: [Float], shape: [Int] = []) -> String {
    result.initializer.append(Onnx_TensorProto(Tensor(shape: shape, values: values), name: name))
    return name
  }

  private mutating func initializer<Number: QuantizedNumber>(
    _ name: String, shape: [Int], _ values: [Number]
  ) -> String {
    result.initializer.append(Onnx_TensorProto(name: name, shape: shape, values))
    return name
  }

  /// Adds a node; it and its output are named after its value or tensor.
  private mutating func add(
    _ type: String, _ inputs: [String], _ value: String, _ attributes: [Onnx_AttributeProto] = []
  ) -> String {
    let name = "\(value)/\(type)"
    result.node.append(
      .with {
        $0.name = name
        $0.opType = type
        $0.input = inputs
        $0.output = [name]
        $0.attribute = attributes
      })
    return name
  }
}

extension Onnx_TensorProto {
  /// The values of one of floats, as ``init(_:name:)`` writes them.
  fileprivate var floats: [Float] {
    rawData.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
  }
}

/// The nearest integer of the type, with ties to even; 0 for NaN. Signed bytes exclude -128, so
/// that they are symmetric.
private func rounded<Number: QuantizedNumber>(_ value: Double) -> Number {
  let least = Number.isSigned ? -Double(Number.max) : 0
  guard !value.isNaN else { return 0 }
  return Number(min(max(value.rounded(.toNearestOrEven), least), Double(Number.max)))
}

import Foundation

/// A node of a file with its attributes.
struct NodeReader {
  let proto: Onnx_NodeProto
  let index: Int
  private let attributes: [String: Onnx_AttributeProto]

  init(_ proto: Onnx_NodeProto, index: Int) {
    self.proto = proto
    self.index = index
    attributes = Dictionary(proto.attribute.map { ($0.name, $0) }) { first, _ in first }
  }

  var type: String { proto.opType }
  var output: String { proto.output.first ?? "" }

  /// The name of an input; nil if the node omits it.
  func input(_ rank: Int) -> String? {
    guard rank < proto.input.count, !proto.input[rank].isEmpty else { return nil }
    return proto.input[rank]
  }

  func has(_ name: String) -> Bool { attributes[name] != nil }
  func int(_ name: String, _ standard: Int) -> Int { attributes[name].map { Int($0.i) } ?? standard }
  func float(_ name: String, _ standard: Float) -> Float { attributes[name].map(\.f) ?? standard }
  func ints(_ name: String) -> [Int]? { attributes[name].map { $0.ints.map(Int.init) } }
  func text(_ name: String) -> String? { attributes[name].map { String(decoding: $0.s, as: UTF8.self) } }
  func tensor(_ name: String) -> Onnx_TensorProto? {
    attributes[name].flatMap { $0.hasT ? $0.t : nil }
  }

  func error(_ problem: String, _ advice: String? = nil) -> ONNXError {
    let name = proto.name.isEmpty ? "number \(index)" : "`\(shown(proto.name))`"
    return ONNXError(node: "\(name) (\(shown(type)))", problem: problem, advice: advice)
  }
}

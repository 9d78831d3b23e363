import Compute
import Network

// Operations on each channel separately.

extension GraphWriter {
  mutating func normalized(_ node: Graph.Node, _ input: Written) -> Written {
    let names = [("weight", 0), ("bias", 0), ("running_mean", 0), ("running_var", 1)] as [(String, Float)]
    let inputs = names.compactMap { name, filling in
      tensor(node, name).map {
        initializer(node.tensors + "." + name, $0.laidOut(input.layout, axis: 0, filling: filling))
      }
    }
    var result = input
    result.name = emit(
      "BatchNormalization", [input.name] + inputs, node.layer,
      [.float("epsilon", Float(BatchNormalization.epsilon))])
    result.isClean = true
    return result
  }

  mutating func activated(
    _ function: ActivationFunction, _ node: Graph.Node, _ input: Written
  ) -> Written {
    var result = input
    let sixth = Onnx_AttributeProto.float("alpha", 1 / 6)
    switch function {
    case .relu: result.name = emit("Relu", [input.name], node.layer)
    case .relu6:
      let bounds = [("min", 0), ("max", 6)] as [(String, Float)]
      let names = bounds.map { initializer("\(node.layer)/\($0)", Tensor(shape: [], values: [$1])) }
      result.name = emit("Clip", [input.name] + names, node.layer)
    case .leakyReLU(let slope):
      result.name = emit("LeakyRelu", [input.name], node.layer, [.float("alpha", slope)])
    case .silu:
      let gate = emit("Sigmoid", [input.name], node.layer)
      ranges[gate] = 0...1
      result.name = emit("Mul", [input.name, gate], node.layer)
    case .hardSwish where options.opset < 14:
      let gate = emit("HardSigmoid", [input.name], node.layer, [sixth])
      ranges[gate] = 0...1
      result.name = emit("Mul", [input.name, gate], node.layer)
    case .hardSwish: result.name = emit("HardSwish", [input.name], node.layer)
    case .sigmoid: result.name = emit("Sigmoid", [input.name], node.layer)
    case .hardSigmoid: result.name = emit("HardSigmoid", [input.name], node.layer, [sixth])
    }
    if function == .sigmoid || function == .hardSigmoid { result.isClean = false }
    return result
  }

  mutating func pooled(
    _ type: String, _ window: Int, _ stride: Int, _ padding: Int, _ node: Graph.Node, _ input: Written
  ) -> String {
    var attributes: [Onnx_AttributeProto] = [
      .ints("kernel_shape", [window, window]), .ints("pads", [padding, padding, padding, padding]),
      .ints("strides", [stride, stride]),
    ]
    if type == "AveragePool" { attributes.append(.int("count_include_pad", 1)) }
    return emit(type, [input.name], node.layer, attributes)
  }
}

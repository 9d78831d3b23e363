/// The supported operators.
extension GraphReader {
  typealias Reading = @Sendable (inout GraphReader, NodeReader) throws(ONNXError) -> Void

  /// Every supported operator. To add one, write a function, and add a line here.
  static let operators: [String: Reading] = [
    "Add": { (reader, node) throws(ONNXError) in try reader.add(node) },
    "AveragePool": { (reader, node) throws(ONNXError) in try reader.averagePool(node) },
    "BatchNormalization": { (reader, node) throws(ONNXError) in try reader.batchNormalization(node) },
    "Cast": { (reader, node) throws(ONNXError) in try reader.cast(node) },
    "Clip": { (reader, node) throws(ONNXError) in try reader.clip(node) },
    "Concat": { (reader, node) throws(ONNXError) in try reader.concat(node) },
    "Constant": { (reader, node) throws(ONNXError) in try reader.constant(node) },
    "ConstantOfShape": { (reader, node) throws(ONNXError) in try reader.constantOfShape(node) },
    "Conv": { (reader, node) throws(ONNXError) in try reader.convolution(node) },
    "Div": { (reader, node) throws(ONNXError) in
      try reader.sizesOnly(node) { $0.dividedReportingOverflow(by: $1) }
    },
    "Dropout": { (reader, node) throws(ONNXError) in try reader.dropout(node) },
    "Flatten": { (reader, node) throws(ONNXError) in try reader.flatten(node) },
    "Gather": { (reader, node) throws(ONNXError) in try reader.gather(node) },
    "Gemm": { (reader, node) throws(ONNXError) in try reader.gemm(node) },
    "GlobalAveragePool": { (reader, node) throws(ONNXError) in try reader.globalPool(node) },
    "GlobalMaxPool": { (reader, node) throws(ONNXError) in try reader.globalPool(node) },
    "HardSigmoid": { (reader, node) throws(ONNXError) in try reader.hardSigmoid(node) },
    "HardSwish": { (reader, node) throws(ONNXError) in try reader.activation(node, .hardSwish) },
    "Identity": { (reader, node) throws(ONNXError) in try reader.identity(node) },
    "LeakyRelu": { (reader, node) throws(ONNXError) in try reader.leakyReLU(node) },
    "MatMul": { (reader, node) throws(ONNXError) in try reader.matrixProduct(node) },
    "MaxPool": { (reader, node) throws(ONNXError) in try reader.maxPool(node) },
    "Mul": { (reader, node) throws(ONNXError) in try reader.multiply(node) },
    "Pad": { (reader, node) throws(ONNXError) in try reader.pad(node) },
    "ReduceMax": { (reader, node) throws(ONNXError) in try reader.reduce(node) },
    "ReduceMean": { (reader, node) throws(ONNXError) in try reader.reduce(node) },
    "Relu": { (reader, node) throws(ONNXError) in try reader.activation(node, .relu) },
    "Reshape": { (reader, node) throws(ONNXError) in try reader.reshape(node) },
    "Shape": { (reader, node) throws(ONNXError) in try reader.shape(node) },
    "Sigmoid": { (reader, node) throws(ONNXError) in try reader.sigmoid(node) },
    "Slice": { (reader, node) throws(ONNXError) in try reader.slice(node) },
    "Squeeze": { (reader, node) throws(ONNXError) in try reader.squeeze(node) },
    "Sub": { (reader, node) throws(ONNXError) in
      try reader.sizesOnly(node) { $0.subtractingReportingOverflow($1) }
    },
    "Sum": { (reader, node) throws(ONNXError) in try reader.sum(node) },
    "Transpose": { (reader, node) throws(ONNXError) in try reader.transpose(node) },
    "Unsqueeze": { (reader, node) throws(ONNXError) in try reader.unsqueeze(node) },
  ]

  /// The function that reads a node.
  ///
  /// - Throws: ``ONNXError`` with advice if the operator is not supported.
  static func reading(of node: NodeReader) throws(ONNXError) -> Reading {
    let isStandard = node.proto.domain.isEmpty || node.proto.domain == "ai.onnx"
    guard isStandard, let reading = operators[node.type] else { throw unknown(node) }
    return reading
  }

  private static func unknown(_ node: NodeReader) -> ONNXError {
    let unquantized = "export the model before it is quantized"
    let advice =
      [
        "Softmax": logitsAlone,
        "LogSoftmax": logitsAlone,
        "QuantizeLinear": unquantized,
        "DequantizeLinear": unquantized,
        "DynamicQuantizeLinear": unquantized,
        "QLinearConv": unquantized,
        "If": "torch.onnx.export with a model in eval() and fixed sizes leaves no conditions",
        "Loop": "torch.onnx.export with a model in eval() and fixed sizes leaves no loops",
      ][node.type]
    let names = operators.keys.sorted().joined(separator: ", ")
    return node.error(
      node.proto.domain.isEmpty
        ? "the operator is not supported"
        : "no operator of the domain `\(shown(node.proto.domain))` is supported",
      advice ?? "supported: \(names)")
  }
}

import Compute
import Network
import Specification

/// The evaluated parts of one layer of a declared architecture.
struct LayerParts {
  /// The layer's full name, and its tensors' names.
  let name: String
  let weights: String
  let norm: String
  /// Inputs of the layer.
  let inputs: [Graph.Value]
  let options: LayerOptions
  let pruning: Graph.Pruning
  /// For a sum: by operand, the channels of the sum that its channels add to.
  let operandChannels: [[Int]?]
  /// For a sum: the operand that is the residual stream.
  let shortcut: Int
}

/// The values of a layer's keys, with numbers evaluated, and the default activation.
struct LayerOptions {
  let numbers: [String: Int]
  let decimals: [String: Double]
  let words: [String: String]
  let flags: [String: Bool]

  /// Whether batch norm follows a convolution.
  var hasNorm: Bool { words["norm"] != "none" }

  /// Nil for `none`, and if there is no value.
  var activation: ActivationFunction? {
    guard let word = words["activation"], word != "none" else { return nil }
    return ActivationFunction(name: word, slope: decimals["slope"])
  }
}

/// A kind of layer: its keys in experiment files, and the operations that it becomes.
struct LayerKind: Sendable {
  let description: Catalog.LayerKind
  let add: @Sendable (LayerParts, inout GraphBuilder) throws(GraphError) -> Graph.Value

  var name: String { description.name }
}

/// All kinds of layers. To add one, write an operation, and add an entry here.
enum LayerKinds {
  static let all: [LayerKind] = [
    convolution, depthwise, linear, normalization, activation, maxPooling, averagePooling,
    globalAveragePooling, flatten, sum, concatenation, product, dropout,
  ]

  /// Larger sizes are mistakes.
  private static let sizes = 1...65_536

  private static let activations = ActivationFunction.names

  private static func activationOption(_ summary: String) -> Catalog.LayerOption {
    Catalog.LayerOption("activation", .word(activations + ["none"]), summary)
  }

  private static let slope = Catalog.LayerOption(
    "slope", .number(0...1), "Slope of `leaky_relu` below zero; default: 0.01.")

  private static let ofConvolutions = [
    Catalog.LayerOption("stride", .whole(WindowLimits.strides), "Default: 1."),
    Catalog.LayerOption(
      "padding", .whole(WindowLimits.paddings), "Zeros on every side; default: half of the kernel."),
    Catalog.LayerOption("norm", .word(["batch", "none"]), "Batch norm after it; default: batch."),
    activationOption("Activation after batch norm; default: relu."), slope,
    Catalog.LayerOption("bias", .flag, "Default: only without batch norm."), outputs,
  ]

  private static let outputs = Catalog.LayerOption(
    "outputs", .channels, "Channels of the sum that it adds to, after pruning; default: all.")

  // MARK: Convolutions

  private static let convolution = LayerKind(
    description: Catalog.LayerKind(
      "conv", .whole(sizes),
      options: [
        Catalog.LayerOption(
          "kernel", .whole(WindowLimits.kernels), "Rows and columns of a filter; default: 3."),
        Catalog.LayerOption(
          "groups", .whole(sizes), "Number of groups of the convolution; default: 1."),
      ] + ofConvolutions,
      "A convolution with this number of output channels, batch norm and ReLU.")
  ) { (parts, builder) throws(GraphError) in
    let numbers = parts.options.numbers
    return try addConvolution(
      parts, outputs: numbers["conv"] ?? 0, kernel: numbers["kernel"] ?? 3, groups: numbers["groups"] ?? 1,
      &builder)
  }

  private static let depthwise = LayerKind(
    description: Catalog.LayerKind(
      "depthwise", .whole(WindowLimits.kernels), options: ofConvolutions,
      "A depthwise convolution with this kernel size, batch norm and ReLU.")
  ) { (parts, builder) throws(GraphError) in
    let channels = builder.shape(parts.inputs[0]).channels
    return try addConvolution(
      parts, outputs: channels, kernel: parts.options.numbers["depthwise"] ?? 3, groups: channels, &builder)
  }

  private static func addConvolution(
    _ parts: LayerParts, outputs: Int, kernel: Int, groups: Int, _ builder: inout GraphBuilder
  ) throws(GraphError) -> Graph.Value {
    let options = parts.options
    let convolution = Convolution(
      outputs: outputs, kernel: kernel, stride: options.numbers["stride"] ?? 1,
      padding: options.numbers["padding"], groups: groups, hasBias: options.flags["bias"] ?? !options.hasNorm)
    var value = try builder.add(
      convolution, parts.inputs, layer: parts.name, tensors: parts.weights, pruning: parts.pruning)
    if options.hasNorm {
      value = try builder.add(
        BatchNormalization(), [value], layer: parts.name, tensors: parts.norm, pruning: parts.pruning)
    }
    return try addActivation(parts, to: value, &builder)
  }

  private static func addActivation(
    _ parts: LayerParts, to value: Graph.Value, _ builder: inout GraphBuilder
  ) throws(GraphError) -> Graph.Value {
    guard let function = parts.options.activation else { return value }
    return try builder.add(Activation(function), [value], layer: parts.name, pruning: parts.pruning)
  }

  // MARK: Vectors

  private static let linear = LayerKind(
    description: Catalog.LayerKind(
      "linear", .whole(1...1_000_000),
      options: [
        activationOption("Default: none."), slope, Catalog.LayerOption("bias", .flag, "Default: true."),
      ],
      "A linear layer with this number of units; its input is flattened.")
  ) { (parts, builder) throws(GraphError) in
    let linear = Linear(
      outputs: parts.options.numbers["linear"] ?? 0, hasBias: parts.options.flags["bias"] ?? true)
    let value = try builder.add(
      linear, parts.inputs, layer: parts.name, tensors: parts.weights, pruning: parts.pruning)
    return try addActivation(parts, to: value, &builder)
  }

  private static let flatten = LayerKind(
    description: Catalog.LayerKind("flatten", .isTrue, "All pixels of all channels as a vector.")
  ) { (parts, builder) throws(GraphError) in
    try builder.add(Flatten(), parts.inputs, layer: parts.name, pruning: parts.pruning)
  }

  private static let dropout = LayerKind(
    description: Catalog.LayerKind(
      "dropout", .probability, options: [outputs],
      "Dropout with this probability, in training only.")
  ) { (parts, builder) throws(GraphError) in
    try builder.add(
      Dropout(Float(parts.options.decimals["dropout"] ?? 0)), parts.inputs, layer: parts.name,
      pruning: parts.pruning)
  }

  // MARK: Channel by channel

  private static let normalization = LayerKind(
    description: Catalog.LayerKind(
      "norm", .word(["batch"]), options: [activationOption("Default: none."), slope],
      "Batch normalization alone.")
  ) { (parts, builder) throws(GraphError) in
    let value = try builder.add(
      BatchNormalization(), parts.inputs, layer: parts.name, tensors: parts.norm, pruning: parts.pruning)
    return try addActivation(parts, to: value, &builder)
  }

  private static let activation = LayerKind(
    description: Catalog.LayerKind(
      "activation", .word(activations), options: [slope], "An activation function alone.")
  ) { (parts, builder) throws(GraphError) in try addActivation(parts, to: parts.inputs[0], &builder) }

  private static let ofPools = [
    Catalog.LayerOption("stride", .whole(WindowLimits.strides), "Default: the window."),
    Catalog.LayerOption("padding", .whole(0...32), "On every side, at most half of the window; default: 0."),
  ]

  private static func pooling(
    _ name: String, _ summary: String,
    _ operation: @escaping @Sendable (_ window: Int, _ stride: Int?, _ padding: Int) -> any Operation
  ) -> LayerKind {
    LayerKind(
      description: Catalog.LayerKind(name, .whole(WindowLimits.poolings), options: ofPools, summary)
    ) { (parts, builder) throws(GraphError) in
      let numbers = parts.options.numbers
      return try builder.add(
        operation(numbers[name] ?? 1, numbers["stride"], numbers["padding"] ?? 0), parts.inputs,
        layer: parts.name, pruning: parts.pruning)
    }
  }

  private static let maxPooling = pooling("max_pool", "Max pooling with this window.") {
    MaxPooling(window: $0, stride: $1, padding: $2)
  }

  private static let averagePooling = pooling(
    "average_pool", "Average pooling with this window; padding zeros count."
  ) { AveragePooling(window: $0, stride: $1, padding: $2) }

  private static let globalAveragePooling = LayerKind(
    description: Catalog.LayerKind("global_average_pool", .isTrue, "Global average pooling.")
  ) { (parts, builder) throws(GraphError) in
    try builder.add(GlobalAveragePooling(), parts.inputs, layer: parts.name, pruning: parts.pruning)
  }

  // MARK: Several values

  private static func joining(
    _ name: String, _ summary: String, _ operation: @escaping @Sendable (LayerParts) -> any Operation
  ) -> LayerKind {
    LayerKind(
      description: Catalog.LayerKind(
        name, .layers, options: [activationOption("Default: none."), slope], summary)
    ) { (parts, builder) throws(GraphError) in
      let value = try builder.add(
        operation(parts), parts.inputs, layer: parts.name, pruning: parts.pruning)
      return try addActivation(parts, to: value, &builder)
    }
  }

  private static let sum = joining("add", "The sum of layers.") { parts in
    Add(operands: parts.inputs.count, shortcut: parts.shortcut, channels: parts.operandChannels)
  }

  private static let concatenation = joining("concat", "The channels of layers, concatenated.") { _ in
    Concatenate()
  }

  private static let product = joining(
    "multiply", "The product of a signal and a gate, which may have one value per channel."
  ) { _ in Multiply() }
}

import Compute

/// Finds the nodes of a graph that one step can do together.
///
/// A value inside a fused step has one reader. Each pattern starts at a node and says what follows
/// it.
struct Fusion {
  private let graph: Graph
  private let nonNegative: [Bool]
  private let isOn: Bool
  /// By value that several convolutions with a stride of 2 read: its phases.
  private var phases: [Int: Graph.Value] = [:]
  private(set) var valueCount: Int
  /// By concatenation's node: the channels of the last one that extends it.
  private var capacities: [Int: Int] = [:]

  /// - Parameter isOn: false for a step of its own for every node
  init(_ graph: Graph, nonNegative: [Bool], isOn: Bool) {
    self.graph = graph
    self.nonNegative = nonNegative
    self.isOn = isOn
    valueCount = graph.shapes.count
    for value in graph.shapes.indices.map(Graph.Value.init(index:)) where isOn && sharesPhases(value) {
      phases[value.index] = Graph.Value(index: valueCount)
      valueCount += 1
    }
    for node in graph.nodes.indices.reversed() where isConcatenation(node) {
      let value = graph.output(of: node)
      let longer = graph.readers[value.index].filter {
        isConcatenation($0) && graph.nodes[$0].inputs.first == value
      }
      capacities[node] = longer.compactMap { capacities[$0] }.max() ?? graph.shape(value).channels
    }
  }

  func steps() -> [any Step] {
    var steps: [(position: Int, step: any Step)] = []
    var claimed: Set<Int> = []
    for node in graph.nodes.indices where !claimed.contains(node) {
      let fused = isOn ? convolution(at: node) ?? normalization(at: node) : nil
      let step = fused ?? single(node)
      claimed.formUnion(step.nodes)
      steps.append((step.nodes.max() ?? node, step))
    }
    for (value, phases) in phases {
      let readers = graph.readers[value].filter(isStridedConvolution)
      let step = SharedPhasesStep(
        input: Graph.Value(index: value), output: phases, layer: graph.nodes[readers[0]].layer)
      // Just behind the node that computes the value.
      steps.append((value - 1, step))
    }
    // Of steps at one position, the one that covers nodes comes first.
    return steps.enumerated().sorted {
      ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
    }.map(\.element.step)
  }

  // MARK: Patterns

  private func single(_ node: Int) -> any Step {
    func step(_ operation: some Operation) -> any Step {
      OperationStep(
        node: node, operation: operation, inputs: graph.nodes[node].inputs, output: graph.output(of: node))
    }
    if isOn, var concatenation = graph.operation(node, as: Concatenate.self) {
      concatenation.capacity = capacities[node] ?? 0
      return step(concatenation)
    }
    let inputIsNonNegative = nonNegative[graph.nodes[node].inputs[0].index]
    if var linear = graph.operation(node, as: Linear.self) {
      linear.inputIsNonNegative = inputIsNonNegative
      return step(linear)
    }
    if var convolution = graph.operation(node, as: Convolution.self) {
      convolution.inputIsNonNegative = inputIsNonNegative
      return step(convolution)
    }
    return step(graph.nodes[node].operation)
  }

  /// Convolution [, batch norm [, sum with a shortcut] [, activation]].
  private func convolution(at node: Int) -> (any Step)? {
    guard var convolution = graph.operation(node, as: Convolution.self) else { return nil }
    let input = graph.nodes[node].inputs[0]
    convolution.inputIsNonNegative = nonNegative[input.index]
    var nodes = [node]
    var value = graph.output(of: node)
    var sum: ConvolutionStep.Sum?
    var shortcut: Graph.Value?
    var activation: ActivationFunction?
    let normalization = follower(of: value, as: BatchNormalization.self)?.node
    if let normalization {
      nodes.append(normalization)
      value = graph.output(of: normalization)
      if let found = branchSum(of: value) {
        sum = ConvolutionStep.Sum(branch: value, channels: found.channels)
        shortcut = found.shortcut
        nodes.append(found.node)
        value = graph.output(of: found.node)
      }
      if let found = activationBehind(value), sum == nil || standsForSum(found) {
        activation = found.function
        nodes.append(found.node)
        value = graph.output(of: found.node)
      }
    }
    return ConvolutionStep(
      nodes: nodes, convolution: convolution, normalization: normalization, activation: activation, sum: sum,
      input: input, shortcut: shortcut, phases: isStridedConvolution(node) ? phases[input.index] : nil,
      output: value)
  }

  /// Batch norm, activation.
  private func normalization(at node: Int) -> (any Step)? {
    guard graph.operation(node, as: BatchNormalization.self) != nil,
      let (next, activation) = activationBehind(graph.output(of: node))
    else { return nil }
    return NormalizationStep(
      nodes: [node, next], input: graph.nodes[node].inputs[0], output: graph.output(of: next),
      activation: activation)
  }

  private func isConcatenation(_ node: Int) -> Bool {
    graph.operation(node, as: Concatenate.self) != nil
  }

  // MARK: What follows a value

  private func follower<T: Operation>(
    of value: Graph.Value, as type: T.Type
  ) -> (node: Int, operation: T)? {
    guard let reader = graph.onlyReader(of: value), let operation = graph.operation(reader, as: type) else {
      return nil
    }
    return (reader, operation)
  }

  private func activationBehind(_ value: Graph.Value) -> (node: Int, function: ActivationFunction)? {
    follower(of: value, as: Activation.self).map { ($0.node, $0.operation.function) }
  }

  /// Whether a sum's activation can stand for the sum itself where relevance is split between its
  /// operands: where a ReLU gives zero its readers send no relevance, as they multiply it by what
  /// they read. At the logits, which nothing reads, relevance starts, also where they are zero.
  private func standsForSum(_ activation: (node: Int, function: ActivationFunction)) -> Bool {
    let readers = graph.readers[graph.output(of: activation.node).index]
    return activation.function == .relu && !readers.isEmpty
      && readers.allSatisfy { node in
        let operation = graph.nodes[node].operation
        return operation is Convolution || operation is Linear || operation is GlobalAveragePooling
          || operation is AveragePooling || operation is Add
      }
  }

  /// The sum of two that the value is the branch of.
  private func branchSum(
    of value: Graph.Value
  ) -> (node: Int, channels: [Int]?, shortcut: Graph.Value)? {
    guard let (node, operation) = follower(of: value, as: Add.self) else { return nil }
    let operands = graph.nodes[node].inputs
    guard operands.count == 2, let branch = operands.firstIndex(of: value), branch != operation.shortcut,
      operation.channels[operation.shortcut] == nil
    else { return nil }
    return (node, operation.channels[branch], operands[operation.shortcut])
  }

  // MARK: Shared phases

  private func sharesPhases(_ value: Graph.Value) -> Bool {
    graph.readers[value.index].count(where: isStridedConvolution) > 1
  }

  /// Whether the convolution reads phases of its input.
  private func isStridedConvolution(_ node: Int) -> Bool {
    guard let convolution = graph.operation(node, as: Convolution.self) else { return false }
    let input = graph.shape(graph.nodes[node].inputs[0])
    return convolution.stride == 2 && convolution.problem(input.planes(images: 1)).isSumOfShiftedPlanes
  }
}

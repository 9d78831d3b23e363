/// How a graph is computed: its nodes as steps, fused where a pattern fits.
struct ExecutionPlan: Sendable {
  let graph: Graph
  /// In an order in which each step reads only what is there before it.
  let steps: [any Step]
  /// The graph's values, and those inside the plan behind them.
  let valueCount: Int
  /// By value: how many steps read it.
  let readerCounts: [Int]
  /// By value: the step that computes it; nil for the image.
  let producers: [Int?]
  /// Values within residual branches that are computed again for the backward pass where they are
  /// large.
  let recomputable: Set<Int>
  /// By value: whether it is nowhere negative.
  let nonNegative: [Bool]

  /// - Parameter fused: false for a step of its own for every node
  init(_ graph: Graph, fused: Bool = true) {
    self.graph = graph
    nonNegative = Self.nonNegative(graph)
    let fusion = Fusion(graph, nonNegative: nonNegative, isOn: fused)
    steps = fusion.steps()
    valueCount = fusion.valueCount
    var counts = [Int](repeating: 0, count: valueCount)
    var producers = [Int?](repeating: nil, count: valueCount)
    for (index, step) in steps.enumerated() {
      for input in step.inputs { counts[input.index] += 1 }
      producers[step.output.index] = index
    }
    counts[graph.output.index] += 1
    readerCounts = counts
    self.producers = producers
    recomputable = Self.recomputable(steps, counts)
  }

  /// The image may be negative: it is normalized.
  private static func nonNegative(_ graph: Graph) -> [Bool] {
    graph.nodes.reduce(into: [false]) { known, node in
      known.append(node.operation.isNonNegative(node.inputs.map { known[$0.index] }))
    }
  }

  /// Outputs of fused convolutions that only the next convolution reads, on the way to a sum.
  private static func recomputable(_ steps: [any Step], _ counts: [Int]) -> Set<Int> {
    var readers: [Int: ConvolutionStep] = [:]
    for case let step as ConvolutionStep in steps { readers[step.inputs[0].index] = step }
    func leadsToSum(_ value: Graph.Value) -> Bool {
      guard counts[value.index] == 1, let reader = readers[value.index] else { return false }
      return reader.sum != nil || leadsToSum(reader.output)
    }
    var found: Set<Int> = []
    for case let step as ConvolutionStep in steps
    where step.normalization != nil && step.sum == nil && leadsToSum(step.output) {
      found.insert(step.output.index)
    }
    return found
  }
}

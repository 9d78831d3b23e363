import Compute

extension Network {
  /// The least and greatest element of every value of the graph by the running statistics, the
  /// image's first: by ``Graph/Value/index``.
  ///
  /// Every node is computed by itself, so that there is every value.
  ///
  /// - Parameter images: `[channels, images, rows, columns]`
  public func ranges(of images: Planes) -> [ClosedRange<Float>] {
    var ranges = [ClosedRange<Float>](repeating: 0...0, count: graph.nodes.count + 1)
    ranges[0] = engine.range(of: images)
    var run = makeRun(.evaluation)
    let executor = Executor(plan: ExecutionPlan(graph, fused: false), parameters: store, generation: 0)
    _ = executor.forward(images, &run) { value, planes in ranges[value.index] = engine.range(of: planes) }
    return ranges
  }
}

import Compute

extension Network {
  /// Minimum and maximum of every value of the graph with running statistics, by
  /// ``Graph/Value/index``, starting with the image.
  ///
  /// Every node is computed separately, so that every value exists.
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

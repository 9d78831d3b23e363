import Compute

/// Runs a plan in one thread of control: the forward pass, and the backward or relevance pass along
/// the tape.
///
/// Each pass has a separate executor; nothing is kept between passes.
struct Executor {
  let plan: ExecutionPlan
  let parameters: ParameterStore
  /// Incremented by every removal, so that a tape is only read by its own plan.
  let generation: Int

  // MARK: Forward

  /// The graph's output for a batch, and the tape for the backward pass.
  ///
  /// - Parameters:
  ///   - images: planes of the graph's input shape
  ///   - observe: is called with every value that a step computes; planes are valid during the call
  func forward(
    _ images: Planes, _ run: inout Run, observe: (Graph.Value, Planes) -> Void = { _, _ in }
  ) -> (output: Planes, tape: Tape) {
    let input = plan.graph.input.planes(images: images.shape.images)
    precondition(images.shape == input, "images of \(images.shape) are not \(input)")
    var tape = Tape(
      steps: plan.steps.count, images: images.shape.images, generation: generation, mode: run.mode)
    var values = [Planes?](repeating: nil, count: plan.valueCount)
    var readers = plan.readerCounts
    values[0] = images
    for (index, step) in plan.steps.enumerated() {
      if let shared = step as? SharedPhasesStep {
        guard let shape = values[shared.input.index]?.shape, shared.pays(shape, run) else {
          readers[shared.input.index] -= 1
          continue
        }
      }
      let x = stepInputs(step, values)
      let (output, saved) = step.forward(x, parameters, &run)
      observe(step.output, output)
      if run.mode != .evaluation {
        tape.record(Tape.Entry(saved: saved, values: kept(x, output, of: step, run)), of: index)
      }
      values[step.output.index] = output
      for input in step.inputs {
        readers[input.index] -= 1
        if readers[input.index] == 0 { values[input.index] = nil }
      }
    }
    guard let output = values[plan.graph.output.index] else {
      preconditionFailure("a plan computes the output")
    }
    return (output, tape)
  }

  private func stepInputs(_ step: any Step, _ values: [Planes?]) -> StepValues {
    let inputs = step.inputs.map { values[$0.index] }
    return StepValues(inputs: inputs, output: nil, inputShapes: inputs.compactMap { $0?.shape })
  }

  private func kept(_ x: StepValues, _ output: Planes, of step: any Step, _ run: Run) -> StepValues {
    let needs = step.needs(run)
    let inputs = step.inputs.enumerated().map { rank, value -> Planes? in
      guard needs.inputs[rank], let planes = x.inputs[rank], !isRecomputed(value, planes, run)
      else { return nil }
      return planes
    }
    return StepValues(inputs: inputs, output: needs.output ? output : nil, inputShapes: x.inputShapes)
  }

  private func isRecomputed(_ value: Graph.Value, _ planes: Planes, _ run: Run) -> Bool {
    run.mode == .training && plan.recomputable.contains(value.index)
      && planes.shape.channels * planes.shape.pixelsPerChannel > run.recomputationThreshold
  }

  // MARK: Backward

  /// Sets the gradient of every tensor from the gradient of the output.
  ///
  /// - Precondition: the tape is of a training pass of the current network.
  func backward(_ dy: Planes, _ tape: consuming Tape, _ run: inout Run) {
    precondition(tape.mode == .training, "a backward pass follows a training pass")
    var wanted = [Bool](repeating: true, count: plan.valueCount)
    wanted[0] = false
    let flow = Flow(wanted: wanted, precision: run.precision)
    flow.add(dy, to: plan.graph.output, run.engine)
    wayBack(tape, flow, run) { step, entry, gradient in
      step.backward(gradient, entry.values, entry.saved, parameters, into: flow, &run)
    }
  }

  /// Runs the steps of a tape in reverse, if anything has flowed into their outputs.
  private func wayBack(
    _ tape: consuming Tape, _ flow: Flow, _ run: Run,
    _ body: (_ step: any Step, _ entry: Tape.Entry, _ flowing: Planes) -> Void
  ) {
    precondition(tape.generation == generation, "channels were removed since the forward pass")
    var tape = tape
    for (index, step) in plan.steps.enumerated().reversed() {
      guard var entry = tape.take(index), let flowing = flow.take(step.output) else { continue }
      entry.values = recomputed(entry.values, of: step, tape, run)
      body(step, entry, flowing)
    }
  }

  /// Adds the inputs that were not saved and are recomputed.
  private func recomputed(_ values: StepValues, of step: any Step, _ tape: Tape, _ run: Run) -> StepValues {
    guard run.mode == .training else { return values }
    let needs = step.needs(run)
    var inputs = values.inputs
    for (rank, value) in step.inputs.enumerated()
    where inputs[rank] == nil && needs.inputs[rank] && plan.recomputable.contains(value.index) {
      guard let producer = plan.producers[value.index], let entry = tape.entries[producer] else { continue }
      inputs[rank] = plan.steps[producer].recompute(entry.values, entry.saved, parameters, run)
    }
    return StepValues(inputs: inputs, output: values.output, inputShapes: values.inputShapes)
  }

  // MARK: Relevance

  /// Propagates relevance back from the output.
  ///
  /// - Parameter record: is called with the relevance of each value when it is complete; planes are
  ///   valid during the call
  func relevance(
    _ r: Planes, _ tape: consuming Tape, _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {
    precondition(tape.mode == .relevance, "relevance follows a pass that keeps what it needs")
    let flow = Flow(wanted: run.relevanceWanted, precision: run.precision)
    flow.add(r, to: plan.graph.output, run.engine)
    wayBack(tape, flow, run) { step, entry, relevance in
      record(step.output, relevance)
      step.relevance(relevance, entry.values, entry.saved, parameters, into: flow, &run, record: record)
    }
  }
}

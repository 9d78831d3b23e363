import Compute

/// Cuts a value once into the four phases that several convolutions with a stride of 2 read,
/// forward and back.
///
/// The phases are a value inside the plan. They are left out where they are too large to be kept,
/// and where relevance has its own way.
struct SharedPhasesStep: Step {
  let input: Graph.Value
  let output: Graph.Value
  /// The layer that a profile counts the work to.
  let layer: String

  var nodes: [Int] { [] }
  var inputs: [Graph.Value] { [input] }

  func pays(_ shape: PlaneShape, _ run: Run) -> Bool {
    run.mode != .relevance && shape.channels * shape.pixelsPerChannel <= run.recomputationThreshold
  }

  var trainingNeeds: StepNeeds { StepNeeds(inputs: [false], output: false) }
  func relevanceNeeds(_ run: Run) -> StepNeeds { trainingNeeds }

  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable) {
    let input = x.input()
    // Those of the images are in single precision, as they are.
    let phases = Planes(uninitialized: run.engine.phaseShape(input.shape), precision: input.precision)
    run.timed(layer, .forward) { run.engine.splitPhases(input, into: phases) }
    return (phases, ())
  }

  /// Whoever reads the phases has the gradient of the input itself.
  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run
  ) {}

  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {}
}

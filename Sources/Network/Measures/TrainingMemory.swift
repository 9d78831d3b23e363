import Compute

/// Estimate of the bytes that a training needs for weights, gradients, momentum, saved activations
/// and the bytes of a checkpoint, without the data set and the program itself.
public struct TrainingMemory: Equatable, Sendable {
  /// Bytes of the weights.
  public var parameters: Double
  /// Bytes of one image's gradients during the backward pass.
  var gradients = 0.0
  /// Bytes of what the forward pass saves of one image, in batches of any size.
  var saved = 0.0
  /// Values that are saved only in small batches.
  var recomputed: [Recomputed] = []

  /// A value that is recomputed, or not shared, if it has more elements than
  /// ``Run/recomputationThreshold``.
  struct Recomputed: Equatable, Sendable {
    /// Of one image.
    let elements: Int
    let bytes: Double
  }

  /// Bytes for batches of this number of images.
  public func bytes(images: Int) -> Double {
    // Weights, gradients, momentum, and a checkpoint's file of weights and momentum.
    5 * parameters + Double(images) * gradients + savedBytes(images: images)
  }

  /// Bytes of what the forward pass of a batch saves.
  func savedBytes(images: Int) -> Double {
    let small = recomputed.filter { images * $0.elements <= Run.recomputationThreshold }
    return Double(images) * small.reduce(saved) { $0 + $1.bytes }
  }
}

extension Graph {
  /// - Parameter precision: of the activations and their gradients.
  public func trainingMemory(precision: Precision) -> TrainingMemory {
    let plan = ExecutionPlan(self, fused: true)
    var memory = TrainingMemory(parameters: Double(Precision.float32.bytes) * Double(cost.parameters))
    // A gradient and the gradient that it is computed from.
    memory.gradients = 2 * (shapes.map { bytes($0, precision) }.max() ?? 0)
    memory.saved = plan.steps.map { stateBytes(of: $0, precision) }.reduce(0, +)
    let storages = plan.storages
    // The images have single precision, and so have their phases.
    let single =
      plan.steps.filter { $0 is SharedPhasesStep && $0.inputs == [.image] }.map { $0.output.index } + [0]
    for value in Set(plan.savedValues.map { storages[$0].value }).sorted() {
      let shape = storages[value].shape
      let bytes = bytes(shape, single.contains(value) ? .float32 : precision)
      if plan.recomputable.contains(value) || value >= shapes.count {
        memory.recomputed.append(
          TrainingMemory.Recomputed(elements: shape.channels * shape.pixels, bytes: bytes))
      } else {
        memory.saved += bytes
      }
    }
    return memory
  }

  /// Bytes of one image that a step saves besides values: the output of a convolution before batch
  /// norm, positions of maxima, which elements dropout keeps, and the vectors that a linear layer
  /// reads.
  private func stateBytes(of step: any Step, _ precision: Precision) -> Double {
    guard let node = step.nodes.first else { return 0 }
    let made = shape(output(of: node))
    if let step = step as? ConvolutionStep {
      return step.normalization == nil ? 0 : bytes(made, precision)
    }
    func elements(_ shape: FeatureShape) -> Double { Double(shape.channels * shape.pixels) }
    return switch nodes[node].operation {
    case is MaxPooling: elements(made) * Double(MemoryLayout<Int32>.stride)
    case is Dropout: elements(made) * Double(MemoryLayout<Bool>.stride)
    case is Linear: elements(inputShapes(node)[0]) * Double(MemoryLayout<Float>.stride)
    default: 0
    }
  }

  /// Bytes of a value of one image.
  private func bytes(_ shape: FeatureShape, _ precision: Precision) -> Double {
    Double(shape.planes(images: 1).bytesWithBorders(precision.ofMaps(pixels: shape.pixels)))
  }
}

extension ExecutionPlan {
  /// Values that the backward pass of training reads again.
  fileprivate var savedValues: Set<Int> {
    steps.reduce(into: []) { saved, step in
      let needs = step.trainingNeeds
      for (input, isNeeded) in zip(step.inputs, needs.inputs) where isNeeded { saved.insert(input.index) }
      if needs.output { saved.insert(step.output.index) }
    }
  }

  /// By value: the value whose memory it is in, and the shape of that memory.
  ///
  /// A concatenation extends that of its first operand if this is a concatenation, too, and no
  /// other one has extended it.
  fileprivate var storages: [(value: Int, shape: FeatureShape)] {
    var storages = graph.shapes.enumerated().map { (value: $0, shape: $1) }
    // Phases of a value have as many elements as the value.
    var phases: [(value: Int, shape: FeatureShape)] = []
    var used: [Int: Int] = [:]
    for step in steps {
      let output = step.output.index
      if step is SharedPhasesStep {
        phases.append((output, graph.shape(step.inputs[0])))
      } else if let capacity = (step as? OperationStep<Concatenate>)?.operation.capacity {
        let first = storages[step.inputs[0].index]
        let (old, new) = (graph.shape(step.inputs[0]).channels, graph.shape(step.output).channels)
        if used[first.value] == old, new <= first.shape.channels {
          storages[output] = first
        } else {
          storages[output].shape.channels = max(new, capacity)
        }
        used[storages[output].value] = new
      }
    }
    return storages + phases.sorted { $0.value < $1.value }
  }
}

import Compute
import Specification
import Testing

@testable import Network

extension Network {
  /// Images as planes, from values in the order `[channels, images, rows, columns]`.
  func planes(_ images: [Float], count: Int) -> Planes {
    Planes(graph.input.planes(images: count), dense: images)
  }

  /// Logits by the running statistics.
  func evaluate(_ images: [Float], count: Int) -> Tensor { evaluate(planes(images, count: count)) }

  /// The planes that a pass saved for the way back.
  func planes(in tape: Tape) -> [Planes] {
    zip(plan.steps, tape.entries).flatMap { step, entry -> [Planes] in
      guard let entry else { return [] }
      let values = entry.values.inputs + [entry.values.output]
      return values.compactMap(\.self) + step.keptPlanes(entry.saved).map(\.planes)
    }
  }

  func relevances(
    _ images: Planes, labels: [Int], rule: RelevanceRule = .standard
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    RelevancePropagation(self, rule: rule).relevances(images, labels: labels)
  }

  func relevances(
    _ images: [Float], labels: [Int]
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    relevances(planes(images, count: labels.count), labels: labels)
  }
}

func random(_ shape: PlaneShape, _ seed: Int, scale: Float = 1) -> [Float] {
  random(shape.channels * shape.pixelsPerChannel, seed).map { $0 * scale }
}

/// Uniform in [-1, 1).
func random(_ count: Int, _ seed: Int) -> [Float] {
  var stream = RandomStream(seed: UInt64(seed), purpose: .test)
  return (0..<count).map { _ in stream.uniform() * 2 - 1 }
}

func dot(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
}

func sum(_ a: [Float], _ b: [Float]) -> [Float] {
  zip(a, b).map { $0 + $1 }
}

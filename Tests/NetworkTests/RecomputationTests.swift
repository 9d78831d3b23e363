import Architectures
import Compute
import Specification
import Testing
import Training

@testable import Network

@Suite("Activations that are computed again")
struct RecomputationTests {
  @Test(
    "give the same gradients, bit for bit, and are not kept",
    arguments: [("resnet18", 18, ArchitectureSpec.BlockKind.basic), ("resnet50", 50, .bottleneck)])
  func gradients(_ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind) throws {
    let spec = ArchitectureSpec(
      name: name, depth: depth, block: block, width: 0.1, input: [3, 33, 40], classes: 5)
    var gradients: [[Tensor]] = []
    var kept: [Int] = []
    for most in [Int.max, 0] {
      let network = try ArchitectureRegistry.build(spec, seed: 3, engine: Engine(threads: 2))
      network.recomputationThreshold = most
      var stream = RandomStream(seed: 1, purpose: .test)
      let images = (0..<4 * 3 * 33 * 40).map { _ in stream.uniform() }
      // The second step meets buffers that the first has used.
      for _ in 0..<2 {
        let pass = network.train(network.planes(images, count: 4))
        kept.append(
          pass.tape.entries.compactMap { $0?.values.inputs.compactMap(\.self).count }.reduce(0, +))
        let gradient = CrossEntropy()(pass.logits, labels: [0, 1, 2, 3]).gradient
        network.backward(pass, gradient)
      }
      gradients.append(network.parameters.map(\.gradient))
    }
    #expect(gradients[0] == gradients[1])
    #expect(kept[0] == kept[1] && kept[2] == kept[3] && kept[2] < kept[0])
  }
}

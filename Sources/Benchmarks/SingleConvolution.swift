import Compute
import Network

/// A convolution to measure by itself: behind a 1x1 convolution, so that its input's gradient is
/// computed, and before the mean that gives the logits.
struct SingleConvolution: Equatable, Sendable {
  static let name = "convolution"

  private let inputs: Int
  private let outputs: Int
  private let kernel: Int
  private let stride: Int
  private let groups: Int
  /// Rows and columns of its input.
  private let size: Int

  /// Of `inputs=144,outputs=24,kernel=1,stride=1,groups=1`, of which all but the inputs may be left
  /// out: as many outputs, a kernel of 3, a stride of 1 and one group are usual.
  ///
  /// nil if it is not of this form, or such a network cannot be built.
  init?(_ text: String, size: Int) {
    var given: [String: Int] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2, ["inputs", "outputs", "kernel", "stride", "groups"].contains(pair[0]),
        let value = Int(pair[1]), (1...65536).contains(value),
        given.updateValue(value, forKey: pair[0]) == nil
      else { return nil }
    }
    guard let inputs = given["inputs"] else { return nil }
    let (kernel, stride, groups) = (given["kernel"] ?? 3, given["stride"] ?? 1, given["groups"] ?? 1)
    // Steps over all pixels, and kernels most of whose taps read none, would take much memory.
    guard stride <= size, kernel <= 2 * size + 1 else { return nil }
    (self.inputs, outputs, self.size) = (inputs, given["outputs"] ?? inputs, size)
    (self.kernel, self.stride, self.groups) = (kernel, stride, groups)
    guard graph != nil else { return nil }
  }

  var graph: Graph? {
    let convolution = Convolution(outputs: outputs, kernel: kernel, stride: stride, groups: groups)
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: size, columns: size))
    do {
      let before = try builder.add(Convolution(outputs: inputs, kernel: 1), [.image], layer: "before")
      let measured = try builder.add(convolution, [before], layer: Self.name)
      let mean = try builder.add(GlobalAveragePooling(), [measured], layer: "mean")
      _ = try builder.add(Linear(outputs: 10), [mean], layer: "logits")
      return try builder.graph()
    } catch {
      return nil
    }
  }
}

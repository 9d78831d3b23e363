/// The dimensions of a convolution: the planes that it reads, how many it makes, and how.
///
/// Every output channel reads the input channels of its group alone; with as many groups as inputs
/// it is a depthwise convolution. Rows and columns that it reads outside the input are zero.
public struct ConvolutionProblem: Hashable, Sendable {
  public let input: PlaneShape
  /// Output channels.
  public let outputs: Int
  /// Rows and columns of the kernel.
  public let kernel: Int
  public let stride: Int
  /// Rows and columns of zeros on each side of the input.
  public let padding: Int
  public let groups: Int
  /// Of the planes that are read: ``Precision/bfloat16`` if all of them are.
  public let precision: Precision
  /// Of the output's planes, or its gradient's.
  public let outputPrecision: Precision

  /// - Parameters:
  ///   - padding: nil for half the kernel.
  ///   - outputPrecision: nil for that of the planes that are read.
  public init(
    input: PlaneShape, outputs: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, groups: Int = 1,
    precision: Precision = .float32, outputPrecision: Precision? = nil
  ) {
    self.input = input
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding ?? kernel / 2
    self.groups = groups
    self.precision = precision
    self.outputPrecision = outputPrecision ?? precision
  }

  /// `[outputs, images, (rows + 2 * padding - kernel) / stride + 1, (columns + 2 * padding -
  /// kernel) / stride + 1]`
  public var output: PlaneShape {
    input.windowed(kernel, stride: stride, padding: padding).with(channels: outputs)
  }

  /// `[outputs, inputs / groups, kernel, kernel]`
  public var weightShape: [Int] { [outputs, input.channels / groups, kernel, kernel] }

  /// Whether all outputs read all inputs, and the kernel is odd and lies around the pixel it is
  /// for, with stride 1 or 2.
  var isCentered: Bool {
    groups == 1 && kernel % 2 == 1 && padding == kernel / 2 && stride <= 2
  }

  /// Whether it is a sum over shifted planes of the input, or with stride 2 over those of its
  /// phases: 1x1 or 3x3.
  public var isSumOfShiftedPlanes: Bool { isCentered && kernel <= 3 }
}

extension Engine {
  /// Checks what a convolution is given and returns its dimensions.
  func requireConvolution(
    input: PlaneShape, weight shape: [Int], stride: Int, padding: Int? = nil, groups: Int = 1,
    output: PlaneShape, precision: Precision, outputPrecision: Precision? = nil
  ) -> ConvolutionProblem {
    precondition(
      shape.count == 4 && shape[2] == shape[3] && shape[2] > 0,
      "weights of shape \(shape) are not [O, I, k, k]")
    precondition(stride > 0, "a stride of \(stride) is not possible")
    precondition(groups > 0, "\(groups) groups are not possible")
    precondition(
      shape[1] * groups == input.channels && shape[0] % groups == 0,
      "weights of shape \(shape) in groups of \(groups) do not fit the input \(input)")
    let problem = ConvolutionProblem(
      input: input, outputs: shape[0], kernel: shape[2], stride: stride, padding: padding, groups: groups,
      precision: precision, outputPrecision: outputPrecision)
    precondition(problem.padding >= 0, "a padding of \(problem.padding) is not possible")
    precondition(
      min(input.rows, input.columns) > 0
        && min(input.rows, input.columns) + 2 * problem.padding >= problem.kernel,
      "a kernel of \(problem.kernel) with padding \(problem.padding) does not fit into \(input)")
    precondition(
      output == problem.output,
      "convolving \(input) with \(shape), stride \(stride), gives \(problem.output), not \(output)")
    return problem
  }
}

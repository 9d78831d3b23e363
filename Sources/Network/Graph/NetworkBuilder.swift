import Compute

/// Puts a network together, layer by layer, keeping track of shapes and names.
///
/// ```swift
/// var builder = NetworkBuilder(input: input)
/// builder.convolution("conv1", normalization: "bn1", outputs: 16)
/// builder.residualBlock("layer1.0", channels: [16, 16], kernels: [3, 3], stride: 1)
/// let network = builder.globalAverage(classifier: "fc", classes: 10, engine: engine)
/// ```
public struct NetworkBuilder {
  private let input: PlaneShape
  private var features: [any FeatureLayer] = []
  private var channels: Int
  private var rows: Int
  private var columns: Int
  /// The channel group whose channels come in next.
  private var group: String?
  /// The residual stream that blocks add to next; nil before any layer.
  private var stream: ResidualStream?
  private var streams = 0

  /// - Parameter input: channels, rows and columns of an image; the number of images does not matter.
  public init(input: PlaneShape) {
    self.input = input
    channels = input.channels
    rows = input.rows
    columns = input.columns
  }

  /// What the pruning method may do with a plain convolution's channels; fixed ones start a residual stream.
  public enum Pruning: Sendable { case fixed, scored, prunable }

  // MARK: Features

  /// Convolution, batch norm, ReLU.
  public mutating func convolution(
    _ name: String, normalization: String, outputs: Int, kernel: Int = 3, stride: Int = 1,
    hasBias: Bool = false, pruning: Pruning = .fixed
  ) {
    let role: ConvolutionUnit.Role =
      switch pruning {
      case .fixed: .fixed
      case .scored: .scored
      case .prunable: .prunable
      }
    stream = role == .fixed ? startStream(outputs) : nil
    let unit = self.unit(
      name, normalization, outputs: outputs, kernel: kernel, stride: stride, hasBias: hasBias, role: role,
      stream: stream)
    features.append(unit)
    advance(to: unit)
  }

  public mutating func maxPooling(window: Int, stride: Int, padding: Int = 0) {
    let layer = MaxPooling(
      window: window, stride: stride, padding: padding, inputRows: rows, inputColumns: columns)
    features.append(layer)
    rows = layer.outputRows
    columns = layer.outputColumns
  }

  /// A residual block named as torchvision does: `NAME.conv1`, `NAME.bn1`, ..., `NAME.SHORTCUT.0`, `NAME.SHORTCUT.1`.
  ///
  /// - Parameters:
  ///   - channels: outputs of each convolution of the branch; the last is the residual stream's width behind the block.
  ///   - kernels: their kernels.
  ///   - strideAt: which convolution has the stride.
  ///   - shortcut: what the projection is called: `downsample` in torchvision.
  ///
  /// The shortcut is a projection where shape or width change.
  public mutating func residualBlock(
    _ name: String, channels widths: [Int], kernels: [Int], stride: Int, strideAt: Int = 0,
    shortcut: String = "shortcut"
  ) {
    let outside = (channels: channels, rows: rows, columns: columns, group: group)
    let isProjected = stride > 1 || outside.channels != widths.last
    if isProjected, let outputs = widths.last { stream = startStream(outputs) }
    var branch: [ConvolutionUnit] = []
    for (index, width) in widths.enumerated() {
      let isLast = index == widths.count - 1
      let unit = self.unit(
        "\(name).conv\(index + 1)", "\(name).bn\(index + 1)", outputs: width, kernel: kernels[index],
        stride: index == strideAt ? stride : 1, hasReLU: !isLast, role: .prunable,
        stream: isLast ? stream : nil)
      branch.append(unit)
      advance(to: unit)
    }
    let inside = (channels: channels, rows: rows, columns: columns, group: stream?.name)
    (channels, rows, columns, group) = outside
    let projection =
      isProjected
      ? unit(
        "\(name).\(shortcut).0", "\(name).\(shortcut).1", outputs: inside.channels, kernel: 1,
        stride: stride, hasReLU: false, role: .fixed, stream: stream) : nil
    (channels, rows, columns, group) = inside
    guard let last = branch.popLast() else { return }
    features.append(ResidualBlock(inner: branch, last: last, projection: projection))
  }

  private mutating func startStream(_ channels: Int) -> ResidualStream {
    defer { streams += 1 }
    return ResidualStream(name: "stream.\(streams)", channels: channels)
  }

  private func unit(
    _ name: String, _ normalization: String, outputs: Int, kernel: Int, stride: Int, hasBias: Bool = false,
    hasReLU: Bool = true, role: ConvolutionUnit.Role, stream: ResidualStream?
  ) -> ConvolutionUnit {
    let convolution = Convolution(
      name: name, inputs: channels, outputs: outputs, kernel: kernel, stride: stride, hasBias: hasBias,
      inputRows: rows, inputColumns: columns, inputGroup: group)
    return ConvolutionUnit(
      convolution, BatchNormalization(name: normalization, channels: outputs), hasReLU: hasReLU, role: role,
      stream: stream)
  }

  private mutating func advance(to unit: ConvolutionUnit) {
    channels = unit.convolution.outputs
    rows = unit.convolution.outputRows
    columns = unit.convolution.outputColumns
    group = unit.outputGroup
  }

  // MARK: Classifiers

  /// Global average pooling and one linear layer.
  public func globalAverage(classifier name: String, classes: Int, engine: Engine) -> Network {
    let linear = Linear(name: name, inputs: channels, outputs: classes, inputGroup: group)
    return Network(
      engine: engine, input: input, classes: classes, features: features, head: .globalAverage,
      classifier: [linear])
  }

  /// All pixels of the last planes, a hidden layer with ReLU and dropout, and the output layer.
  public func hiddenLayer(
    _ hiddenName: String, units: Int, dropout: Float, classifier name: String, classes: Int, engine: Engine
  ) -> Network {
    let pixels = rows * columns
    let hidden = Linear(
      name: hiddenName, inputs: channels * pixels, outputs: units, hasReLU: true, dropout: dropout,
      inputGroup: group, inputsPerChannel: pixels, isPrunable: true)
    let output = Linear(name: name, inputs: units, outputs: classes, inputGroup: hiddenName)
    return Network(
      engine: engine, input: input, classes: classes, features: features, head: .flatten,
      classifier: [hidden, output])
  }
}

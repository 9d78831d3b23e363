/// The network that is trained.
public struct ArchitectureSpec: Equatable, Sendable {
  /// As written: `resnet56`, `vgg16`, or `resnet` with a depth; `layers` for a network that the
  /// file declares, `onnx` for one from an ONNX file.
  public var name: String
  /// Layers with weights; 0 if the architecture has no depth.
  public var depth: Int
  public var block: BlockKind
  /// Channels that each layer of a densely connected network adds; nil for others.
  public var growth: Int?
  /// Multiplies the channels of every layer.
  public var width: Double
  /// Channels, rows, columns.
  public var input: [Int]
  /// Outputs of the classifier; at least the data set's number of classes.
  public var classes: Int
  /// A safetensors or ONNX file to start from.
  public var weights: String?
  /// The unexpanded path of the file, if it has variables; written to shared files.
  public var unexpandedWeights: String?
  /// Whether a new classifier replaces that of the weights, for example for other classes.
  public var hasNewHead = false
  /// The ONNX file that the layers are read from.
  public var onnx: String?
  /// The unexpanded path of that file, if it has variables.
  public var unexpandedONNX: String?
  /// The layers that the file declares itself.
  public var declaration: ArchitectureDeclaration?

  /// The block type: `basic` (two 3x3 convolutions), `bottleneck` (1x1, 3x3, 1x1), `plain` (no
  /// shortcut).
  public enum BlockKind: String, Equatable, Sendable, CaseIterable { case basic, bottleneck, plain }

  public init(
    name: String, depth: Int, block: BlockKind, growth: Int? = nil, width: Double = 1, input: [Int],
    classes: Int, weights: String? = nil, declaration: ArchitectureDeclaration? = nil
  ) {
    self.name = name
    self.depth = depth
    self.block = block
    self.width = width
    self.input = input
    self.classes = classes
    self.weights = weights
    self.growth = growth
    self.declaration = declaration
  }
}

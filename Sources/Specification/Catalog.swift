/// The names that experiment files may use: the contents of the registries, as data, so that this
/// target does not depend on them.
public struct Catalog: Sendable {
  public var datasets: [Dataset]
  public var architectures: [Architecture]
  public var criteria: [Criterion]
  /// Whether images and classes of a network must be those of the data set; false if other images
  /// replace it.
  public var checksDatasets = true
  /// Classes of a trained model, for a data set of pictures whose folder does not exist.
  public var modelClasses: Int?
  /// Kinds of layers of declared architectures.
  public var layerKinds: [LayerKind]
  /// The outline of an architecture.
  ///
  /// Nil, with problems reported, for an architecture that cannot be built.
  public var outline: @Sendable (ArchitectureSpec, _ report: (ArchitectureProblem) -> Void) -> NetworkOutline?
  /// The reduction of a network with every layer at its floor; nil if unknown.
  public var largestReduction: @Sendable (ArchitectureSpec, PruneSpec) -> Reduction?

  /// Why the start weights of a network do not fit, by the header of their file; nil if they do.
  public var weightsProblem: @Sendable (ArchitectureSpec) -> String? = { _ in nil }

  public init(
    datasets: [Dataset] = [], architectures: [Architecture] = [], criteria: [Criterion] = [],
    layerKinds: [LayerKind] = [],
    outline: @escaping @Sendable (ArchitectureSpec, (ArchitectureProblem) -> Void) -> NetworkOutline? = {
      _, _ in nil
    },
    largestReduction: @escaping @Sendable (ArchitectureSpec, PruneSpec) -> Reduction? = { _, _ in nil }
  ) {
    self.datasets = datasets
    self.architectures = architectures
    self.criteria = criteria
    self.layerKinds = layerKinds
    self.outline = outline
    self.largestReduction = largestReduction
  }

  /// Shares of a network's parameters and MACs.
  public struct Reduction: Equatable, Sendable {
    public var parameters: Double
    public var macs: Double

    public init(parameters: Double, macs: Double) {
      self.parameters = parameters
      self.macs = macs
    }
  }

  /// Properties of the network that the rest of an experiment needs.
  public struct NetworkOutline: Equatable, Sendable {
    public struct Group: Equatable, Sendable {
      public var name: String
      public var channels: Int
      /// Channels of the layer that each of these stands for: more than one if a grouped
      /// convolution ties them to each other.
      public var width: Int
      /// Whether these are units of a linear layer.
      public var isHidden: Bool
      /// Layers that compute the channels.
      public var members: [String]

      public init(
        name: String, channels: Int, width: Int = 1, isHidden: Bool = false, members: [String]? = nil
      ) {
        self.name = name
        self.channels = channels
        self.width = width
        self.isHidden = isHidden
        self.members = members ?? [name]
      }
    }

    /// Channel groups that can be pruned independently of residual streams.
    public var groups: [Group]
    /// Names of the residual streams.
    public var streams: [String]
    /// Every layer that makes channels, which are those that `prune.exclude` can name.
    public var layers: [String]

    public init(groups: [Group], streams: [String] = [], layers: [String]) {
      self.groups = groups
      self.streams = streams
      self.layers = layers
    }
  }

  /// Why an architecture cannot be built.
  public struct ArchitectureProblem: Error, Equatable, Sendable {
    /// The key of `architecture` that is wrong.
    public var key: String
    /// Source location and path of a declared layer, which replace the key.
    public var place: Place?
    public var path: String?
    public var message: String

    public init(key: String, place: Place? = nil, path: String? = nil, message: String) {
      self.key = key
      self.place = place
      self.path = path
      self.message = message
    }
  }

  public struct Dataset: Sendable {
    public var name: String
    /// Channels, rows, columns; for pictures, the default size of images.
    public var input: [Int]
    /// Nil if only the files can tell, like the two numbers of images.
    public var classes: Int?
    public var mean: [Double]
    public var std: [Double]
    public var trainImages: Int?
    public var testImages: Int?
    /// The path of the files if the experiment has no `path`, with `${NAME}` for environment
    /// variables; nil if the data is built in, or if `path` is required.
    public var defaultPath: String?
    /// The path where a system package installs the files, used if the default path does not exist.
    public var packagePath: String?
    /// For folders of pictures: counts the classes of a folder.
    public var countClasses: (@Sendable (_ path: String) -> FolderClasses)?

    /// The classes of a folder of pictures.
    public enum FolderClasses: Equatable, Sendable {
      case count(Int)
      /// The folder does not exist, as a sentence: another machine may have it.
      case unseen(String)
      /// The folder exists but is not a data set, with the reason as a sentence.
      case wrong(String)
    }

    /// Whether it is a folder of pictures of any size.
    public var isPictures: Bool { countClasses != nil }

    /// The path of the files if the experiment has no `path`, with environment variables expanded;
    /// nil if there is none, or if a variable is missing.
    public func defaultPath(in environment: [String: String]) -> String? {
      (try? standardPath(in: environment))?.expanded
    }

    /// The path of the files if the experiment has no `path`: unexpanded, and with environment
    /// variables expanded.
    func standardPath(
      in environment: [String: String]
    ) throws(ExpansionProblem) -> (written: String, expanded: String)? {
      guard let defaultPath else { return nil }
      let path = try expanded(defaultPath, environment: environment)
      if let packagePath, !isThere(path) { return (packagePath, packagePath) }
      return (defaultPath, path)
    }

    public init(
      name: String, input: [Int], classes: Int?, mean: [Double], std: [Double], trainImages: Int?,
      testImages: Int?, defaultPath: String?, packagePath: String? = nil,
      countClasses: (@Sendable (_ path: String) -> FolderClasses)? = nil
    ) {
      self.name = name
      self.input = input
      self.classes = classes
      self.mean = mean
      self.std = std
      self.trainImages = trainImages
      self.testImages = testImages
      self.defaultPath = defaultPath
      self.packagePath = packagePath
      self.countClasses = countClasses
    }
  }

  public struct Architecture: Sendable {
    /// A fixed name such as `vgg16`, or a family such as `resnet` whose depth is written in the
    /// file.
    public var name: String
    public var block: ArchitectureSpec.BlockKind
    /// Nil if the file sets the depth, or if there is no depth.
    public var depth: Int?
    /// Numbers that the file may set, with their defaults: `depth`, `growth`. A number without a
    /// default is required.
    public var parameters: [String: Int?]
    /// Images for benchmarks.
    public var benchmark: Images
    /// Images for which a network is usually designed.
    public struct Images: Sendable {
      /// Channels, rows, columns.
      public var input: [Int]
      public var classes: Int

      public static let cifar10 = Images(input: [3, 32, 32], classes: 10)
      public static let imagenet = Images(input: [3, 224, 224], classes: 1000)

      public init(input: [Int], classes: Int) {
        self.input = input
        self.classes = classes
      }
    }

    public init(
      name: String, block: ArchitectureSpec.BlockKind, depth: Int?, parameters: [String: Int?] = [:],
      benchmark: Images = .cifar10
    ) {
      self.name = name
      self.block = block
      self.depth = depth
      self.parameters = parameters
      self.benchmark = benchmark
    }
  }

  public struct Criterion: Sendable {
    public var name: String
    public var options: [Option]
    /// Whether scores depend on images, and so on how many are read.
    public var readsImages: Bool
    /// Whether it computes gradients of whole batches, in single precision.
    public var takesGradients: Bool

    public struct Option: Sendable {
      public var name: String
      public var form: Form
      /// Nil if it depends on other options.
      public var defaultValue: OptionValue?
      /// The sentence that editors show.
      public var summary: String

      public enum Form: Sendable {
        case number(ClosedRange<Double>)
        /// One of these.
        case word([String])
      }

      public init(name: String, _ form: Form, default defaultValue: OptionValue?, _ summary: String) {
        self.name = name
        self.form = form
        self.defaultValue = defaultValue
        self.summary = summary
      }
    }

    public init(
      name: String, options: [Option] = [], readsImages: Bool = true, takesGradients: Bool = false
    ) {
      self.name = name
      self.options = options
      self.readsImages = readsImages
      self.takesGradients = takesGradients
    }
  }
}

/// What an experiment file may name: the registries' contents, as data, so that this target knows
/// none of them.
public struct Catalog: Sendable {
  public var datasets: [Dataset]
  public var architectures: [Architecture]
  public var criteria: [Criterion]
  /// Whether images and classes of a network must be those of the data set, as they must unless
  /// others stand in for it.
  public var checksDatasets = true
  /// What layers a declared architecture may have.
  public var layerKinds: [LayerKind]
  /// What becomes of an architecture.
  ///
  /// Nil, with problems told, for one that cannot be built.
  public var outline: @Sendable (ArchitectureSpec, _ report: (ArchitectureProblem) -> Void) -> NetworkOutline?
  /// What is gone of a network when every layer is at its floor; nil where that is not known.
  public var largestReduction: @Sendable (ArchitectureSpec, PruneSpec) -> Reduction?

  /// Why the weights that a network starts from do not fit it, as far as their file's header tells;
  /// nil where they do.
  public var weightsProblem: @Sendable (ArchitectureSpec) -> String? = { _ in nil }

  public init(
    datasets: [Dataset], architectures: [Architecture], criteria: [Criterion], layerKinds: [LayerKind] = [],
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

  /// What the rest of an experiment has to know of its network.
  public struct NetworkOutline: Equatable, Sendable {
    public struct Group: Equatable, Sendable {
      public var name: String
      public var channels: Int
      /// Whether these are units of a linear layer.
      public var isHidden: Bool
      /// Layers that make the channels.
      public var members: [String]

      public init(name: String, channels: Int, isHidden: Bool = false, members: [String]? = nil) {
        self.name = name
        self.channels = channels
        self.isHidden = isHidden
        self.members = members ?? [name]
      }
    }

    /// Channels that can be removed without a residual stream.
    public var groups: [Group]
    /// Names of the residual streams.
    public var streams: [String]
    /// Every layer that has weights.
    public var layers: [String]

    public init(groups: [Group], streams: [String] = [], layers: [String]) {
      self.groups = groups
      self.streams = streams
      self.layers = layers
    }
  }

  /// Why an architecture cannot be built.
  public struct ArchitectureProblem: Error, Equatable, Sendable {
    /// The key of `architecture` that it is about.
    public var key: String
    /// Where a declared layer stands, and its path, which then count instead.
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
    /// Channels, rows, columns; of pictures, what they become where the experiment does not say.
    public var input: [Int]
    /// Nil where only the files can tell, as for the two numbers of images.
    public var classes: Int?
    public var mean: [Double]
    public var std: [Double]
    public var trainImages: Int?
    public var testImages: Int?
    /// Where the files are looked for when the experiment has no `path`, with `${NAME}` for
    /// environment variables; nil when the data is embedded, or when there has to be a `path`.
    public var defaultPath: String?
    /// Where a package of the system puts the files, which counts where nothing is at the default
    /// path.
    public var packagePath: String?
    /// Of folders of pictures of any size: what can be said of the classes in one.
    public var countClasses: (@Sendable (_ path: String) -> FolderClasses)?

    /// The classes of a folder of pictures.
    public enum FolderClasses: Equatable, Sendable {
      case count(Int)
      /// The folder is not there, as a sentence: another machine may have it.
      case unseen(String)
      /// It is there, and is no data set, as a sentence that says why.
      case wrong(String)
    }

    /// Whether it is a folder of pictures of any size.
    public var isPictures: Bool { countClasses != nil }

    /// Where the files are looked for when the experiment has no `path`; nil where there is no such
    /// place, or a variable is missing.
    public func defaultPath(in environment: [String: String]) -> String? {
      (try? standardPath(in: environment))?.expanded
    }

    /// Where the files are looked for when the experiment has no `path`: as it is written, and with
    /// environment variables expanded.
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
    /// Nil when the file gives the depth, or there is no such number.
    public var depth: Int?
    /// Numbers that the file may give, with their defaults: `depth`, `growth`. A family without a
    /// default needs one.
    public var parameters: [String: Int?]
    /// What benchmarks measure it on.
    public var benchmark: Images
    /// Images that a network is usually made for.
    public struct Images: Sendable {
      /// Channels, rows, columns.
      public var input: [Int]
      public var classes: Int

      public static let cifar10 = Images(input: [3, 32, 32], classes: 10)
      public static let imagenet = Images(input: [3, 224, 224], classes: 1000)
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

    public struct Option: Sendable {
      public var name: String
      public var form: Form
      /// Nil when it depends on other options.
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

    public init(name: String, options: [Option] = []) {
      self.name = name
      self.options = options
    }
  }
}

/// Which images, how many of them, and what is done to them before the network sees them.
public struct DatasetSpec: Equatable, Sendable {
  public var name: String
  /// Folder of the files, environment variables expanded, relative to the working directory; nil for embedded data.
  public var path: String?
  /// Training images used, a seeded, class-balanced choice; nil for all.
  public var trainLimit: Int?
  /// Test images used, chosen likewise; nil for all.
  public var testLimit: Int?
  public var augment: AugmentSpec
  public var normalize: NormalizeSpec

  public init(
    name: String, path: String? = nil, trainLimit: Int? = nil, testLimit: Int? = nil,
    augment: AugmentSpec = AugmentSpec(), normalize: NormalizeSpec
  ) {
    self.name = name
    self.path = path
    self.trainLimit = trainLimit
    self.testLimit = testLimit
    self.augment = augment
    self.normalize = normalize
  }
}

/// Random changes of the training images.
public struct AugmentSpec: Equatable, Sendable {
  /// Zero padding, in pixels, of the random crop; nil for no crop.
  public var randomCropPadding: Int?
  public var horizontalFlip: Bool

  public init(randomCropPadding: Int? = nil, horizontalFlip: Bool = false) {
    self.randomCropPadding = randomCropPadding
    self.horizontalFlip = horizontalFlip
  }
}

/// Per input channel, in units of pixel values scaled to [0, 1].
public struct NormalizeSpec: Equatable, Sendable {
  public var mean: [Double]
  public var std: [Double]

  public init(mean: [Double], std: [Double]) {
    self.mean = mean
    self.std = std
  }
}

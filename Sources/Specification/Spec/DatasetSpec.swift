/// Which images, how many of them, and how they are preprocessed.
public struct DatasetSpec: Equatable, Sendable {
  public var name: String
  /// Folder of the files, environment variables expanded, relative to the working directory; nil
  /// for embedded data.
  public var path: String?
  /// The path as written, if it contains variables; used in files meant to be shared.
  public var unexpandedPath: String?
  /// Number of training images used, a seeded class-balanced subset; nil for all.
  public var trainLimit: Int?
  /// Number of test images used, chosen likewise; nil for all.
  public var testLimit: Int?
  /// Nil for data sets whose images have one size.
  public var pictures: PictureSpec?
  public var augment: AugmentSpec
  public var normalize: NormalizeSpec

  public init(
    name: String, path: String? = nil, trainLimit: Int? = nil, testLimit: Int? = nil,
    pictures: PictureSpec? = nil, augment: AugmentSpec = AugmentSpec(), normalize: NormalizeSpec
  ) {
    self.name = name
    self.path = path
    self.trainLimit = trainLimit
    self.testLimit = testLimit
    self.pictures = pictures
    self.augment = augment
    self.normalize = normalize
  }
}

/// How pictures of any size become images of one.
public struct PictureSpec: Equatable, Sendable {
  /// Rows, and columns, of an image.
  public var size: Int
  /// Length of a picture's shorter side before the center crop, at least `size`.
  public var resize: Int
  public var damaged: DamagePolicy
  /// Largest number of pixels of a stored picture; larger pictures are not decoded.
  public var maximumPixels: Int

  /// How to handle a picture that cannot be decoded: end the run, or skip it.
  public enum DamagePolicy: String, Equatable, Sendable, CaseIterable { case fail, skip }

  public init(
    size: Int = 224, resize: Int? = nil, damaged: DamagePolicy = .fail, maximumPixels: Int = 1 << 26
  ) {
    self.size = size
    self.resize = resize ?? size
    self.damaged = damaged
    self.maximumPixels = maximumPixels
  }

  /// The default `resize`: 256 for 224 if training uses random crops, else `size`.
  public static func standardResize(size: Int, crops: Bool) -> Int {
    crops ? Int((Double(size) * 8 / 7).rounded()) : size
  }
}

/// Random augmentation of the training images.
public struct AugmentSpec: Equatable, Sendable {
  /// Zero padding, in pixels, of the random crop; nil for no crop.
  public var randomCropPadding: Int?
  /// Random crop of pictures of any size; nil for the center crop.
  public var randomResizedCrop: RandomResizedCropSpec?
  public var horizontalFlip: Bool

  public init(
    randomCropPadding: Int? = nil, randomResizedCrop: RandomResizedCropSpec? = nil,
    horizontalFlip: Bool = false
  ) {
    self.randomCropPadding = randomCropPadding
    self.randomResizedCrop = randomResizedCrop
    self.horizontalFlip = horizontalFlip
  }
}

/// A random crop of a picture, of random size, aspect ratio and position, that is resized to an
/// image.
public struct RandomResizedCropSpec: Equatable, Sendable {
  /// Area of the crop / area of the picture.
  public var scale: ClosedRange<Double>
  /// Width of the crop / its height.
  public var ratio: ClosedRange<Double>

  public init(scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 0.75...4.0 / 3) {
    self.scale = scale
    self.ratio = ratio
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

/// The keys of `dataset` that control how pictures of any size are converted to images of one size.
struct PictureSection: Sendable {
  let size = Field(
    "size", .wholeNumber(1...4096),
    "With `image-folder`: rows and columns of the images that pictures are resized to; default: 224.")
  let resize = Field(
    "resize", .wholeNumber(1...8192),
    "With `image-folder`: length in pixels of a picture's shorter side before the center crop;"
      + " default: the size, or with `random_resized_crop` 8/7 of it, 256 for 224.")
  let damaged = Field(
    "damaged", .choice(PictureSpec.DamagePolicy.allCases.map(\.rawValue), "way with damaged pictures"),
    "With `image-folder`: `fail` ends the run at a damaged picture, `skip` leaves it out; default: fail.")

  let maximumPixels = Field(
    "maximum_pixels", .wholeNumber(1...1 << 30),
    "With `image-folder`: largest number of pixels of a stored picture, each of which takes four bytes while"
      + " decoding; default: \(PictureSpec().maximumPixels).")

  var keys: [Key] { [size.key, resize.key, damaged.key, maximumPixels.key] }

  /// - Parameter crops: whether training images are random crops of pictures.
  func read(_ mapping: MappingReader, standardSize: Int, crops: Bool) -> PictureSpec? {
    let size = mapping.has(size.name) ? mapping[size] : standardSize
    let resize: Int? =
      mapping.has(resize.name)
      ? mapping[resize] : size.map { PictureSpec.standardResize(size: $0, crops: crops) }
    let damaged = mapping.has(damaged.name) ? mapping[damaged] : PictureSpec.DamagePolicy.fail.rawValue
    let maximumPixels =
      mapping.has(maximumPixels.name) ? mapping[maximumPixels] : PictureSpec().maximumPixels
    guard let size, let resize, let maximumPixels,
      let damaged = damaged.flatMap(PictureSpec.DamagePolicy.init)
    else {
      return nil
    }
    guard resize >= size else {
      mapping.report(self.resize.name, "expected at least the size, \(size), found \(resize)")
      return nil
    }
    return PictureSpec(size: size, resize: resize, damaged: damaged, maximumPixels: maximumPixels)
  }

  func write(_ spec: PictureSpec) -> [(String, JSON)] {
    [
      size.entry(spec.size), resize.entry(spec.resize), damaged.entry(spec.damaged.rawValue),
      maximumPixels.entry(spec.maximumPixels),
    ]
  }
}

/// `dataset.augment.random_resized_crop`.
struct RandomResizedCropSection: Sendable {
  static let name = "random_resized_crop"
  let scale = Field(
    "scale", .list(of: .number(Bounds(lower: 0, includesLower: false, upper: 1)), count: 2),
    default: RandomResizedCropSpec().scale.ends, "Smallest and largest share of the picture's area.")
  let ratio = Field(
    "ratio", .list(of: .number(Bounds(lower: 0.001, upper: 1000)), count: 2),
    default: RandomResizedCropSpec().ratio.ends, "Smallest and largest aspect ratio, width / height.")

  var keys: [Key] { [scale.key, ratio.key] }

  var key: Key {
    .mapping(
      Self.name, keys,
      "With `image-folder`: train on a random part of each picture; `{}` for the usual ranges of size and shape."
    )
  }

  func read(_ mapping: MappingReader) -> RandomResizedCropSpec? {
    let scale = range(scale, mapping)
    let ratio = range(ratio, mapping)
    guard let scale, let ratio else { return nil }
    return RandomResizedCropSpec(scale: scale, ratio: ratio)
  }

  private func range(_ field: Field<[Double]>, _ mapping: MappingReader) -> ClosedRange<Double>? {
    guard let ends = mapping[field], ends.count == 2 else { return nil }
    guard ends[0] <= ends[1] else {
      mapping.report(
        field.name, "expected the smaller number first, found [\(plain(ends[0])), \(plain(ends[1]))]")
      return nil
    }
    return ends[0]...ends[1]
  }

  func write(_ spec: RandomResizedCropSpec) -> JSON {
    .object([scale.entry(spec.scale.ends), ratio.entry(spec.ratio.ends)])
  }
}

extension ClosedRange<Double> {
  fileprivate var ends: [Double] { [lowerBound, upperBound] }
}

/// `dataset`: its keys, how they become a ``DatasetSpec`` and back.
struct DatasetSection: Sendable {
  let name: Field<String>
  let path = Field(
    "path", .path,
    "Folder of the data set's files, relative to the working directory; `${NAME}` is an environment variable."
  )
  let trainLimit = Field(
    "train_limit", .wholeNumber(1...1_000_000_000),
    "Train on this many images only: a seeded choice with equally many of each class.")
  let testLimit = Field(
    "test_limit", .wholeNumber(1...1_000_000_000), "Evaluate on this many test images only, chosen likewise.")
  let augment = AugmentSection()
  let normalize = NormalizeSection()

  init(_ catalog: Catalog) {
    name = Field(
      "name", .choice(catalog.datasets.map(\.name), "data set"), required: true, "The images to learn.")
  }

  var keys: [Key] {
    [
      name.key, path.key, trainLimit.key, testLimit.key,
      .mapping("augment", augment.keys, "Random changes of the training images."),
      .mapping(
        "normalize", normalize.keys, "Constants that make pixel values small; default: the data set's own."),
    ]
  }

  /// - Returns: the specification and the catalog's entry, each nil after an error in what it depends on.
  func read(_ mapping: MappingReader) -> (DatasetSpec?, Catalog.Dataset?) {
    let name = mapping[name]
    let dataset = mapping.context.catalog.datasets.first { $0.name == name }
    let path = readPath(mapping, dataset)
    let trainLimit = readLimit(self.trainLimit, of: dataset?.trainImages, "training", mapping, dataset)
    let testLimit = readLimit(self.testLimit, of: dataset?.testImages, "test", mapping, dataset)
    let augment = mapping.mapping("augment", self.augment.keys).flatMap(self.augment.read)
    let normalize = mapping.mapping("normalize", self.normalize.keys).flatMap {
      self.normalize.read($0, dataset)
    }
    guard let name, let path, let trainLimit, let testLimit, let augment, let normalize else {
      return (nil, dataset)
    }
    let spec = DatasetSpec(
      name: name, path: path, trainLimit: trainLimit, testLimit: testLimit, augment: augment,
      normalize: normalize)
    return (spec, dataset)
  }

  private func readPath(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> String?? {
    if mapping.has(path.name) { return mapping.optional(path) }
    guard let standard = dataset?.defaultPath else { return .some(nil) }
    do throws(ExpansionProblem) {
      return .some(try expanded(standard, environment: mapping.context.environment))
    } catch {
      mapping.report(path.name, "the data set's default path cannot be used: \(error.message)")
      return nil
    }
  }

  private func readLimit(
    _ field: Field<Int>, of images: Int?, _ part: String, _ mapping: MappingReader,
    _ dataset: Catalog.Dataset?
  ) -> Int?? {
    let limit = mapping.optional(field)
    guard case .some(.some(let value)) = limit, let dataset, let images else { return limit }
    if value < dataset.classes {
      mapping.report(
        field.name,
        "\(value) images are too few: \(dataset.name) has \(dataset.classes) classes, each needs one")
      return nil
    }
    if value > images {
      mapping.report(field.name, "\(dataset.name) has only \(images) \(part) images, found \(value)")
      return nil
    }
    return limit
  }

  func write(_ spec: DatasetSpec) -> JSON {
    .object([
      name.entry(spec.name), path.entry(spec.path), trainLimit.entry(spec.trainLimit),
      testLimit.entry(spec.testLimit), ("augment", augment.write(spec.augment)),
      ("normalize", normalize.write(spec.normalize)),
    ])
  }
}

/// `dataset.augment`.
struct AugmentSection: Sendable {
  let padding = Field(
    "padding", .wholeNumber(1...256), required: true, "Pixels of zeros added on every side before the crop.")
  let horizontalFlip = Field(
    "horizontal_flip", .boolean, default: AugmentSpec().horizontalFlip,
    "Mirror every second image, by chance.")

  var keys: [Key] {
    [
      .mapping("random_crop", [padding.key], "Cut the image out of a padded one at a random place."),
      horizontalFlip.key,
    ]
  }

  func read(_ mapping: MappingReader) -> AugmentSpec? {
    var crop: Int?? = .some(nil)
    if mapping.has("random_crop") {
      crop = mapping.mapping("random_crop", [padding.key]).flatMap { $0[padding] }.map { .some($0) }
    }
    let flip = mapping[horizontalFlip]
    guard let crop, let flip else { return nil }
    return AugmentSpec(randomCropPadding: crop, horizontalFlip: flip)
  }

  func write(_ spec: AugmentSpec) -> JSON {
    .object([
      ("random_crop", spec.randomCropPadding.map { .object([padding.entry($0)]) } ?? .null),
      horizontalFlip.entry(spec.horizontalFlip),
    ])
  }
}

/// `dataset.normalize`.
struct NormalizeSection: Sendable {
  let mean = Field(
    "mean", .list(of: .number(.any)), "Subtracted from pixel values in [0, 1], one number a channel.")
  let std = Field("std", .list(of: .number(.positive)), "Divides them then, one number a channel.")

  var keys: [Key] { [mean.key, std.key] }

  func read(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> NormalizeSpec? {
    let mean = read(self.mean, default: dataset?.mean, mapping, dataset)
    let std = read(self.std, default: dataset?.std, mapping, dataset)
    guard let mean, let std else { return nil }
    return NormalizeSpec(mean: mean, std: std)
  }

  private func read(
    _ field: Field<[Double]>, default standard: [Double]?, _ mapping: MappingReader,
    _ dataset: Catalog.Dataset?
  ) -> [Double]? {
    guard mapping.has(field.name) else { return standard }
    guard let values = mapping[field] else { return nil }
    if let dataset, let channels = dataset.input.first, values.count != channels {
      mapping.report(
        field.name, "expected one number a channel, \(channels) for \(dataset.name), found \(values.count)")
      return nil
    }
    return values
  }

  func write(_ spec: NormalizeSpec) -> JSON {
    .object([mean.entry(spec.mean), std.entry(spec.std)])
  }
}

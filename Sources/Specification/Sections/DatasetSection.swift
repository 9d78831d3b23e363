/// `dataset`: its keys, how they become a ``DatasetSpec`` and back.
struct DatasetSection: Sendable {
  let name: Field<String>
  let path = Field(
    "path", .path,
    "Folder of the data set's files, relative to the working directory; `${NAME}` is an environment variable, `~/`"
      + " the home folder."
  )
  let trainLimit = Field(
    "train_limit", .wholeNumber(1...1_000_000_000),
    "Train on this number of images only: a seeded random choice, balanced by class.")
  let testLimit = Field(
    "test_limit", .wholeNumber(1...1_000_000_000),
    "Evaluate on this number of test images only, chosen in the same way.")
  let pictures = PictureSection()
  let augment = AugmentSection()
  let normalize = NormalizeSection()

  init(_ catalog: Catalog) {
    name = Field(
      "name", .choice(catalog.datasets.map(\.name), "data set"), required: true,
      "The images to train and test on.")
  }

  var keys: [Key] {
    [
      name.key, path.key, trainLimit.key, testLimit.key,
    ] + pictures.keys + [
      .mapping("augment", augment.keys, "Random augmentation of the training images."),
      .mapping(
        "normalize", normalize.keys,
        "Mean and standard deviation that normalize pixel values; default: the data set's own."),
    ]
  }

  /// - Parameter classesAreGiven: whether the experiment sets the number of classes, so that the
  ///   folder of pictures need not exist.
  /// - Returns: the specification and the catalog's entry, each nil after an error that concerns
  ///   it. For pictures, the entry includes what the files or other keys say.
  func read(_ mapping: MappingReader, classesAreGiven: Bool) -> (DatasetSpec?, Catalog.Dataset?) {
    let name = mapping[name]
    var dataset = mapping.context.catalog.datasets.first { $0.name == name }
    let (path, standard) = readPath(mapping, dataset)
    let augment = mapping.mapping("augment", self.augment.keys).flatMap { self.augment.read($0, dataset) }
    let pictures = readPictures(mapping, dataset, augment)
    if let entry = dataset, entry.isPictures {
      if let pictures = pictures ?? nil { dataset?.input = [3, pictures.size, pictures.size] }
      dataset = withClasses(dataset, path ?? nil, classesAreGiven, mapping)
    }
    let trainLimit = readLimit(self.trainLimit, of: dataset?.trainImages, "training", mapping, dataset)
    let testLimit = readLimit(self.testLimit, of: dataset?.testImages, "test", mapping, dataset)
    let normalize = mapping.mapping("normalize", self.normalize.keys).flatMap {
      self.normalize.read($0, dataset)
    }
    guard let name, let path, let trainLimit, let testLimit, let pictures, let augment, let normalize else {
      return (nil, dataset)
    }
    var spec = DatasetSpec(
      name: name, path: path, trainLimit: trainLimit, testLimit: testLimit, pictures: pictures,
      augment: augment, normalize: normalize)
    spec.unexpandedPath = mapping.unexpandedPath(self.path, of: path, default: standard)
    return (spec, dataset)
  }

  /// The entry of a data set of pictures with the number of classes in its folder; nil after an
  /// error.
  private func withClasses(
    _ dataset: Catalog.Dataset?, _ path: String?, _ areGiven: Bool, _ mapping: MappingReader
  ) -> Catalog.Dataset? {
    guard let path, var dataset else { return nil }
    var hint = ""
    if case .scalar(let scalar)? = mapping.node(self.path.name)?.content {
      hint = bareVariableProblem(in: scalar.text).map { "; \($0)" } ?? ""
    }
    switch dataset.countClasses?(path) {
    case .count(let count):
      dataset.classes = count
      guard count > 1 || areGiven || !mapping.context.catalog.checksDatasets else {
        mapping.report(
          self.path.name,
          "there are pictures of one class, and a classifier needs at least two; expected a folder of pictures"
            + " for each class")
        return nil
      }
    case .wrong(let problem) where mapping.context.catalog.checksDatasets:
      mapping.report(self.path.name, problem + hint)
      return nil
    // Such as the empty folder that something would be mounted on.
    case .unseen(let problem), .wrong(let problem):
      if areGiven { break }
      if let classes = mapping.context.catalog.modelClasses {
        dataset.classes = classes
        break
      }
      mapping.report(
        self.path.name, "\(problem)\(hint); if only another machine has it, give `architecture.classes`")
      return nil
    case nil: break
    }
    return dataset
  }

  /// `.some(nil)` for a data set that has no pictures, and nil after an error.
  private func readPictures(
    _ mapping: MappingReader, _ dataset: Catalog.Dataset?, _ augment: AugmentSpec?
  ) -> PictureSpec?? {
    guard let dataset else { return .some(nil) }
    guard dataset.isPictures else {
      let written = pictures.keys.map(\.name).filter(mapping.has)
      for key in written {
        mapping.refuse(
          key, with: name.name, "the images of \(dataset.name) have one size",
          advice: "; leave the key out")
      }
      return written.isEmpty ? .some(nil) : nil
    }
    return pictures.read(
      mapping, standardSize: dataset.input.last ?? 1, crops: augment?.randomResizedCrop != nil
    ).map { .some($0) }
  }

  /// - Returns: the path, nil after an error, and the unexpanded default path if it is used.
  private func readPath(
    _ mapping: MappingReader, _ dataset: Catalog.Dataset?
  ) -> (path: String??, standard: String?) {
    if mapping.has(path.name) {
      if let dataset, !dataset.isPictures, dataset.defaultPath == nil {
        mapping.warn(path.name, "it has no effect, since \(quoted(dataset.name)) is built in")
      }
      return (mapping.optional(path), nil)
    }
    if let dataset, dataset.isPictures {
      mapping.reportMissing(path.name, "the folder of the pictures")
      return (nil, nil)
    }
    do throws(ExpansionProblem) {
      let standard = try dataset?.standardPath(in: mapping.context.environment)
      return (.some(standard?.expanded), standard?.written)
    } catch {
      mapping.report(path.name, "the data set's default path cannot be used: \(error.message)")
      return (nil, nil)
    }
  }

  private func readLimit(
    _ field: Field<Int>, of images: Int?, _ part: String, _ mapping: MappingReader,
    _ dataset: Catalog.Dataset?
  ) -> Int?? {
    let limit = mapping.optional(field)
    guard case .some(.some(let value)) = limit, let dataset else { return limit }
    if let classes = dataset.classes, value < classes {
      mapping.report(
        field.name,
        "\(value) images are too few: \(dataset.name) has \(classes) classes, each needs one")
      return nil
    }
    if let images, value > images {
      mapping.report(field.name, "\(dataset.name) has only \(images) \(part) images, found \(value)")
      return nil
    }
    return limit
  }

  /// The keys of pictures are written only for pictures.
  func write(_ spec: DatasetSpec) -> JSON {
    .object(
      [
        name.entry(spec.name),
        spec.unexpandedPath.map { (path.name, .string($0)) } ?? path.entry(spec.path),
        trainLimit.entry(spec.trainLimit),
        testLimit.entry(spec.testLimit),
      ] + (spec.pictures.map(pictures.write) ?? []) + [
        ("augment", augment.write(spec.augment)), ("normalize", normalize.write(spec.normalize)),
      ])
  }
}

/// `dataset.augment`.
struct AugmentSection: Sendable {
  let padding = Field(
    "padding", .wholeNumber(1...256), required: true, "Pixels of zeros added on every side before the crop.")
  let randomResizedCrop = RandomResizedCropSection()
  let horizontalFlip = Field(
    "horizontal_flip", .boolean, default: AugmentSpec().horizontalFlip,
    "Mirror each image with probability 1/2.")

  var keys: [Key] {
    [
      .mapping("random_crop", [padding.key], "Crop the padded image at a random position."),
      randomResizedCrop.key, horizontalFlip.key,
    ]
  }

  func read(_ mapping: MappingReader, _ dataset: Catalog.Dataset?) -> AugmentSpec? {
    var crop: Int?? = .some(nil)
    if mapping.has("random_crop") {
      crop = mapping.mapping("random_crop", [padding.key]).flatMap { $0[padding] }.map { .some($0) }
    }
    let resizedCrop = readResizedCrop(mapping, dataset)
    let flip = mapping[horizontalFlip]
    guard let crop, let resizedCrop, let flip else { return nil }
    return AugmentSpec(randomCropPadding: crop, randomResizedCrop: resizedCrop, horizontalFlip: flip)
  }

  /// `.some(nil)` for none, nil after an error.
  private func readResizedCrop(
    _ mapping: MappingReader, _ dataset: Catalog.Dataset?
  ) -> RandomResizedCropSpec?? {
    let name = RandomResizedCropSection.name
    guard mapping.has(name) else { return .some(nil) }
    if let dataset, !dataset.isPictures {
      mapping.reportKey(name, "the images of \(dataset.name) have one size; use `random_crop`")
      return nil
    }
    if mapping.has("random_crop") {
      mapping.refuse(
        name, with: "random_crop", "expected only one of `random_crop` and `\(name)`", isMutual: true)
      return nil
    }
    return mapping.mapping(name, randomResizedCrop.keys).flatMap(randomResizedCrop.read).map { .some($0) }
  }

  func write(_ spec: AugmentSpec) -> JSON {
    let resizedCrop = spec.randomResizedCrop.map {
      (RandomResizedCropSection.name, randomResizedCrop.write($0))
    }
    return .object(
      [("random_crop", spec.randomCropPadding.map { .object([padding.entry($0)]) } ?? .null)]
        + (resizedCrop.map { [$0] } ?? []) + [horizontalFlip.entry(spec.horizontalFlip)])
  }
}

/// `dataset.normalize`.
struct NormalizeSection: Sendable {
  let mean = Field(
    "mean", .list(of: .number(.any)), "Subtracted from pixel values in [0, 1]; one number per channel.")
  let std = Field("std", .list(of: .number(.positive)), "Divides the difference; one number per channel.")

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
    if let outlier = values.first(where: { !(0...1).contains($0) }) {
      mapping.warn(
        field.name,
        "pixel values are in [0, 1], found \(plain(outlier))\(outlier > 1 ? "; divide by 255" : "")")
    }
    return values
  }

  func write(_ spec: NormalizeSpec) -> JSON {
    .object([mean.entry(spec.mean), std.entry(spec.std)])
  }
}

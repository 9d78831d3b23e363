/// The whole file: the table of its keys, how they become an ``ExperimentSpec`` and back.
struct ExperimentSection: Sendable {
  let format = Field("format", .wholeNumber(1...1), required: true, "Version of this format.")
  let name = Field("name", .folderName, required: true, "Name of the experiment and of its result folder.")
  let description = Field("description", .text, default: "", "A sentence that describes the experiment.")
  let extends = Field(
    "extends", .path,
    "A file whose keys this one inherits unless it sets them itself; relative to this file.")
  let seeds = Field(
    "seeds", .list(of: .seed, isUnique: true, most: 1000), default: [0],
    "One run per seed; reports give mean and standard deviation.")
  let dataset: DatasetSection
  let architecture: ArchitectureSection
  let train = TrainSection()
  let prune: PruneSection
  let evaluate = EvaluateSection()
  let export = ExportSection()
  let expect = ExpectSection()

  init(_ catalog: Catalog) {
    dataset = DatasetSection(catalog)
    architecture = ArchitectureSection(catalog)
    prune = PruneSection(catalog)
  }

  /// Expanded before the rest is read, like `extends`.
  var matrix: Key {
    Key(
      name: "matrix",
      summary: "One experiment for every combination of values: lists of values by dotted path.",
      shape: .matrix(plainKeys.filter { ![format.name, name.name, extends.name].contains($0.name) }))
  }

  var keys: [Key] { plainKeys + [matrix] }

  private var plainKeys: [Key] {
    [
      format.key, name.key, description.key, extends.key, seeds.key,
      .mapping("dataset", dataset.keys, required: true, "The images to train and test on."),
      .mapping(
        "architecture", architecture.keys, exactlyOneOf: [architecture.sources], required: true,
        "The network."),
      .mapping("train", train.keys, required: true, "How the network is trained."),
      prune.key,
      .mapping("evaluate", evaluate.keys, "What is measured, and how often."),
      .mapping("export", export.keys, "How the trained networks are written."),
      .mapping("expect", expect.keys, "Published numbers, and limits within which they count as reproduced."),
    ]
  }

  /// Nil, with errors reported, if the file is not a valid experiment. `extends` must have been
  /// followed before.
  func read(_ node: Node, _ context: ReadingContext) -> ExperimentSpec? {
    let keys = keys
    let start = Place(file: node.place.file)
    guard
      let mapping = MappingReader(
        node, place: start, path: "", keys: keys, context)
    else { return nil }

    let format = mapping[format]
    let name = mapping[name]
    let description = mapping[description]
    let seeds = mapping[seeds]
    let classesAreGiven = node.value(at: "architecture.classes").map { !$0.isNull } ?? false
    let (dataset, data) =
      mapping.requiredMapping("dataset", self.dataset.keys).map {
        self.dataset.read($0, classesAreGiven: classesAreGiven)
      } ?? (nil, nil)
    let images = dataset.flatMap { $0.trainLimit ?? data?.trainImages }
    let architecture = mapping.requiredMapping("architecture", self.architecture.keys)
      .flatMap { self.architecture.read($0, data) }
    let (train, epochs) = mapping.requiredMapping("train", self.train.keys).map(self.train.read) ?? (nil, nil)
    let hasPrune = mapping.has("prune")
    let prune =
      hasPrune
      ? mapping.mapping("prune", self.prune.keys)
        .flatMap { self.prune.read($0, epochs: epochs, trainingImages: images, architecture: architecture) }
      : nil
    let evaluate = mapping.mapping("evaluate", self.evaluate.keys)
      .flatMap { self.evaluate.read($0, classes: architecture?.classes) }
    let export = mapping.mapping("export", self.export.keys).flatMap(self.export.read)
    let expectations = mapping.mapping("expect", expect.keys).map {
      expect.read($0, hasPrune: hasPrune, metrics: evaluate?.metrics)
    }

    guard context.diagnostics.isEmpty, format != nil, let name, let description, let seeds, let dataset,
      let architecture, let train, let evaluate, let export, let expectations
    else { return nil }
    return ExperimentSpec(
      name: name, description: description, seeds: seeds, dataset: dataset, architecture: architecture,
      train: train, prune: prune, evaluate: evaluate, export: export, expectations: expectations)
  }

  func write(_ spec: ExperimentSpec) -> JSON {
    .object([
      format.entry(1), name.entry(spec.name), description.entry(spec.description), seeds.entry(spec.seeds),
      ("dataset", dataset.write(spec.dataset)),
      ("architecture", architecture.write(spec.architecture)), ("train", train.write(spec.train)),
      ("prune", spec.prune.map(prune.write) ?? .null), ("evaluate", evaluate.write(spec.evaluate)),
      ("export", export.write(spec.export)), ("expect", expect.write(spec.expectations)),
    ])
  }
}

/// One fully resolved experiment: a file after `extends`, `--set` and defaults.
///
/// A value of this type from ``ExperimentFile`` has passed every check, so its users need not
/// repeat them.
public struct ExperimentSpec: Equatable, Sendable {
  /// Names the result folder: lower-case letters, digits, `.`, `_` and `-`.
  public var name: String
  public var description: String
  /// One run per seed; never empty, without duplicates.
  public var seeds: [UInt64]
  public var dataset: DatasetSpec
  public var architecture: ArchitectureSpec
  public var train: TrainSpec
  /// Nil if the experiment trains only a baseline.
  public var prune: PruneSpec?
  public var evaluate: EvaluateSpec
  public var export: ExportSpec
  /// In the order of ``ExpectationSpec/Metric``.
  public var expectations: [ExpectationSpec]

  public init(
    name: String, description: String = "", seeds: [UInt64] = [0], dataset: DatasetSpec,
    architecture: ArchitectureSpec, train: TrainSpec, prune: PruneSpec? = nil,
    evaluate: EvaluateSpec = EvaluateSpec(), export: ExportSpec = ExportSpec(),
    expectations: [ExpectationSpec] = []
  ) {
    self.name = name
    self.description = description
    self.seeds = seeds
    self.dataset = dataset
    self.architecture = architecture
    self.train = train
    self.prune = prune
    self.evaluate = evaluate
    self.export = export
    self.expectations = expectations
  }
}

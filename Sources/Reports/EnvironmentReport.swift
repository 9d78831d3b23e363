/// Where a report was written, or a session of a training ran.
public struct EnvironmentReport: Codable, Equatable, Sendable {
  public var version: String
  public var processor: String
  public var kernels: String
  public var blasCore: String?
  public var threads: Int
  /// When the report was written, or the session started; ISO 8601.
  public var date: String
  /// OpenBLAS's release; missing in older reports, like all members below.
  public var blasRelease: String?
  /// Name of the machine that wrote the report.
  public var host: String?
  /// The Slurm or Kubernetes job that wrote the report; nil outside of both.
  public var job: String?
  /// Commit of the experiment file's repository; nil if it is not in one.
  public var gitCommit: String?
  /// Whether files of the experiment's folder differ from the commit.
  public var gitDirty: Bool?
  /// Processes that mpirun started for the run that wrote the report; nil for one.
  public var mpiRanks: Int?
  /// Expanded paths, by key, of keys that have variables or `~` in their paths; nil if there are
  /// none.
  public var paths: [String: String]?
  /// The libraries that decoded the pictures; nil for data without pictures.
  public var pictureDecoders: String?

  public init(
    version: String, processor: String, kernels: String, blasCore: String?, threads: Int, date: String,
    blasRelease: String? = nil, host: String? = nil, job: String? = nil, gitCommit: String? = nil,
    gitDirty: Bool? = nil, mpiRanks: Int? = nil
  ) {
    self.version = version
    self.processor = processor
    self.kernels = kernels
    self.blasCore = blasCore
    self.threads = threads
    self.date = date
    (self.blasRelease, self.host, self.job) = (blasRelease, host, job)
    (self.gitCommit, self.gitDirty, self.mpiRanks) = (gitCommit, gitDirty, mpiRanks)
  }
}

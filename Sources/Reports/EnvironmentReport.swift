/// Where something ran: the report, or a training's session.
public struct EnvironmentReport: Codable, Equatable, Sendable {
  public var version: String
  public var processor: String
  public var kernels: String
  public var blasCore: String?
  public var threads: Int
  /// When the report was written, or the session begun; ISO 8601.
  public var date: String
  /// Name of the machine that wrote the report; absent from older reports, as is all that follows.
  public var host: String?
  /// Slurm's or Kubernetes' job that wrote the report; nil outside of both.
  public var job: String?
  /// Commit of the experiment file's repository; nil where it is in none.
  public var gitCommit: String?
  /// Whether files of the experiment's folder differ from the commit.
  public var gitDirty: Bool?
  /// Processes that mpirun started for the run that wrote the report; nil for one.
  public var mpiRanks: Int?
  /// Paths that the experiment has variables or `~` in, as they were then, by key; nil where there
  /// are none.
  public var paths: [String: String]?

  public init(
    version: String, processor: String, kernels: String, blasCore: String?, threads: Int, date: String,
    host: String? = nil, job: String? = nil, gitCommit: String? = nil, gitDirty: Bool? = nil,
    mpiRanks: Int? = nil
  ) {
    self.version = version
    self.processor = processor
    self.kernels = kernels
    self.blasCore = blasCore
    self.threads = threads
    self.date = date
    (self.host, self.job) = (host, job)
    (self.gitCommit, self.gitDirty, self.mpiRanks) = (gitCommit, gitDirty, mpiRanks)
  }
}

/// An event as a line of JSON; `event` determines which other members are present.
struct ProgressObject: Encodable {
  var event: String
  /// The training among several that run in parallel.
  var run: String?
  var experiment: String?
  var variant: String?
  var seed: UInt64?
  var epoch: Int?
  var epochs: Int?
  /// Epochs done by an earlier, interrupted run.
  var finished: Int?
  var trainLoss: Double?
  var trainTop1: Double?
  var testTop1: Double?
  /// Number of removed channels by layer.
  var removed: [String: Int]?
  var channels: Int?
  var parameters: Int?
  var macs: Int?
  var seconds: Double?
  var imagesPerSecond: Double?
  var message: String?
  /// Its number among all trainings of the run, how many these are, and the seconds until all are
  /// done.
  var training: Int?
  var trainings: Int?
  var secondsToGo: Double?
  /// Path of the experiment's `report.json`.
  var report: String?
  /// Why there is none.
  var problem: String?

  // `imagesPerS` is `images_per_s` in the line.
  private enum CodingKeys: String, CodingKey {
    case event, run, experiment, variant, seed, epoch, epochs, finished, trainLoss, trainTop1, testTop1,
      removed
    case channels, parameters, macs, seconds, message, training, trainings, secondsToGo, report, problem
    case imagesPerSecond = "imagesPerS"
  }

  /// Nil for steps, since there are too many of them.
  init?(_ event: ProgressEvent) {
    switch event {
    case .step:
      return nil
    case .runStarted(let training, let epochs, let finished, let suite):
      self.event = "run_started"
      add(training)
      self.epochs = epochs
      self.finished = finished
      add(suite)
    case .epochEnded(let report, let epochs, let seconds, let imagesPerSecond, let suite):
      self.event = "epoch_ended"
      self.epoch = report.epoch
      self.epochs = epochs
      trainLoss = report.trainLoss
      trainTop1 = report.trainTop1
      testTop1 = report.testTop1
      channels = report.channels
      parameters = report.parameters
      macs = report.macs
      self.seconds = seconds
      self.imagesPerSecond = imagesPerSecond
      add(suite)
    case .pruned(let step):
      self.event = "pruned"
      epoch = step.epoch
      removed = Dictionary(step.removed.map { ($0.layer, $0.channels) }, uniquingKeysWith: +)
      channels = step.after.channels
      parameters = step.after.parameters
      macs = step.after.macs
    case .message(let text):
      self.event = "message"
      message = text
    case .warning(let text, let training):
      self.event = "warning"
      message = text
      if let training { add(training) }
    case .experimentEnded(let experiment, let report, let problem):
      self.event = "experiment_ended"
      self.experiment = experiment
      self.report = report
      self.problem = problem
    }
  }

  private mutating func add(_ training: TrainingName) {
    experiment = training.experiment
    variant = training.variant
    seed = training.seed
  }

  private mutating func add(_ suite: SuiteProgress?) {
    training = suite?.training
    trainings = suite?.trainings
    secondsToGo = suite?.secondsToGo
  }
}

import Reports

/// What is known of the trainings and experiments of a suite.
extension SuiteSchedule {
  enum StageState: Equatable {
    case waiting
    /// Another process is running it; it is tried again later.
    case busy
    case running
    /// Done, with whether this process trained.
    case done(trained: Bool)
    case failed
  }

  enum ExperimentState {
    case open
    case finishing
    case ended(Result<Report, RunError>)
  }

  struct State {
    var stages: [StageKey: StageState] = [:]
    var experiments: [ExperimentState] = []
    /// Trainings for which a message said that another process is running them.
    var announcedTrainings: Set<StageKey> = []
    /// Experiments that wait until nothing else is left, since other runs have their folders.
    var inUse: Set<Int> = []
    /// Experiments for which a message said that another run has their folders.
    var announcedExperiments: Set<Int> = []
    /// Trainings that this run has begun.
    var begun: Set<StageKey> = []

    func hasEnded(_ index: Int) -> Bool {
      if case .ended = experiments[index] { true } else { false }
    }

    var isFinishing: Bool {
      experiments.contains { if case .finishing = $0 { true } else { false } }
    }
  }
}

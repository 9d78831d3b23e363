extension ErrorTable {
  /// Schedules of the learning rate.
  static let schedules = ErrorTable(
    #"""
    train: {epochs: 10, batch_size: 20, schedule: {name: stepp}}
      5:54: train.schedule.name: unknown schedule `stepp`; did you mean `step`? (known: constant, step, cosine, one_cycle)
    train: {epochs: 10, batch_size: 20, schedule: {name: step}}
      5:37: train.schedule.milestones: required key is missing; expected a list of values
    train: {epochs: 10, batch_size: 20, schedule: {name: step, milestones: [5, 5]}}
      5:72: train.schedule.milestones: milestones must increase, but 5 comes after 5
    train: {epochs: 10, batch_size: 20, schedule: {name: step, milestones: []}}
      5:72: train.schedule.milestones: expected a list of values, found an empty list
    train: {epochs: 10, batch_size: 20, schedule: {name: cosine, gamma: 0.1}}
      5:62: train.schedule.gamma: belongs to the schedule `step`, not to `cosine`
    train: {epochs: 10, batch_size: 20, schedule: {warmup_epochs: 10}}
      5:63: train.schedule.warmup_epochs: a warm-up of 10 epochs leaves none of the 10 epochs
    train: {epochs: 10, batch_size: 20, schedule: {name: one_cycle, rise: 1, initial_divisor: 0}}
      5:71: train.schedule.rise: expected a number above 0 and below 1, found `1`
      5:91: train.schedule.initial_divisor: expected a number of at least 1, found `0`
    """#)
}

extension ErrorTable {
  /// Unknown, missing and duplicate keys.
  static let keys = ErrorTable(
    #"""
    train: {epochs: 10, bath_size: 20}
      5:21: train.bath_size: unknown key; did you mean `batch_size`?
    train: {epochs: 10, batch: 20}
      5:21: train.batch: unknown key; did you mean `batch_size`?
    train: {epochs: 10, wd: 0.1}
      5:21: train.wd: unknown key; did you mean `train.optimizer.weight_decay`?
    train: {epochs: 10, optimizer: {lr: 0.1}}
      5:33: train.optimizer.lr: unknown key; did you mean `learning_rate`?
    prune: {ratio: 0.5, interval: 3, fine_tune: {epochs: 2, lr: 0.1}}
      6:57: prune.fine_tune.lr: unknown key; did you mean `learning_rate`?
    train: {epochs: 10, dtype: bfloat16}
      5:21: train.dtype: unknown key; did you mean `precision`?
    trian: {epochs: 10}
      6:1: trian: unknown key; did you mean `train`?
    training: {epochs: 10}
      6:1: training: unknown key; did you mean `train`?
    num_classes: 10
      6:1: num_classes: unknown key; did you mean `architecture.classes`?
    train: {epochs: 10, momentum: 0.5}
      5:21: train.momentum: unknown key; did you mean `train.optimizer.momentum`?
    train: {epochs: 10, colour: red}
      5:21: train.colour: unknown key; known: epochs, batch_size, optimizer, schedule, label_smoothing, shards, precision
    matrix: {prune.ratio: [0.1]}
      6:10: prune.interval: required key is missing; expected a whole number from 1 to 1000000
    matrix: {train.epochs: [4, 6], train.epoch: null}
      6:32: matrix.train.epoch: no such axis to drop; did you mean `train.epochs`?
    Format: 1
      6:1: Format: unknown key; did you mean `format`?
    evaluate: {1: 2}
      6:12: evaluate.1: unknown key; known: every, metrics, latency, precision
    evaluate: {~: 2}
      6:12: evaluate.~: unknown key; known: every, metrics, latency, precision
    train: {epochs: 10, epochs: 11}
      5:21: train.epochs: duplicate key; the first is in line 5
    train: {<<: {epochs: 10}, <<: {batch_size: 20}}
      5:27: train.<<: duplicate key; the first is in line 5; merge several with `<<: [*a, *b]`
    train: {}
      5:1: train.epochs: required key is missing; expected a whole number from 1 to 1000000
    train:
      5:1: train: required key is missing; expected a mapping
    train: 10
      5:8: train: expected a mapping, found `10`
    dataset: tiny
      3:10: dataset: expected a mapping, found `tiny`; write `dataset: {name: tiny}`
    dataset: none
      3:10: dataset: expected a mapping, found `none`
    architecture: off
      4:15: architecture: expected a mapping, found `off`
    prune: off
      6:8: prune: expected a mapping, found `off`; `null` leaves it out
    train: {epochs: 10, schedule: cosine}
      5:31: train.schedule: expected a mapping, found `cosine`; write `schedule: {name: cosine}`
    dataset: {path: data}
      3:1: dataset.name: required key is missing; expected a data set
    architecture: [resnet8]
      4:15: architecture: expected a mapping, found a list
    prune: {ratio: 0.5, interval: 3, relevance: {alhpa: 1}}
      6:46: prune.relevance.alhpa: unknown key; did you mean `alpha`?
    """#)
}

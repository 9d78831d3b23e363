extension ErrorTable {
  /// Targets, intervals and scopes.
  static let pruning = ErrorTable(
    #"""
    prune: {}
      6:1: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
      6:1: prune.interval: required key is missing; expected a whole number from 1 to 1000000
    prune: {interval: 3}
      6:1: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
    prune: {ratio: null, interval: 3}
      6:16: prune: expected one of `ratio`, `channels_per_step`, `parameter_ratio` or `flops_ratio`, found none
    prune: {ratio: 0.5}
      6:1: prune.interval: required key is missing; expected a whole number from 1 to 1000000
    prune: {ratio: 0.5, flops_ratio: 0.5, interval: 3}
      6:21: prune.flops_ratio: only one target is allowed, and `ratio` is already set
    prune: {ratio: 1, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `1`
    prune: {ratio: 0, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `0`
    prune: {ratio: [0.3, 0.4], interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found a list; several values go into `matrix`
    prune: {criterion: [l1_norm, taylor], ratio: 0.5, interval: 3}
      6:20: prune.criterion: expected a criterion (feature_relevance, l1_norm or taylor), found a list; several values go into `matrix`
    prune: {ratio: 40, interval: 3}
      6:16: prune.ratio: expected a number above 0 and below 1, found `40`
    prune: {parameter_ratio: 1.5, interval: 3}
      6:26: prune.parameter_ratio: expected a number above 0 and below 1, found `1.5`
    prune: {channels_per_step: 0, interval: 3}
      6:28: prune.channels_per_step: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, until: 2}
      6:31: prune.interval: an interval of 3 allows no pruning step until epoch 2
    prune: {ratio: 0.5, interval: 11}
      6:31: prune.interval: an interval of 11 allows no pruning step in 10 epochs
    prune: {ratio: 0.5, interval: 0}
      6:31: prune.interval: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, minimum_channels: 0}
      6:52: prune.minimum_channels: expected a whole number from 1 to 65536, found `0`
    prune: {ratio: 0.5, interval: 3, round_to: 0}
      6:44: prune.round_to: expected a whole number from 1 to 65536, found `0`
    prune: {ratio: 0.5, interval: 3, samples: some}
      6:43: prune.samples: expected `all` or a whole number from 1 to 1000000000, found `some`
    prune: {ratio: 0.5, interval: 3, samples: 101}
      6:43: prune.samples: there are only 100 training images, found 101
    prune: {ratio: 0.5, interval: 3, samples: 0}
      6:43: prune.samples: expected a whole number from 1 to 1000000000, found `0`
    prune: {ratio: 0.5, interval: 3, criterion: l1norm}
      6:45: prune.criterion: unknown criterion `l1norm`; did you mean `l1_norm`? (known: feature_relevance, l1_norm, taylor)
    prune: {ratio: 0.5, interval: 3, criterion: lrp}
      6:45: prune.criterion: unknown criterion `lrp`; did you mean `feature_relevance`? (known: feature_relevance, l1_norm, taylor)
    prune: {ratio: 0.5, interval: 3, criterion: magnitude}
      6:45: prune.criterion: unknown criterion `magnitude`; known: feature_relevance, l1_norm, taylor
    prune: {ratio: 0.5, interval: 3, relevance: {alpha: 11}}
      6:53: prune.relevance.alpha: expected a number from 1 to 10, found `11`
    prune: {ratio: 0.5, interval: 3, relevance: {place: brunch}}
      6:53: prune.relevance.place: unknown value `brunch`; did you mean `branch`? (known: output, branch)
    prune: {ratio: 0.5, interval: 3, scope: streams}
      6:41: prune.scope: unknown scope `streams`; did you mean `stream`? (known: block, stream)
    prune: {ratio: 0.5, interval: 3, schedule: cubik}
      6:44: prune.schedule: unknown pruning schedule `cubik`; did you mean `cubic`? (known: constant, cubic, one_shot)
    prune: {ratio: 0.5, schedule: one_shot}
      6:1: prune.fine_tune: required key is missing; expected a mapping
    prune: {ratio: 0.5, schedule: one_shot, fine_tune: {}}
      6:41: prune.fine_tune.epochs: required key is missing; expected a whole number from 1 to 1000000
    prune: {ratio: 0.5, schedule: one_shot, interval: 0, fine_tune: {epochs: 2}}
      6:51: prune.interval: expected a whole number from 1 to 1000000, found `0`
    prune: {ratio: 0.5, interval: 3, fine_tune: {epochs: 2, learning_rate: 0}}
      6:72: prune.fine_tune.learning_rate: expected a number above 0, found `0`
    prune: {ratio: 0.5, interval: 3, relevance: 2}
      6:45: prune.relevance: expected a mapping, found `2`
    prune: {ratio: 0.5, interval: 3, l1_norm: {p: 2}}
      6:34: prune.l1_norm: unknown key; known: criterion, ratio, channels_per_step, parameter_ratio, flops_ratio, interval, until, schedule, fine_tune, samples, scope, minimum_channels, round_to, exclude, maximum_layer_ratio, relevance, taylor
    """#)
}

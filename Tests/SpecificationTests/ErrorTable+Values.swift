extension ErrorTable {
  /// Numbers, texts and names out of range.
  static let values = ErrorTable(
    #"""
    train: {epochs: 0}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `0`
    train: {epochs: -3}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `-3`
    train: {epochs: 1.0}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `1.0`
    train: {epochs: 1e1}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `1e1`
    train: {epochs: "10"}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found the text `10`
    train: {epochs: 010}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `010`
    train: {epochs: 0x10}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `0x10`
    train: {epochs: 1_000}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `1_000`
    train: {epochs: 1:30}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `1:30`
    train: {epochs: ten}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `ten`
    train: {epochs: [10]}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found a list
    train: {epochs: {n: 10}}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found a mapping
    train: {epochs: 99999999999999999999999}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `99999999999999999999999`
    train: {epochs: true}
      5:17: train.epochs: expected a whole number from 1 to 1000000, found `true`
    train: {epochs: 10, label_smoothing: 1}
      5:38: train.label_smoothing: expected a number from 0 to below 1, found `1`
    train: {epochs: 10, label_smoothing: -0.1}
      5:38: train.label_smoothing: expected a number from 0 to below 1, found `-0.1`
    train: {epochs: 10, batch_size: 20, shards: 0}
      5:45: train.shards: expected a whole number from 1 to 1024, found `0`
    train: {epochs: 10, batch_size: 20, shards: 11}
      5:45: train.shards: a batch of 20 images has fewer than two for each of 11 shards
    train: {epochs: 10, batch_size: 20, precision: bf16}
      5:48: train.precision: unknown precision `bf16`; did you mean `bfloat16`? (known: float32, bfloat16)
    train: {epochs: 10, batch_size: 20, precision: FP16}
      5:48: train.precision: unknown precision `FP16`; did you mean `bfloat16`? (known: float32, bfloat16)
    train: {epochs: 10, batch_size: 20, precision: float16}
      5:48: train.precision: unknown precision `float16`; did you mean `bfloat16`? (known: float32, bfloat16)
    train: {epochs: 10, batch_size: 20, precision: half}
      5:48: train.precision: unknown precision `half`; did you mean `bfloat16`? (known: float32, bfloat16)
    train: {epochs: 10, batch_size: 20, precision: 32}
      5:48: train.precision: unknown precision `32`; did you mean `float32`? (known: float32, bfloat16)
    train: {epochs: 10, batch_size: 20, precision: double}
      5:48: train.precision: unknown precision `double`; known: float32, bfloat16
    train: {epochs: 10, batch_size: 20, precision: [bfloat16]}
      5:48: train.precision: expected a precision (float32 or bfloat16), found a list
    train: {epochs: 10, batch_size: 1}
      5:33: train.batch_size: expected a whole number from 2 to 65536, found `1`
    train: {epochs: 10, batch_size: 20, optimizer: {learning_rate: 0}}
      5:64: train.optimizer.learning_rate: expected a number above 0, found `0`
    train: {epochs: 10, batch_size: 20, optimizer: {learning_rate: .nan}}
      5:64: train.optimizer.learning_rate: expected a number above 0, found `.nan`
    train: {epochs: 10, batch_size: 20, optimizer: {learning_rate: .inf}}
      5:64: train.optimizer.learning_rate: expected a number above 0, found `.inf`
    train: {epochs: 10, batch_size: 20, optimizer: {learning_rate: 1e999}}
      5:64: train.optimizer.learning_rate: expected a number above 0, found `1e999`
    train: {epochs: 10, batch_size: 20, optimizer: {learning_rate: "0.1"}}
      5:64: train.optimizer.learning_rate: expected a number above 0, found the text `0.1`
    train: {epochs: 10, batch_size: 20, optimizer: {momentum: 1}}
      5:59: train.optimizer.momentum: expected a number from 0 to below 1, found `1`
    train: {epochs: 10, batch_size: 20, optimizer: {weight_decay: -1}}
      5:63: train.optimizer.weight_decay: expected a number of at least 0, found `-1`
    train: {epochs: 10, batch_size: 20, optimizer: {nesterov: 1}}
      5:59: train.optimizer.nesterov: expected `true` or `false`, found `1`
    train: {epochs: 10, batch_size: 20, optimizer: {nesterov: on, momentum: 0}}
      5:59: train.optimizer.nesterov: Nesterov momentum needs a `momentum` above 0
    train: {epochs: 10, batch_size: 20, optimizer: {name: adam}}
      5:55: train.optimizer.name: unknown optimizer `adam`; known: sgd
    format: 2
      1:9: format: expected 1, found `2`
    format: one
      1:9: format: expected 1, found `one`
    name: Upper
      2:7: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`, found `Upper`
    name: ..
      2:7: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`, found `..`
    name: a/b
      2:7: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`, found `a/b`
    name: ""
      2:7: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`, found the text ``
    name: [a]
      2:7: name: expected a name of at most 128 lower-case letters, digits, `.`, `_` and `-`, found a list
    description: {a: b}
      6:14: description: expected a text, found a mapping
    seeds: []
      6:8: seeds: expected a list of values, found an empty list
    seeds: 3
      6:8: seeds: expected a list of values, found `3`; write `[3]`
    seeds: three
      6:8: seeds: expected a list of values, found `three`
    seeds: [[0, 1]]
      6:9: seeds[0]: expected a whole number from 0 to 18446744073709551615, found a list
    seeds: [0, 1, 0]
      6:15: seeds[2]: `0` appears twice
    seeds: [0, -1]
      6:12: seeds[1]: expected a whole number from 0 to 18446744073709551615, found `-1`
    seeds: [18446744073709551616]
      6:9: seeds[0]: expected a whole number from 0 to 18446744073709551615, found `18446744073709551616`
    seeds: [0, one, 1.5]
      6:12: seeds[1]: expected a whole number from 0 to 18446744073709551615, found `one`
      6:17: seeds[2]: expected a whole number from 0 to 18446744073709551615, found `1.5`
    """#)
}

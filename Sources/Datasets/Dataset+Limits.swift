import Compute

extension Dataset {
  /// The data set with at most the given numbers of images, chosen by `ImageSet.balancedChoice`;
  /// nil keeps all, and so does a number of more images than there are, with a warning.
  public func limited(train trainLimit: Int?, test testLimit: Int?) throws(DatasetError) -> Dataset {
    for (split, limit) in [("train", trainLimit), ("test", testLimit)] {
      if let limit, limit < 1 {
        throw DatasetError(file: name, problem: "\(split)_limit is \(limit)", expected: "at least 1")
      }
    }
    if trainLimit == nil, testLimit == nil { return self }
    return Dataset(
      name: name, classNames: classNames,
      train: trainLimit.map { train.selecting(train.balancedChoice($0, split: 0)) } ?? train,
      test: testLimit.map { test.selecting(test.balancedChoice($0, split: 1)) } ?? test,
      warnings: warnings
        + [
          trainLimit.flatMap { train.limitWarning("dataset.train_limit", $0, "training") },
          testLimit.flatMap { test.limitWarning("dataset.test_limit", $0, "test") },
        ].compactMap(\.self))
  }
}

extension ImageSet {
  /// A warning if a key of the experiment asks for more images than there are.
  ///
  /// - Parameter part: `training` or `test`.
  public func limitWarning(_ key: String, _ limit: Int, _ part: String) -> String? {
    guard limit > count else { return nil }
    let number = count == 1 ? "is only 1 \(part) image: it is" : "are only \(count) \(part) images: all are"
    return "\(key): \(limit), but there \(number) used"
  }

  /// Indices, ascending, of `limit` images that are balanced by class as far as possible.
  ///
  /// Each class is shuffled; then images are taken from the classes in turn, lowest first, until
  /// there are enough. So classes differ by at most one image while none runs out, a smaller choice
  /// is a subset of a larger one, and a limit of all images changes nothing. The order does not
  /// depend on the seed of a run, so that all runs and experiments are compared on the same images.
  ///
  /// - Parameter split: 0 for training, 1 for test images; keys the random order.
  func balancedChoice(_ limit: Int, split: Int) -> [Int] {
    var classes = [[Int]](repeating: [], count: 1 + Int(labels.max() ?? 0))
    for (index, label) in labels.enumerated() { classes[Int(label)].append(index) }
    for label in classes.indices {
      var random = RandomStream(seed: 0, purpose: .subset, epoch: split, index: label)
      let members = classes[label]
      classes[label] = random.permutation(members.count).map { members[$0] }
    }
    var chosen: [Int] = []
    var turn = 0
    while chosen.count < min(limit, count) {
      for members in classes where turn < members.count && chosen.count < limit {
        chosen.append(members[turn])
      }
      turn += 1
    }
    return chosen.sorted()
  }
}

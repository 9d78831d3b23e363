/// How many pictures `dataset.damaged: skip` has left out, in the last epoch and in the evaluation
/// after it.
public struct LeftOutPictures: Codable, Equatable, Sendable {
  public var train: Int
  /// Nil where an older version of the program trained.
  public var test: Int?

  public init(train: Int, test: Int?) {
    (self.train, self.test) = (train, test)
  }
}

/// Number of damaged pictures left out by `dataset.damaged: skip`, in the last epoch and in the
/// evaluation after it.
public struct LeftOutPictures: Codable, Equatable, Sendable {
  public var train: Int
  /// Nil for trainings by older versions of the program.
  public var test: Int?

  public init(train: Int, test: Int?) {
    (self.train, self.test) = (train, test)
  }
}

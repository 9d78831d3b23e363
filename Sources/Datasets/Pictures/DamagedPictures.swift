import Synchronization

/// The damaged pictures that were found and left out so far.
public final class DamagedPictures: Sendable, Equatable {
  private let problems = Mutex<(all: [String: String], new: [String])>(([:], []))

  init() {}

  func add(_ name: String, _ problem: String) {
    problems.withLock { problems in
      if problems.all.updateValue(problem, forKey: name) == nil { problems.new.append(name) }
    }
  }

  /// Number of different pictures.
  public var count: Int { problems.withLock { $0.all.count } }

  /// The pictures found since the last call, sorted by name, with the problem of each.
  public func takeNew() -> [(name: String, problem: String)] {
    problems.withLock { problems in
      let names = problems.new.sorted()
      problems.new = []
      return names.map { ($0, problems.all[$0] ?? "") }
    }
  }

  /// A sentence for each picture found since the last call, or for some of them and the number of
  /// the others.
  func takeWarnings() -> [String] {
    let new = takeNew()
    let named = new.prefix(Self.mostNamed).map { "\($0.name): left out: \($0.problem)" }
    let others = new.count - named.count
    return others > 0 ? named + ["\(others) more damaged pictures are left out"] : named
  }

  private static let mostNamed = 10

  public static func == (first: DamagedPictures, second: DamagedPictures) -> Bool { first === second }
}

extension Dataset {
  /// A sentence for each damaged picture of either split that was left out since the last call, or
  /// for some of them and the number of the others.
  public func takeWarnings() -> [String] {
    [train.damaged, test.damaged].flatMap { $0?.takeWarnings() ?? [] }
  }
}

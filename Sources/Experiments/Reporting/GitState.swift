import Foundation

/// The commit that experiment files were at when a run began.
public struct GitState: Equatable, Sendable {
  public var commit: String
  /// Whether a file of the folder differs from the commit, or the experiment's own is in none.
  public var isDirty: Bool

  init(commit: String, isDirty: Bool) { (self.commit, self.isDirty) = (commit, isDirty) }

  /// The state of a file's repository.
  ///
  /// - Returns: nil where the file is in none, or git is missing.
  init?(file: String) {
    let url = URL(fileURLWithPath: file)
    let (folder, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
    guard let commit = Self.git(["rev-parse", "--verify", "HEAD"], in: folder),
      let changes = Self.git(["status", "--porcelain", "--untracked-files=no", "--", "."], in: folder)
    else { return nil }
    self.commit = commit
    isDirty = !changes.isEmpty || Self.git(["ls-files", "--error-unmatch", "--", name], in: folder) == nil
  }

  /// Of the files of several experiments, by the experiments' names.
  ///
  /// - Parameter files: by the experiments' names.
  public static func states(of files: [String: String]) -> [String: GitState] {
    var known: [String: GitState?] = [:]
    for file in Set(files.values) { known[file] = GitState(file: file) }
    return files.compactMapValues { known[$0] ?? nil }
  }

  /// What git prints; nil where it fails.
  private static func git(_ arguments: [String], in folder: String) -> String? {
    output(of: "git", ["-C", folder] + arguments)?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

import Foundation

/// The commit of the experiment files at the start of a run.
public struct GitState: Equatable, Sendable {
  public var commit: String
  /// Whether a file of the folder differs from the commit, or the experiment file is not in it.
  var isDirty: Bool

  init(commit: String, isDirty: Bool) { (self.commit, self.isDirty) = (commit, isDirty) }

  /// The state of a file's repository.
  ///
  /// - Returns: nil if the file is not in a repository, or git is missing.
  init?(file: String) {
    let url = URL(fileURLWithPath: file)
    let (folder, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
    guard let commit = Self.git(["rev-parse", "--verify", "HEAD"], in: folder),
      let changes = Self.git(["status", "--porcelain", "--untracked-files=no", "--", "."], in: folder)
    else { return nil }
    self.commit = commit
    isDirty = !changes.isEmpty || Self.git(["ls-files", "--error-unmatch", "--", name], in: folder) == nil
  }

  /// The states of the files of several experiments, by the names of the experiments.
  ///
  /// - Parameter files: by the names of the experiments.
  public static func states(of files: [String: String]) -> [String: GitState] {
    var known: [String: GitState?] = [:]
    for file in Set(files.values) { known[file] = GitState(file: file) }
    return files.compactMapValues { known[$0] ?? nil }
  }

  /// The output of git; nil if it fails.
  private static func git(_ arguments: [String], in folder: String) -> String? {
    // `git status` would lock the index to refresh it, and a commit at the same time would fail.
    let git = ProgramOutput(of: "git", ["--no-optional-locks", "-C", folder] + arguments)
    return git?.status == 0 ? git?.output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }
}

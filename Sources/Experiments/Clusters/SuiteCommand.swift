import Foundation

/// A `run` of a suite as tasks on a cluster repeat it.
public struct SuiteCommand: Codable, Equatable, Sendable {
  /// The program's path.
  public var program: String
  /// Paths, relative to the working folder or not.
  public var files: [String]
  public var overrides: [String]
  public var results: String
  public var threads: Int

  public init(program: String, files: [String], overrides: [String], results: String, threads: Int) {
    self.program = program
    self.files = files
    self.overrides = overrides
    self.results = results
    self.threads = threads
  }

  /// Where scripts, logs and manifests of the suite go.
  public var folder: String { "\(results)/.submit/\(name)" }

  /// For a folder, a job: what the first file is called, and a digest of everything that says which
  /// trainings there are.
  var name: String {
    let file = (files.first.map { ($0 as NSString).lastPathComponent } ?? "suite") as NSString
    let letters = file.deletingPathExtension.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    let base = String(letters.drop { $0 == "-" }.prefix(40))
    let digest = sha256(Array((files + [""] + overrides + [""] + [results]).joined(separator: "\n").utf8))
    return (base.isEmpty ? "suite" : base) + "-" + digest.prefix(8)
  }

  /// A line of the shell.
  ///
  /// - Parameter shard: what follows `--shard`, as the shell reads it; nil for the run that writes
  ///   the reports.
  func line(shard: String?) -> String {
    var words = [program, "run"] + files
    for override in overrides { words += ["--set", override] }
    words += ["--results", results, "--threads", "\(threads)", "--progress", "plain"]
    return words.map(shellQuoted).joined(separator: " ") + (shard.map { " --shard \"\($0)\"" } ?? "")
  }
}

/// A word as a shell reads it, in quotes where it needs them.
func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
      || Array("/._-=,:@%+".utf8).contains(byte)
  }
  if plain, !word.isEmpty { return word }
  return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
}

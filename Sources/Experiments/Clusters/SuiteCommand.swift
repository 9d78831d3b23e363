import Foundation
import Specification

/// The `run` command of a suite for tasks on a cluster.
public struct SuiteCommand: Codable, Equatable, Sendable {
  /// The program's path.
  public var program: String
  /// Paths, absolute or relative to the working folder.
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

  /// The folder of the suite's scripts, logs and manifests.
  public var folder: String { "\(results)/.submit/\(name)" }

  /// Name for folder and job: that of the first file, and a digest of the command.
  var name: String { name(with: []) }

  /// A name that the experiments determine, too, whatever their files are called.
  func name(with specs: [ExperimentSpec]) -> String {
    let file = (files.first.map { ($0 as NSString).lastPathComponent } ?? "suite") as NSString
    let letters = file.deletingPathExtension.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    let base = String(letters.drop { $0 == "-" }.prefix(40))
    let parts = files + [""] + overrides + ["", results] + specs.map { yaml($0) }
    let digest = sha256(Array(parts.joined(separator: "\n").utf8))
    return (base.isEmpty ? "suite" : base) + "-" + digest.prefix(8)
  }

  /// The command as a shell command line.
  ///
  /// - Parameter shard: the value of `--shard`, in shell syntax; nil for the run that writes the
  ///   reports.
  func line(shard: String?) -> String {
    var words = [program, "run"] + files
    for override in overrides { words += ["--set", override] }
    words += ["--results", results, "--threads", "\(threads)", "--progress", "plain"]
    return words.map(shellQuoted).joined(separator: " ") + (shard.map { " --shard \"\($0)\"" } ?? "")
  }
}

/// A word, quoted for a shell if necessary.
package func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
      || Array("/._-=,:@%+".utf8).contains(byte)
  }
  if plain, !word.isEmpty { return word }
  return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
}

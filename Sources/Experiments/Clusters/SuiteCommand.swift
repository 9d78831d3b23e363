import Foundation
import Specification

/// The `run` command of a suite for tasks on a cluster.
public struct SuiteCommand: Equatable, Sendable {
  /// The program's path.
  public var program: String
  /// Absolute; relative paths, also those in experiments, are relative to it.
  public var workingFolder: String
  public var files: [String]
  public var overrides: [String]
  public var results: String
  public var threads: Int

  public init(
    program: String, workingFolder: String, files: [String], overrides: [String], results: String,
    threads: Int
  ) {
    self.program = program
    self.workingFolder = workingFolder
    self.files = files
    self.overrides = overrides
    self.results = results
    self.threads = threads
  }

  /// The folder of the suite's scripts, logs and manifests.
  public var folder: String { "\(results)/.submit/\(name)" }

  /// Name for folder and job: that of the first file, and a digest of working folder and command.
  var name: String { name(digesting: [workingFolder]) }

  /// A name that the experiments determine, too, whatever their files are called. The working
  /// folder does not, since pods have their own.
  func name(with specs: [ExperimentSpec]) -> String { name(digesting: specs.map { yaml($0) }) }

  private func name(digesting more: [String]) -> String {
    let file = (files.first.map { ($0 as NSString).lastPathComponent } ?? "suite") as NSString
    let letters = file.deletingPathExtension.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    let base = String(letters.drop { $0 == "-" }.prefix(40))
    let parts = files + [""] + overrides + ["", results] + more
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

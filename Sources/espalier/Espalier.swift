import ArgumentParser
import Experiments
import Foundation

/// The command line: arguments in, one call, exit status out.
@main
struct Espalier: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "espalier",
    abstract: "Runs experiments on convolutional networks that are pruned while they train.",
    version: ProductVersion.current,
    subcommands: [
      Run.self, Submit.self, Plan.self, Cache.self, Validate.self, Diff.self, ReportCommand.self, Schema.self,
      Score.self, Sensitivity.self, Predict.self, Export.self, CheckGradients.self, Doctor.self, Bench.self,
      Version.self,
    ])

  /// As ArgumentParser's own, but with this program's exit statuses: wrong usage is 2.
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let status as ExitStatus {
      Foundation.exit(status.rawValue)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        print(fullMessage(for: error))
        Foundation.exit(0)
      }
      let message = message(for: error).split(separator: "\n").joined(separator: "; ")
      complain("espalier: \(message) (see espalier --help)")
      Foundation.exit(code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.failed.rawValue)
    }
  }
}

/// What the process ends with.
enum ExitStatus: Int32, Error {
  case done = 0
  /// A check did not hold.
  case checkFailed = 1
  /// Wrong usage, or an unreadable or invalid file.
  case usage = 2
  /// A run failed.
  case failed = 3
  /// Interrupted, state saved.
  case interrupted = 130
}

/// One line, or several, to standard error.
func complain(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

import ArgumentParser
import Experiments
// For `stdout`, which the C library declares as a variable.
@preconcurrency import Foundation
import Specification

/// The command line: arguments in, one call, exit status out.
@main
struct Espalier: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "espalier",
    abstract: "Runs experiments on convolutional networks that are pruned while they train.",
    version: ProductVersion.current,
    subcommands: [
      Init.self, Run.self, Submit.self, Plan.self, Cache.self, Validate.self, List.self, Diff.self,
      ReportCommand.self, Schema.self, Score.self, Sensitivity.self, Predict.self, Evaluate.self, Export.self,
      CheckGradients.self, Doctor.self, Bench.self, Manual.self, Version.self,
    ])

  /// Like ArgumentParser's `main`, but with this program's exit statuses: wrong usage is 2.
  static func main() {
    occupyClosedStreams()
    // Writing beyond a limit on the size of files is then an error like any other, and a reader of
    // a pipe that has enough does not end a run.
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    let status = status()
    if let problem = outputProblem() {
      printError("espalier: standard output: cannot write: \(problem)")
      if status == .done { Foundation.exit(ExitStatus.failed.rawValue) }
    }
    Foundation.exit(status.rawValue)
  }

  /// Opens the null device for standard streams that are closed, as by `2>&-`: otherwise the first
  /// file that is opened gets such a stream's number, and with it what is written to the stream.
  /// Reading and writing still fail.
  private static func occupyClosedStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  private static func status() -> ExitStatus {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let message = UsageMessage(help: arguments) {
      printError(message.description)
      return .usage
    }
    do {
      var command = try parseAsRoot()
      try command.run()
      return .done
    } catch let status as ExitStatus {
      return status
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        print(fullMessage(for: error))
        return .done
      }
      printError(UsageMessage(arguments, problem: message(for: error)).description)
      return code == .validationFailure ? .usage : .failed
    }
  }

  /// Why output could not be written completely; nil if it could, or if its reader has enough of
  /// it, as `head` has.
  private static func outputProblem() -> String? {
    let problem: String? =
      fflush(stdout) != 0
      ? String(cString: strerror(errno)) : ferror(stdout) != 0 ? "an earlier write failed" : nil
    return isOutputClosed ? nil : problem
  }

  /// Whether standard output is a pipe that nobody reads any more.
  private static var isOutputClosed: Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR | POLLHUP) != 0
  }
}

/// Exit status of the process.
enum ExitStatus: Int32, Error {
  case done = 0
  /// A check failed.
  case checkFailed = 1
  /// Wrong usage, or an unreadable or invalid file.
  case usage = 2
  /// A run failed, or data, results or output could not be read, written or deleted.
  case failed = 3
  /// Interrupted, state saved.
  case interrupted = 130
}

/// Prints one line to standard error; failures to write it, as after a hangup, are ignored.
func printError(_ text: String) {
  try? FileHandle.standardError.write(contentsOf: Data((visible(text) + "\n").utf8))
}

import Specification

/// The shell script of a Slurm job: its resources, and how it is requeued at its time limit.
public struct SlurmScript: Sendable {
  public var command: SuiteCommand
  /// Absolute; gets script and logs.
  public var folder: String
  public var resources: TaskResources
  public var setup: [String]
  public var slurm: ClusterProfile.Slurm
  /// Number of shards.
  public var shards: Int

  /// The signal before the time limit. By default it comes two minutes before, enough to finish a
  /// step and save, or halfway through a limit below four minutes.
  public var signal: EarlySignal {
    slurm.signal ?? EarlySignal(name: "USR1", seconds: min(120, resources.time.minutes * 30))
  }

  public init(
    command: SuiteCommand, folder: String, resources: TaskResources, setup: [String],
    slurm: ClusterProfile.Slurm, shards: Int
  ) {
    self.command = command
    self.folder = folder
    self.resources = resources
    self.setup = setup
    self.slurm = slurm
    self.shards = shards
  }

  /// The script of an array; its first argument is the number of tasks in earlier arrays.
  public var training: String {
    text(log: "%A_%a.log", line: command.line(shard: "$((SLURM_ARRAY_TASK_ID + ${1:-0} + 1))/\(shards)"))
  }

  /// The script of the final job.
  var reporting: String { text(log: "report-%j.log", line: command.line(shard: nil)) }

  private func text(log: String, line: String) -> String {
    var options = [
      "--job-name=\(command.name)", "--output=\(folder.replacing("%", with: "%%"))/\(log)",
      "--open-mode=append", "--requeue",
      "--signal=B:\(signal)", "--cpus-per-task=\(resources.threads)",
      "--mem=\(resources.memory)", "--time=\(resources.time)",
    ]
    if let partition = slurm.partition { options.append("--partition=\(partition)") }
    if let account = slurm.account { options.append("--account=\(account)") }
    options += slurm.options
    return """
      #!/bin/bash
      \(options.map { "#SBATCH \(Self.quoted($0))" }.joined(separator: "\n"))

      cd \(shellQuoted(command.workingFolder)) || exit 2
      \(setup.map { $0 + "\n" }.joined())
      # The signal before the time limit goes to this shell alone. Espalier saves its state and ends with 130; before it
      # has begun, the signal ends it.
      signalled=
      for signal in TERM USR1 USR2; do
        trap "signalled=$signal; kill -$signal \\$! 2>/dev/null" "$signal"
      done
      \(line) &
      program=$!
      # A signal ends the wait before the program ends.
      while wait "$program"; status=$?; [ -n "$signalled" ]; do signalled=; done

      # A job that was cancelled or preempted is not running any more. The id of the task alone would queue the whole
      # array again.
      job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
      job=${job:-$SLURM_JOB_ID}
      # A command that fails, because Slurm is busy, may succeed later.
      thrice() { "$@" || { sleep 5; "$@"; } || { sleep 5; "$@"; }; }
      case $status in
        130 | 138 | 140 | 143)
          # A squeue that does not answer is no sign of an end.
          state=$(thrice squeue --noheader --jobs="$job" --format=%T) || state=RUNNING
          if [ "$state" = RUNNING ]; then
            # Ends this shell as well.
            thrice scontrol requeue "$job" && sleep 60
          fi
          ;;
      esac
      exit "$status"

      """
  }

  /// An option, quoted for sbatch.
  private static func quoted(_ option: String) -> String {
    guard option.contains(where: { $0.isWhitespace || "\"\\'".contains($0) }) else { return option }
    return "\"" + option.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

import Compute
import Experiments
import Foundation

/// The manual page, made from the help of the program's commands: `espalier manual` prints it.
struct ManualPage {
  private let root: CommandHelp

  /// Nil if the help is not in the format of this version of ArgumentParser.
  init?(help: String) {
    guard let dump = try? JSONDecoder().decode(HelpDump.self, from: Data(help.utf8)) else { return nil }
    root = dump.command
  }

  /// Text in the macros of man(7).
  var text: String {
    let head = """
      .TH ESPALIER 1 "" "espalier \(ProductVersion.current)" "User Commands"
      .SH NAME
      espalier \\- \(roff(root.abstract ?? ""))
      .SH SYNOPSIS
      .B espalier
      .I command
      .RI [ options ]
      .SH COMMANDS
      """
    return ([head] + commands(root, "espalier").flatMap(section) + [Self.tail]).joined(separator: "\n") + "\n"
  }

  /// Every command with its full name; subcommands follow their command.
  private func commands(_ command: CommandHelp, _ path: String) -> [(name: String, CommandHelp)] {
    (command.subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }.flatMap {
      [("\(path) \($0.commandName)", $0)] + commands($0, "\(path) \($0.commandName)")
    }
  }

  private func section(_ name: String, _ command: CommandHelp) -> [String] {
    let arguments = (command.arguments ?? []).filter { $0.shouldDisplay ?? true && !$0.isHelp }
    let usage = arguments.filter { $0.kind == "positional" }.map { "\\fI\(roff($0.placeholder))\\fR" }
    var lines = [".SS \"\(([roff(name)] + usage).joined(separator: " "))\""]
    lines += [command.abstract, command.discussion].compactMap(\.self).map(roff)
    for argument in arguments { lines += [".TP", argument.heading, roff(argument.summary)] }
    return lines
  }

  private static let kernels = KernelClass.allCases.map(\.rawValue).joined(separator: ", ")

  private static let tail = """
    .SH EXIT STATUS
    .TP
    0
    success
    .TP
    1
    a check failed: an expectation was missed, \\fBdiff\\fR found a regression, \\fBvalidate\\fR errors
    .TP
    2
    wrong usage, or an unreadable or invalid file
    .TP
    3
    a run failed, or data, results or output could not be read, written or deleted
    .TP
    130
    interrupted, with the state saved
    .SH FILES
    Output files of commands (\\-\\-output, \\-\\-out, \\-\\-logits, the file of \\fBinit\\fR) are written like a shell's >: \
    symbolic links are followed, and devices and pipes are written into. A regular file is replaced atomically, \
    and is unchanged if writing fails. In the results folder, symbolic links in place of files are replaced.
    .SH ENVIRONMENT
    .TP
    ESPALIER_DATA
    folder of the data sets' default paths; \\fIdata\\fR if it is not set
    .TP
    ESPALIER_KERNELS
    kernels to compute with instead of the fastest ones: \(kernels)
    .TP
    ESPALIER_CONVOLUTION
    algorithm to take for every convolution that it supports, for comparisons: winograd, im2col, or another \
    that \\fBbench \\-\\-profile\\fR names
    .TP
    ESPALIER_MPI
    path of the MPI library to load under mpirun, instead of the system's
    """
}

/// Text escaped for roff: backslashes, and lines that begin like a macro.
private func roff(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    let escaped = line.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }.joined(separator: "\n")
}

// MARK: What ArgumentParser's `--experimental-dump-help` writes

private struct HelpDump: Decodable {
  var command: CommandHelp
}

private struct CommandHelp: Decodable {
  var commandName: String
  var abstract: String?
  var discussion: String?
  var shouldDisplay: Bool?
  var subcommands: [CommandHelp]?
  var arguments: [ArgumentHelpText]?
}

private struct ArgumentHelpText: Decodable {
  var kind: String
  var shouldDisplay: Bool?
  var isOptional: Bool?
  var isRepeating: Bool?
  var names: [Name]?
  var valueName: String?
  var defaultValue: String?
  var abstract: String?

  struct Name: Decodable {
    var kind: String
    var name: String

    var text: String { (kind == "long" ? "--" : "-") + name }
  }

  var isHelp: Bool { names?.contains { ["help", "version"].contains($0.name) } ?? false }

  /// `FILE...`
  var placeholder: String {
    let name = (valueName ?? "value").uppercased() + (isRepeating ?? false ? "..." : "")
    return isOptional ?? false ? "[\(name)]" : name
  }

  /// `--threads THREADS`
  var heading: String {
    let options = (names ?? []).map { "\\fB\(roff($0.text))\\fR" }.joined(separator: ", ")
    switch kind {
    case "positional": return "\\fI\(roff(placeholder))\\fR"
    case "flag": return options
    default: return options + " \\fI\(roff((valueName ?? "value").uppercased()))\\fR"
    }
  }

  var summary: String {
    let standard = defaultValue.map { $0.isEmpty ? "" : " Default: \($0)." } ?? ""
    return (abstract ?? "") + standard
  }
}

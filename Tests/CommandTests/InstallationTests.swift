import Foundation
import TestSupport
import Testing

/// Scripts and targets that install something, with stand-ins for the commands that they use.
@Suite("Installation")
struct InstallationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func script(_ name: String) -> String {
    "'\(Command.repository.appendingPathComponent("scripts/\(name)").path)'"
  }

  /// Runs a command in the folder. The stand-ins, shell scripts by name, come before the system's
  /// commands.
  private func run(_ command: String, standIns: [String: String]) throws -> Command.Result {
    for (name, script) in standIns {
      try folder.write("#!/bin/sh\n\(script)\n".utf8, to: "programs/\(name)")
      chmod("\(folder.path)/programs/\(name)", 0o755)
    }
    let path = "\(folder.path)/programs:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    return try Command.run([], in: folder.url, environment: ["PATH": path], shell: "exec \(command)")
  }

  @Test("missing packages are installed with sudo, and apt-get asks no questions")
  func packages() throws {
    let standIns = [
      "dpkg-query": #"case "$*" in *here) echo installed ;; *) exit 1 ;; esac"#,
      "id": "echo 1000",
      // It passes few variables on.
      "sudo": #"[ "$1" = -v ] || exec env -i PATH="$PATH" "$@""#,
      "apt-get": #"echo "$DEBIAN_FRONTEND $*" >> calls"#,
    ]
    let none = try run("\(Self.script("install-packages.sh")) here", standIns: standIns)
    #expect(none.status == 0 && none.output.isEmpty && none.errors.isEmpty)
    let one = try run("\(Self.script("install-packages.sh")) here gone", standIns: standIns)
    #expect(one.status == 0 && one.output == "install-packages: installing gone\n", "\(one.errors)")
    let calls = try folder.text("calls")
    #expect(calls == "noninteractive update\nnoninteractive install -y --no-install-recommends gone\n")
  }

  @Test("the program, its manual page and its completions are installed without options of GNU's install")
  func program() throws {
    let result = try run(
      "\(Self.script("install.sh")) '\(Command.program.path)' usr",
      standIns: ["install": #"[ "$1" != -D ] || exit 64; exec /usr/bin/install "$@""#])
    #expect(result.status == 0, "\(result.errors)")
    let files = [
      "bin/espalier", "share/man/man1/espalier.1", "share/bash-completion/completions/espalier",
      "share/zsh/site-functions/_espalier", "share/fish/vendor_completions.d/espalier.fish",
    ]
    for file in files {
      #expect(folder.has("usr/\(file)"), "\(file)")
    }
  }

  @Test("a failed installation of Python packages is repeated", arguments: ["bench", "onnx"])
  func pythonPackages(_ name: String) throws {
    try folder.write(Data(), to: "scripts/onnx-requirements.txt")
    /// The environment's interpreter exists before its packages do.
    func make(pip: String) throws -> Int32 {
      let bin = ".build-\(name)/bin"
      let python = "mkdir -p \(bin); ln -sf /bin/sh \(bin)/python; cp programs/pip \(bin)/"
      let makefile = Command.repository.appendingPathComponent("Makefile").path
      return try run(
        "make -f '\(makefile)' .build-\(name)/installed", standIns: ["python3": python, "pip": pip]
      ).status
    }
    #expect(try make(pip: "exit 1") != 0)
    #expect(try make(pip: "echo installed > packages") == 0)
    #expect(folder.has("packages"))
    #expect(try make(pip: "exit 1") == 0, "nothing is left to install")
  }
}

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

  @Test("missing packages are installed with sudo, and apt-get asks no questions")
  func packages() throws {
    let standIns = [
      "dpkg-query": #"case "$*" in *here) echo installed ;; *) exit 1 ;; esac"#,
      "id": "echo 1000",
      // It passes few variables on.
      "sudo": #"[ "$1" = -v ] || exec env -i PATH="$PATH" "$@""#,
      "apt-get": #"echo "$DEBIAN_FRONTEND $*" >> calls"#,
    ]
    let none = try folder.run("\(Self.script("install-packages.sh")) here", standIns: standIns)
    #expect(none.status == 0 && none.output.isEmpty && none.errors.isEmpty)
    let one = try folder.run("\(Self.script("install-packages.sh")) here gone", standIns: standIns)
    #expect(one.status == 0 && one.output == "install-packages: installing gone\n", "\(one.errors)")
    let calls = try folder.text("calls")
    #expect(calls == "noninteractive update\nnoninteractive install -y --no-install-recommends gone\n")
  }

  @Test("two installations at the same time do not meet at apt's lock")
  func together() throws {
    let install = Self.script("install-packages.sh")
    try folder.write(script: "\(install) one &\n\(install) two && wait $!", to: "both")
    let standIns = [
      "dpkg-query": "exit 1", "id": "echo 0", "apt-get": "mkdir lock && sleep 0.1 && rmdir lock",
    ]
    let result = try folder.run("./both", standIns: standIns)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("libraries and data sets that are elsewhere are not installed; tests and the quickstart need more")
  func setup() throws {
    // A machine that has what building needs, OpenBLAS in another folder than Debian's.
    let machine = """
      compgen() {
        case $2 in
          *openblas*) case /usr/lib64/libopenblas.so.0 in $2) ;; *) return 1 ;; esac ;;
          */datasets/*) return 1 ;;
          */*) ;;
          *) return 1 ;;
        esac
      }
      command() { [ "$2" != pgrep ] && builtin command "$@"; }

      """
    try folder.write(machine.utf8, to: "machine.sh")
    try folder.write(Data(), to: "mine/fashion-mnist/labels")
    func installed(_ purpose: String, data: String = "") throws -> String {
      let standIns = [
        "swift": "echo Swift version 6.1", "python3": "", "id": "echo 0", "dpkg-query": "exit 1",
        "apt-get": "",
      ]
      let result = try folder.run(
        "\(Self.script("setup.sh")) \(purpose)", standIns: standIns,
        environment: ["BASH_ENV": folder.path + "/machine.sh", "ESPALIER_DATA": data])
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    #expect(try installed("").isEmpty)
    #expect(try installed("test") == "install-packages: installing procps\n")
    #expect(try installed("quickstart") == "install-packages: installing dataset-fashion-mnist\n")
    #expect(try installed("quickstart", data: "mine").isEmpty)
  }

  @Test("the program is installed into a folder whose name has a space")
  func space() throws {
    try folder.write(script: "printf '%s, ' \"$@\" > arguments", to: "scripts/install.sh")
    let makefile = Command.repository.appendingPathComponent("Makefile").path
    let result = try folder.run("make -f '\(makefile)' install DESTDIR='my root' PREFIX=/usr", standIns: [:])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.text("arguments") == ".build/release/espalier, my root/usr, ")
  }

  @Test("the program, its manual page and its completions are installed without options of GNU's install")
  func program() throws {
    let result = try folder.run(
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
      return try folder.run(
        "make -f '\(makefile)' .build-\(name)/installed", standIns: ["python3": python, "pip": pip]
      ).status
    }
    #expect(try make(pip: "exit 1") != 0)
    #expect(try make(pip: "echo installed > packages") == 0)
    #expect(folder.has("packages"))
    #expect(try make(pip: "exit 1") == 0, "nothing is left to install")
  }
}

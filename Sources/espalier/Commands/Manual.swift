import ArgumentParser

/// Prints the manual page for `make install`; `man espalier` shows it then.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the manual page.", shouldDisplay: false)

  func run() throws {
    guard let page = ManualPage(help: Espalier._dumpHelp()) else {
      printError("espalier: the help of the commands cannot be read")
      throw ExitStatus.failed
    }
    print(page.text, terminator: "")
  }
}

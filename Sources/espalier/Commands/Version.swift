import ArgumentParser
import Experiments

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prints the version.")

  func run() {
    print("espalier \(ProductVersion.current)")
  }
}

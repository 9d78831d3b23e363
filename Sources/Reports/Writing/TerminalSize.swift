import Foundation

/// Size of a terminal in characters.
struct TerminalSize {
  private(set) var columns = 80
  private(set) var rows = 24

  /// The size of the terminal that a file descriptor writes to; 80 columns and 24 rows if it is
  /// unknown, or if the descriptor writes to something else.
  init(of descriptor: Int32) {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return }
    if size.ws_col > 0 { columns = Int(size.ws_col) }
    if size.ws_row > 0 { rows = Int(size.ws_row) }
  }
}

/// Width of tables on standard output: that of the terminal, or 80 for files and pipes.
public func outputColumns() -> Int { TerminalSize(of: STDOUT_FILENO).columns }

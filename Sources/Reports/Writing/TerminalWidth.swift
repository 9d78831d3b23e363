import Foundation

/// Columns of the terminal that a file descriptor writes to; nil if it writes to something else.
func terminalColumns(_ descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}

/// Width of tables on standard output: that of the terminal, or 80 for files and pipes.
public func outputColumns() -> Int { terminalColumns(STDOUT_FILENO) ?? 80 }

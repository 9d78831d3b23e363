import Foundation

/// The output of a program; nil if it cannot be started, or fails.
///
/// Foundation's `Process` monitors programs on a separate thread, and waits forever if the system
/// starts none.
///
/// - Parameters:
///   - program: looked for along `PATH`.
///   - arguments: without the program's name.
func output(of program: String, _ arguments: [String]) -> String? {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  let child = spawn(program, arguments, output: ends[1])
  close(ends[1])
  let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
  let printed = (try? reader.readToEnd()) ?? nil
  guard let child else { return nil }
  var status: Int32 = 0
  while waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { return nil }
  }
  // It exited with status 0.
  return status == 0 ? String(decoding: printed ?? Data(), as: UTF8.self) : nil
}

/// The id of the new process; nil if it could not be started.
private func spawn(_ program: String, _ arguments: [String], output: Int32) -> pid_t? {
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
  #else
    var actions = posix_spawn_file_actions_t()
  #endif
  guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
  var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
  defer { words.forEach { free($0) } }
  var child = pid_t()
  return posix_spawnp(&child, program, &actions, nil, &words, environ) == 0 ? child : nil
}

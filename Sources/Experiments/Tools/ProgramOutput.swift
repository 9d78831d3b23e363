import Foundation

/// What a program printed, and how it ended.
struct ProgramOutput {
  /// The exit status; 128 and the signal's number if a signal ended it.
  let status: Int32
  let output: String
  let errors: String

  /// Runs a program to its end; nil if it cannot be started.
  ///
  /// Foundation's `Process` monitors programs on a separate thread, and waits forever if the system
  /// starts none. For the same reason errors go to a file: two pipes would need two readers.
  ///
  /// - Parameters:
  ///   - program: looked for along `PATH`.
  ///   - arguments: without the program's name.
  init?(of program: String, _ arguments: [String]) {
    guard let errorFile = tmpfile() ?? fopen("/dev/null", "w+") else { return nil }
    defer { fclose(errorFile) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends + [fileno(errorFile)] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = Self.spawn(program, arguments, output: ends[1], errors: fileno(errorFile))
    close(ends[1])
    output = Self.text(FileHandle(fileDescriptor: ends[0], closeOnDealloc: true))
    guard let child else { return nil }
    var code: Int32 = 0
    while waitpid(child, &code, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    let signal = code & 0x7F
    status = signal == 0 ? (code >> 8) & 0xFF : 128 + signal
    rewind(errorFile)
    errors = Self.text(FileHandle(fileDescriptor: fileno(errorFile), closeOnDealloc: false))
  }

  private static func text(_ file: FileHandle) -> String {
    String(decoding: ((try? file.readToEnd()) ?? nil) ?? Data(), as: UTF8.self)
  }

  /// The id of the new process; nil if it could not be started.
  private static func spawn(
    _ program: String, _ arguments: [String], output: Int32, errors: Int32
  ) -> pid_t? {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var child = pid_t()
    return posix_spawnp(&child, program, &actions, nil, &words, environ) == 0 ? child : nil
  }
}

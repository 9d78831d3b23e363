import Foundation

/// What the owner of a folder writes into its lock file, again and again while it lives.
struct LockRecord: Equatable, Sendable {
  var owner: ProcessIdentity
  /// Of this taking of the lock, so that no two are confused.
  var id: String
  /// Counts the times that it was written.
  var beat = 0

  init(owner: ProcessIdentity) {
    self.owner = owner
    id = String(UInt64.random(in: 0...UInt64.max), radix: 16)
  }

  /// For people: `process 4711`, and where that is unless it is the reader's host.
  func described(for reader: ProcessIdentity) -> String {
    "process \(owner.process)" + (owner.host == reader.host ? "" : " on \(owner.host)")
      + (owner.job.map { " (\($0))" } ?? "")
  }

  // MARK: As text

  /// A line for each part.
  var text: String {
    var lines = [
      "host: \(owner.host)", "boot: \(owner.boot)", "process: \(owner.process)", "id: \(id)", "beat: \(beat)",
    ]
    if let job = owner.job { lines.append("job: \(job)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Nil for anything else, a record that is not written to its end included.
  init?(text: String) {
    guard text.hasSuffix("\n") else { return nil }
    var parts: [Substring: String] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      parts[line[..<colon]] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    guard let host = parts["host"], let boot = parts["boot"],
      let process = parts["process"].flatMap(Int32.init),
      let id = parts["id"], let beat = parts["beat"].flatMap(Int.init)
    else { return nil }
    owner = ProcessIdentity(host: host, boot: boot, process: process, job: parts["job"])
    (self.id, self.beat) = (id, beat)
  }

  // MARK: In a file

  private static let largest = 4096

  /// Nil where there is no record, or no file.
  ///
  /// Opens the file anew each time: that is what network file systems bring up to date for.
  init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    self.init(descriptor: descriptor)
  }

  init?(descriptor: Int32) {
    var bytes = [UInt8](repeating: 0, count: Self.largest)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    self.init(text: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  /// Writes the record over what is in the file; whether that went well.
  func write(to descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    return pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
      && ftruncate(descriptor, off_t(bytes.count)) == 0
  }

  /// As above, to a file that is there; closing it is what sends it to a file server.
  func write(to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    let isWritten = write(to: descriptor)
    return close(descriptor) == 0 && isWritten
  }
}

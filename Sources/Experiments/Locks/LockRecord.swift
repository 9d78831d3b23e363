import Foundation

/// The record that the owner of a folder repeatedly writes to its lock file.
struct LockRecord: Equatable, Sendable {
  var owner: ProcessIdentity
  /// Unique id of this acquisition of the lock.
  var id: String
  /// Number of times that it was written.
  var beat = 0

  init(owner: ProcessIdentity) {
    self.owner = owner
    id = String(UInt64.random(in: 0...UInt64.max), radix: 16)
  }

  /// Description for people: `process 4711`, and its host unless it is that of the reader.
  func described(for reader: ProcessIdentity) -> String {
    "process \(owner.process)" + (owner.host == reader.host ? "" : " on \(owner.host)")
      + (owner.job.map { " (\($0))" } ?? "")
  }

  // MARK: As text

  /// One line for each part.
  var text: String {
    var lines = [
      "host: \(owner.host)", "boot: \(owner.boot)", "process: \(owner.process)", "id: \(id)", "beat: \(beat)",
    ]
    if let job = owner.job { lines.append("job: \(job)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Nil for anything else, including an incomplete record.
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

  /// Nil if there is no record, or no file.
  ///
  /// Opens the file each time, since network file systems refresh files on opening.
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

  /// Overwrites the contents of the file with the record; returns whether that succeeded.
  func write(to descriptor: Int32) -> Bool {
    let bytes = Array(text.utf8)
    return pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
      && ftruncate(descriptor, off_t(bytes.count)) == 0
  }

  /// The same for an existing file; closing the file sends it to a file server.
  func write(to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    let isWritten = write(to: descriptor)
    return close(descriptor) == 0 && isWritten
  }
}

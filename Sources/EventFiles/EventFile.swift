import Files
import Foundation

/// A file of scalars that TensorBoard reads while it is written.
///
/// The file is appended to and never replaced, since readers keep it open.
public struct EventFile: Sendable {
  public let path: String

  /// - Parameter path: TensorBoard looks for names that contain `tfevents`.
  public init(path: String) { self.path = path }

  /// The events of a file, up to the first damaged or incomplete record; none if there is no file.
  public func events() -> [ScalarEvent] { scalars(TFRecords.read(contents)).map(\.event) }

  /// Makes the file contain exactly these events: keeps the longest common beginning, truncates the
  /// file after it, and appends the other events. Events are equal if their steps and values are,
  /// whatever the time.
  ///
  /// - Parameter events: in the order of their steps.
  /// - Throws: `EventFileError` if the file cannot be written.
  public func write(_ events: [ScalarEvent]) throws(EventFileError) {
    let records = TFRecords.read(contents)
    let begin = end(ofHeader: records.first)
    let known = begin > 0 ? scalars(records) : []
    let same = zip(known, events).prefix { $0.event.step == $1.step && $0.event.values == $1.values }.count
    let kept = same > 0 ? known[same - 1].end : begin
    let header =
      kept > 0 ? [] : Espalier_Event.header(wallTime: events.first?.wallTime ?? 0).record
    try replace(after: kept, with: header + events.dropFirst(same).flatMap { $0.message.record })
  }

  private var contents: [UInt8] { (try? RegularFile.read(path, largest: .max)) ?? [] }

  /// 0 if the record is not the header of an event file.
  private func end(ofHeader record: (bytes: ArraySlice<UInt8>, end: Int)?) -> Int {
    guard let record, let event = try? Espalier_Event(serializedBytes: Array(record.bytes)),
      case .fileVersion? = event.what
    else { return 0 }
    return record.end
  }

  private func scalars(
    _ records: [(bytes: ArraySlice<UInt8>, end: Int)]
  ) -> [(event: ScalarEvent, end: Int)] {
    records.dropFirst().compactMap { record in
      (try? Espalier_Event(serializedBytes: Array(record.bytes))).flatMap(ScalarEvent.init).map {
        ($0, record.end)
      }
    }
  }

  private func replace(after kept: Int, with bytes: [UInt8]) throws(EventFileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw failure("cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw EventFileError(path: path, problem: "not a regular file")
    }
    if Int(status.st_size) == kept, bytes.isEmpty { return }
    guard ftruncate(descriptor, off_t(kept)) == 0 else { throw failure("cannot be truncated") }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written, off_t(kept + written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot be written") }
      written += count
    }
  }

  private func failure(_ problem: String) -> EventFileError {
    EventFileError(path: path, problem: "\(problem): \(systemReason())")
  }
}

/// Why an event file could not be written.
public struct EventFileError: Error, Equatable, CustomStringConvertible {
  public var path: String
  public var problem: String

  public var description: String { "\(path): \(problem)" }
}

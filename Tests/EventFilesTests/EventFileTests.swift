import Foundation
import TestSupport
import Testing

@testable import EventFiles

@Suite("Event files for TensorBoard")
struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.path + "/events" }

  private static func event(_ step: Int, time: Double = 1_700_000_000.5, loss: Float = 0.25) -> ScalarEvent {
    ScalarEvent(
      step: step, wallTime: time,
      values: [.init(tag: "loss/train", value: loss), .init(tag: "top1/test", value: 90)])
  }

  private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test("the checksum is CRC-32C: values of RFC 3720, B.4, and the check value of the polynomial")
  func checksum() {
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc32c(0..<32) == 0x46DD_794E)
    #expect(crc32c("123456789".utf8) == 0xE306_9283)
    #expect(crc32c([]) == 0)
  }

  /// Bytes that PyPI's tensorboard 2.21 writes of such an event with its `RecordWriter`.
  @Test("an event has the bytes that TensorBoard's own writer gives it")
  func bytesOfAnEvent() {
    let event = ScalarEvent(step: 3, wallTime: 1.5, values: [.init(tag: "loss", value: 0.5)])
    let expected: [UInt8] = [
      0x1A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x9B, 0xD8, 0x2D, 0x09, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0xF8, 0x3F, 0x10, 0x03, 0x2A, 0x0D, 0x0A, 0x0B, 0x0A,
      0x04, 0x6C, 0x6F, 0x73, 0x73, 0x15, 0x00, 0x00, 0x00, 0x3F, 0x80, 0x65, 0x5E, 0xE3,
    ]
    #expect(event.message.record == expected)
  }

  @Test("a file reads back, and begins with the version")
  func roundTrip() throws {
    let file = EventFile(path: path)
    #expect(file.events() == [])
    let events = (1...5).map { Self.event($0) }
    try file.write(events)
    #expect(file.events() == events)
    let first = try #require(TFRecords.read(bytes()).first)
    #expect(try Espalier_Event(serializedBytes: Array(first.bytes)).fileVersion == "brain.Event:2")
  }

  @Test("more events are appended: the bytes that are there stay, also with other times")
  func appends() throws {
    let file = EventFile(path: path)
    try file.write([Self.event(1)])
    let before = try bytes()
    try file.write([Self.event(1, time: 9), Self.event(2, time: 9)])
    #expect(try bytes().starts(with: before))
    #expect(file.events() == [Self.event(1), Self.event(2, time: 9)])
    let after = try bytes()
    try file.write([Self.event(1), Self.event(2)])
    #expect(try bytes() == after)
  }

  @Test("events that a resumed training does not have yet are removed, so that none appears twice")
  func resumes() throws {
    let file = EventFile(path: path)
    try file.write((1...4).map { Self.event($0) })
    try file.write((1...2).map { Self.event($0) })
    #expect(file.events().map(\.step) == [1, 2])
    try file.write([Self.event(1), Self.event(2, loss: 7), Self.event(3)])
    #expect(file.events() == [Self.event(1), Self.event(2, loss: 7), Self.event(3)])
    try file.write([])
    #expect(file.events() == [])
  }

  @Test("a file cut off anywhere, or with a byte changed, is mended")
  func damage() throws {
    let file = EventFile(path: path)
    let events = (1...3).map { Self.event($0) }
    try file.write(events)
    let whole = try bytes()
    for count in stride(from: 0, to: whole.count, by: 7) {
      try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: path))
      try file.write(events)
      #expect(try bytes() == whole, "cut off after \(count) bytes")
      var changed = whole
      changed[count] ^= 0x40
      try Data(changed).write(to: URL(fileURLWithPath: path))
      try file.write(events)
      #expect(file.events() == events, "byte \(count) changed")
    }
  }

  @Test("a length beyond the file, of however many bytes, ends reading")
  func hugeLength() {
    let length: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 127]
    let sum = maskedCRC32C(length)
    let header = length + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    #expect(TFRecords.read(header + [UInt8](repeating: 0, count: 100)).isEmpty)
  }

  @Test("a link, a folder or no folder at the file's path is an error, and what it leads to stays")
  func places() throws {
    try folder.write("other".utf8, to: "target")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "target")
    for name in ["link", ".", "missing/file"] {
      #expect(throws: EventFileError.self, "\(name)") {
        try EventFile(path: "\(folder.path)/\(name)").write([Self.event(1)])
      }
    }
    #expect(try folder.text("target") == "other")
  }
}

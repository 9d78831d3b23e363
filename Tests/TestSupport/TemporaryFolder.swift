import Foundation

/// A folder of its own for a test, which goes when the value does.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "espalier-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// - Parameter files: contents by path in the folder.
  public convenience init(_ files: [String: some Sequence<UInt8>]) throws {
    try self.init()
    for (name, contents) in files { try write(contents, to: name) }
  }

  /// - Parameter texts: of files, by path in the folder.
  public convenience init(texts: [String: String]) throws { try self.init(texts.mapValues(\.utf8)) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  public var url: URL { URL(fileURLWithPath: path, isDirectory: true) }

  /// Writes a file, whose folder is made.
  public func write(_ contents: some Sequence<UInt8>, to name: String) throws {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(contents).write(to: file)
  }

  /// Writes a shell's script that can be run as a program.
  public func write(script: String, to name: String) throws {
    try write("#!/bin/sh\n\(script)\n".utf8, to: name)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(name)")
  }

  /// The text of a file.
  public func text(_ name: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
  }

  public func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
  }
}

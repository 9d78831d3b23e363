import Files
import Foundation
import Specification

/// A file or folder in a folder.
struct FolderEntry: Equatable {
  let name: String
  let kind: Kind

  enum Kind: Equatable {
    case folder
    case file
    /// Something whose status cannot be had, such as a broken symbolic link.
    case absent(Absence)
    /// A pipe, a socket, a device.
    case special
  }

  var isFolder: Bool { kind == .folder }

  /// The contents of a folder, sorted by the bytes of the names, without names that begin with a
  /// dot.
  ///
  /// Links are followed.
  ///
  /// - Throws: if it cannot be listed, or if a name is not UTF-8, since messages and reports could
  ///   not show it.
  static func all(in folder: String) throws(DatasetError) -> [FolderEntry] {
    var entries: [FolderEntry] = []
    let isFolder = try visit(folder) { (name, type) throws(DatasetError) in
      guard let name = String(validating: name, as: UTF8.self) else {
        let shown = quoted(String(decoding: name, as: UTF8.self))
        throw DatasetError(
          file: folder, problem: "the name \(shown) is not UTF-8", expected: "names in UTF-8: rename it")
      }
      entries.append(FolderEntry(name: name, kind: kind("\(folder)/\(name)", type)))
      return true
    }
    guard isFolder else { throw unreadable(folder) }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Calls `body` with each name in a folder and its type, in any order, until `body` returns
  /// false; names that begin with a dot are skipped.
  ///
  /// - Parameter read: passes on what it calls, the system's function for the next entry.
  /// - Returns: false, with the reason in `errno`, if the folder cannot be opened.
  /// - Throws: if the folder cannot be read to its end, or an error of `body`.
  static func visit(
    _ folder: String, _ body: (_ name: [UInt8], _ type: UInt8) throws(DatasetError) -> Bool,
    reading read: (() -> UnsafeMutablePointer<dirent>?) -> UnsafeMutablePointer<dirent>? = { $0() }
  ) throws(DatasetError) -> Bool {
    guard let stream = opendir(folder) else { return false }
    defer { closedir(stream) }
    while true {
      // Nothing else tells an error from the end.
      errno = 0
      guard let entry = read({ readdir(stream) }) else { break }
      let type = entry.pointee.d_type
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        let bytes = UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
        return Array(UnsafeBufferPointer(start: bytes, count: strlen(bytes))).map(UInt8.init(bitPattern:))
      }
      if name.first == UInt8(ascii: ".") { continue }
      if try !body(name, type) { return true }
    }
    guard errno == 0 else { throw unreadable(folder) }
    return true
  }

  /// Why the status of the entry cannot be had, or that of anything in it if it is a folder; nil if
  /// it can be, and for a link to nowhere.
  func problem(in folder: String) -> String? {
    let path = "\(folder)/\(name)" + (isFolder ? "/." : "")
    guard FileStatus(path) == nil, case .other(let problem) = Absence(of: path) else { return nil }
    return problem
  }

  /// After a call that failed.
  private static func unreadable(_ folder: String) -> DatasetError {
    DatasetError(file: folder, problem: "cannot read: \(systemReason())", expected: "a folder")
  }

  private static func kind(_ path: String, _ type: UInt8) -> Kind {
    if type == UInt8(DT_DIR) { return .folder }
    if type == UInt8(DT_REG) { return .file }
    guard let status = FileStatus(path) else { return .absent(Absence(of: path)) }
    return status.isFolder ? .folder : status.isFile ? .file : .special
  }
}

/// Why the status of a path cannot be had.
enum Absence: Equatable {
  case danglingLink(to: String)
  /// Another reason, as a sentence.
  case other(String)

  /// - Precondition: the call that has just failed left its reason in `errno`.
  init(of path: String) {
    // Saved, since Foundation's calls change it.
    let reason = errno
    guard reason == ENOENT else {
      self = .other("cannot read: \(systemReason(reason))")
      return
    }
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    self = target.map { .danglingLink(to: $0) } ?? .other("it does not exist")
  }

  /// A sentence, such as "it does not exist".
  var problem: String {
    switch self {
    case .danglingLink(let target): "it is a link to \(quoted(target, limit: 1000)), where nothing is"
    case .other(let problem): problem
    }
  }
}

extension DatasetError {
  /// An error that concerns a whole folder, with its absolute path.
  ///
  /// - Parameters:
  ///   - layout: the expected contents of `dataset.path`.
  ///   - source: where to get the files.
  static func folder(
    _ path: String, _ problem: String, layout: String, source: String? = nil
  ) -> DatasetError {
    let absolute = path.hasPrefix("/") ? "" : " (\(URL(fileURLWithPath: path).standardizedFileURL.path))"
    return DatasetError(
      file: path + absolute, problem: problem, expected: "`dataset.path` to have \(layout)", source: source)
  }
}

extension [FolderEntry] {
  /// The contents of a folder for messages: a few names, with the types of files if their first
  /// bytes show them.
  func found(in folder: String) -> String {
    if isEmpty { return "found nothing in it" }
    let pictures = count { !$0.isFolder && PictureWalk.isPicture($0.name) }
    let others = filter { $0.isFolder || !PictureWalk.isPicture($0.name) }
    var parts = pictures > 0 ? [pictures == 1 ? "a picture" : "\(pictures) pictures"] : []
    parts += others.prefix(Self.namesShown).map { $0.described(in: folder) }
    if others.count > Self.namesShown { parts.append("\(others.count - Self.namesShown) more") }
    return "found \(listed(parts))"
  }

  private static var namesShown: Int { 4 }
}

extension FolderEntry {
  fileprivate func described(in folder: String) -> String {
    switch kind {
    case .folder: return quoted(name + "/")
    case .absent(.danglingLink(let target)):
      return "\(quoted(name)), a link to \(quoted(target)), where nothing is"
    case .absent(.other), .special: return quoted(name)
    case .file: return quoted(name) + (FileKind(of: "\(folder)/\(name)").map { ", \($0.name)" } ?? "")
    }
  }
}

extension FileKind {
  /// The type of the file at a path; nil if it is unknown, or if the file cannot be read.
  fileprivate init?(of path: String) {
    let length = Self.prefixLength
    guard let start = try? RegularFile.read(path, first: length, largest: length) else { return nil }
    self.init(start, path: path)
  }
}

/// Description of a path that should be a folder.
func notAFolder(_ path: String) -> String {
  FileKind(of: path).map { "it is \($0.name), not a folder" } ?? "it is not a folder"
}

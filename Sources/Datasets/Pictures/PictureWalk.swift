import Foundation
import Specification

/// Finds the pictures in a folder and the folders below it, like torchvision's `ImageFolder`.
///
/// It goes through folders in the order of the bytes of names. Names that begin with a dot, and
/// files without the extension `.jpg`, `.jpeg` or `.png`, are skipped; links are followed.
struct PictureWalk {
  /// The folder to which names of pictures are relative.
  let root: String
  private(set) var list = PictureList()
  /// Number of skipped files, by extension.
  private(set) var others: [String: Int] = [:]

  init(root: String) { self.root = root }

  static let names = "files named .jpg, .jpeg or .png"

  static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return !name.hasPrefix(".") && [".jpg", ".jpeg", ".png"].contains { lower.hasSuffix($0) }
  }

  /// - Parameter folder: relative to the root; empty for the root itself.
  /// - Throws: if a folder cannot be read, a picture is not a regular file, or a link leads to an
  ///   enclosing folder.
  mutating func add(_ folder: String, label: Int32) throws(DatasetError) {
    try add(folder, label: label, within: [])
  }

  mutating func append(_ other: PictureWalk) {
    list.append(other.list)
    others.merge(other.others, uniquingKeysWith: +)
  }

  /// - Parameter outer: identities of the enclosing folders.
  private mutating func add(_ folder: String, label: Int32, within outer: [[UInt64]]) throws(DatasetError) {
    let path = folder.isEmpty ? root : "\(root)/\(folder)"
    let identity = FileStatus(path)?.identity ?? []
    guard !outer.contains(identity) else {
      throw DatasetError(
        file: path, problem: "a link leads back to a folder that it is in",
        expected: "folders without a circle")
    }
    for entry in try FolderEntry.all(in: path) {
      let name = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
      if entry.isFolder {
        try add(name, label: label, within: outer + [identity])
      } else if Self.isPicture(entry.name) {
        list.append(name, try status(of: name, entry.kind), label: label)
      } else if case .absent(let absence) = entry.kind {
        // It may lead to a folder of pictures.
        throw DatasetError(
          file: "\(root)/\(name)", problem: absence.problem, expected: "a picture or a folder")
      } else {
        others[(entry.name as NSString).pathExtension, default: 0] += 1
      }
    }
  }

  /// Whether there is a picture in a folder or below it, judging by names: stops at the first
  /// picture, or after many folders without one.
  static func hasPicture(in folder: String) throws(DatasetError) -> Bool {
    var waiting = [folder]
    var looked = 0
    var isFound = false
    while !isFound, looked < mostFolders, let path = waiting.popLast() {
      let isFolder = try FolderEntry.visit(path) { (name, _) throws(DatasetError) in
        let name = String(decoding: name, as: UTF8.self)
        isFound = isPicture(name)
        waiting.append("\(path)/\(name)")
        return !isFound
      }
      if isFolder { looked += 1 }
    }
    return isFound
  }

  private static let mostFolders = 1000

  private func status(of name: String, _ kind: FolderEntry.Kind) throws(DatasetError) -> FileStatus {
    let path = "\(root)/\(name)"
    guard kind != .special else {
      throw DatasetError(file: path, problem: "it is not a regular file", expected: "a picture")
    }
    guard let status = FileStatus(path) else {
      throw DatasetError(file: path, problem: Absence(of: path).problem, expected: "a picture")
    }
    return status
  }

  /// Other files for messages, such as "found 3 files named .webp".
  var foundOthers: String {
    let most = others.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most.map { "found \(Self.files($0.value, ending: $0.key))" } ?? "found nothing in it"
  }

  /// A warning about skipped files that are pictures, such as "3 files named .webp are not read";
  /// nil if there are none.
  var unread: String? {
    let pictures = others.filter { Self.otherPictures.contains($0.key.lowercased()) }
      .sorted { $0.key < $1.key }
    guard !pictures.isEmpty else { return nil }
    let verb = pictures.map(\.value).reduce(0, +) == 1 ? "is" : "are"
    return listed(pictures.map { Self.files($0.value, ending: $0.key) })
      + " \(verb) not read; expected \(Self.names)"
  }

  /// Extensions of pictures that cannot be read, and unusual ones of JPEG.
  private static let otherPictures: Set = [
    "avif", "bmp", "gif", "heic", "heif", "jfif", "jp2", "jpe", "jxl", "pgm", "ppm", "tif", "tiff", "webp",
  ]

  private static func files(_ count: Int, ending: String) -> String {
    let kind = ending.isEmpty ? "without an ending" : "named \(quoted("." + ending))"
    return "\(count == 1 ? "a file" : "\(count) files") \(kind)"
  }
}

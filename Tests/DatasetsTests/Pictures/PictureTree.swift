import Foundation
import TestSupport

@testable import Datasets

/// An image folder of fixtures: classes of two pictures each, the same in both splits.
final class PictureTree {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init(classes: [String] = ["ant", "bee"], test: String = "val") throws {
    folder = try TemporaryFolder()
    for split in ["train", test] {
      for name in classes {
        try add("colour.jpg", as: "\(split)/\(name)/one.jpg")
        try add("grey.png", as: "\(split)/\(name)/two.png")
      }
    }
  }

  /// Adds one of the fixtures, whose folder is made.
  func add(_ fixture: String, as name: String) throws { try write(try PillowValues.file(fixture), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws { try folder.write(bytes, to: name) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
  }

  /// What an error says, with the folder's own path left out.
  func errorText<Value>(_ body: () throws -> Value) -> String? {
    message(body)?.replacingOccurrences(of: path, with: "")
  }
}

extension PictureList {
  var allNames: [String] { (0..<count).map(name) }
}

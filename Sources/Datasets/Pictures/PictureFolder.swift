import Foundation

/// The layout of an image folder: `train/<class>/<picture>` and `val/<class>/<picture>`, or `test` for `val`.
///
/// The classes are the folders' names, in the order of their bytes. Names that begin with a dot, files that are not
/// called `.jpg`, `.jpeg` or `.png`, and folders within a class are passed over.
struct PictureFolder {
  let path: String

  static let source = "a folder with train/<class>/*.jpg and val/<class>/*.jpg"

  /// Names of the class folders of training; nil when they cannot be read.
  var classNames: [String]? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/train") else {
      return nil
    }
    return classFolders(names, in: "train")
  }

  /// Lists all pictures.
  ///
  /// - Throws: where a folder is missing or empty, or the splits' classes differ.
  func list() throws(DatasetError) -> PictureIndex {
    guard let status = FileStatus(path) else {
      throw error(path, "cannot read: \(String(cString: strerror(errno)))", expected: Self.source)
    }
    guard status.isFolder else { throw error(path, "it is not a folder", expected: Self.source) }
    var index = PictureIndex(folder: path)
    index.folderTimes.append(status.time)
    index.folders.append("")
    let test = ["val", "test"].first { FileStatus("\(path)/\($0)")?.isFolder == true } ?? "val"
    index.classNames = try classes(of: "train")
    index.train = try pictures("train", &index)
    let testClasses = try classes(of: test)
    if let (name, split, other) = difference(index.classNames, testClasses, test) {
      throw error(
        "\(path)/\(other)", "there is no folder \(name), which \(split) has",
        expected: "the same classes in both")
    }
    index.test = try pictures(test, &index)
    return index
  }

  private func classes(of split: String) throws(DatasetError) -> [String] {
    let names = classFolders(try contents(split), in: split)
    guard !names.isEmpty else {
      throw error("\(path)/\(split)", "there is no folder in it", expected: "one for each class")
    }
    return names
  }

  private func classFolders(_ names: [String], in split: String) -> [String] {
    Self.sorted(names.filter { !$0.hasPrefix(".") && FileStatus("\(path)/\(split)/\($0)")?.isFolder == true })
  }

  /// The first class that one split has and the other has not.
  private func difference(
    _ train: [String], _ test: [String], _ testName: String
  ) -> (name: String, split: String, other: String)? {
    let (trainBytes, testBytes) = (Set(train.map { Array($0.utf8) }), Set(test.map { Array($0.utf8) }))
    if let name = train.first(where: { !testBytes.contains(Array($0.utf8)) }) {
      return (name, "train", testName)
    }
    return test.first { !trainBytes.contains(Array($0.utf8)) }.map { ($0, testName, "train") }
  }

  private func pictures(_ split: String, _ index: inout PictureIndex) throws(DatasetError) -> PictureList {
    var list = PictureList()
    try note(split, &index)
    for (label, name) in index.classNames.enumerated() {
      let folder = "\(split)/\(name)"
      try note(folder, &index)
      let before = list.count
      for file in Self.sorted(try contents(folder).filter(Self.isPicture)) {
        guard let status = FileStatus("\(path)/\(folder)/\(file)") else {
          throw error(
            "\(path)/\(folder)/\(file)", "cannot read: \(String(cString: strerror(errno)))",
            expected: "a picture")
        }
        if status.isFile { list.append("\(folder)/\(file)", status, label: Int32(label)) }
      }
      guard list.count > before else {
        throw error(
          "\(path)/\(folder)", "there is no picture in it", expected: "files named .jpg, .jpeg or .png")
      }
    }
    return list
  }

  /// Notes when a folder was last modified, before it is listed.
  private func note(_ folder: String, _ index: inout PictureIndex) throws(DatasetError) {
    guard let status = FileStatus("\(path)/\(folder)") else {
      throw error(
        "\(path)/\(folder)", "cannot read: \(String(cString: strerror(errno)))", expected: Self.source)
    }
    index.folders.append(folder)
    index.folderTimes.append(status.time)
  }

  private func contents(_ folder: String) throws(DatasetError) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)") } catch {
      let reason =
        FileStatus("\(path)/\(folder)") == nil ? String(cString: strerror(errno)) : "it cannot be listed"
      throw self.error("\(path)/\(folder)", "cannot read: \(reason)", expected: Self.source)
    }
  }

  static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return !name.hasPrefix(".") && [".jpg", ".jpeg", ".png"].contains { lower.hasSuffix($0) }
  }

  private static func sorted(_ names: [String]) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func error(_ file: String, _ problem: String, expected: String) -> DatasetError {
    DatasetError(file: file, problem: problem, expected: expected)
  }
}

import Specification

/// The layout of an image folder: `train/<class>/<picture>` and `val/<class>/<picture>`.
///
/// The classes are the names of the folders, sorted by bytes; pictures may be in nested folders.
struct PictureFolder {
  let path: String

  static let layout = "folders train/<class> and val/<class> of .jpg and .png files"

  /// Possible names of the folder of test pictures; the first that exists is used.
  static let testNames = ["val", "valid", "validation", "test"]

  /// The folders of pictures.
  struct Folders: Equatable {
    var classNames: [String]
    /// Name of the folder of test pictures.
    var test: String
  }

  /// Reads the folders, and only as many files as necessary to check that each class has a picture.
  ///
  /// - Throws: if a folder is missing, the classes of the splits differ, or a class has no picture.
  func folders() throws(DatasetError) -> Folders {
    guard let status = FileStatus(path) else {
      throw .folder(path, Absence(of: path).problem, layout: Self.layout)
    }
    guard status.isFolder else { throw .folder(path, notAFolder(path), layout: Self.layout) }
    let entries = try FolderEntry.all(in: path)
    let train = try split(["train"], entries)
    let test = try split(Self.testNames, entries)
    let classNames = try classes(of: train)
    let testClasses = try classes(of: test)
    try check(test, testClasses, hasAll: classNames, of: train)
    try check(train, classNames, hasAll: testClasses, of: test)
    for split in [train, test] {
      for name in classNames where try !PictureWalk.hasPicture(in: "\(path)/\(split)/\(name)") {
        // The error says what was found instead.
        _ = try pictures("\(split)/\(name)", label: 0)
      }
    }
    return Folders(classNames: classNames, test: test)
  }

  /// The first of the names that exists in a folder.
  private func split(_ names: [String], _ entries: [FolderEntry]) throws(DatasetError) -> String {
    if let name = names.first(where: { name in entries.contains { $0.name == name && $0.isFolder } }) {
      return name
    }
    let within = entries.first { $0.isFolder && FileStatus("\(path)/\($0.name)/train")?.isFolder == true }
    let hint = within.map { "; did you mean \(quoted("\(path)/\($0.name)", limit: 1000))?" } ?? ""
    throw .folder(
      path, "there is no folder \(listed(names, "or")) in it; \(entries.found(in: path))\(hint)",
      layout: Self.layout)
  }

  private func classes(of split: String) throws(DatasetError) -> [String] {
    let folder = "\(path)/\(split)"
    let entries = try FolderEntry.all(in: folder)
    for case (let name, .absent(let absence)) in entries.map({ ($0.name, $0.kind) }) {
      throw .folder("\(folder)/\(name)", absence.problem, layout: Self.layout)
    }
    let names = entries.filter(\.isFolder).map(\.name)
    guard !names.isEmpty else {
      throw .folder(folder, "there is no folder in it; \(entries.found(in: folder))", layout: Self.layout)
    }
    return names
  }

  private func check(
    _ split: String, _ names: [String], hasAll others: [String], of other: String
  ) throws(DatasetError) {
    // Compared by bytes: composed and decomposed letters are different names.
    let present = Set(names.map { Array($0.utf8) })
    guard let missing = others.first(where: { !present.contains(Array($0.utf8)) }) else { return }
    let folder = "\(path)/\(split)"
    let found = ((try? FolderEntry.all(in: folder)) ?? []).found(in: folder)
    throw .folder(
      folder, "there is no folder \(quoted(missing)), which \(other) has; \(found)",
      layout: "the same classes in both, \(Self.layout)")
  }

  /// Lists all pictures.
  ///
  /// - Parameter threads: largest number of threads that read folders.
  /// - Throws: also if a class has no picture.
  func list(threads: Int) throws(DatasetError) -> PictureListing {
    let folders = try folders()
    return PictureListing(
      classNames: folders.classNames, train: try pictures("train", folders.classNames, threads),
      test: try pictures(folders.test, folders.classNames, threads))
  }

  private func pictures(
    _ split: String, _ classNames: [String], _ threads: Int
  ) throws(DatasetError) -> PictureList {
    let lists = try concurrentMap(classNames.count, threads: threads) { (label) throws(DatasetError) in
      try pictures("\(split)/\(classNames[label])", label: Int32(label))
    }
    return lists.reduce(into: PictureList()) { $0.append($1) }
  }

  private func pictures(_ folder: String, label: Int32) throws(DatasetError) -> PictureList {
    var walk = PictureWalk(root: path)
    try walk.add(folder, label: label)
    guard walk.list.count > 0 else {
      throw .folder(
        "\(path)/\(folder)", "there is no picture in it; \(walk.foundOthers)", layout: Self.layout)
    }
    return walk.list
  }
}

/// The contents of an image folder.
struct PictureListing: Equatable {
  var classNames: [String]
  var train: PictureList
  var test: PictureList
}

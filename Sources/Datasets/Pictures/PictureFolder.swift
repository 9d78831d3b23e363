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
        _ = try walk("\(split)/\(name)", label: 0)
      }
    }
    return Folders(classNames: classNames, test: test)
  }

  /// The first of the names that exists in a folder.
  private func split(_ names: [String], _ entries: [FolderEntry]) throws(DatasetError) -> String {
    if let name = names.first(where: { name in entries.contains { $0.name == name && $0.isFolder } }) {
      return name
    }
    for case (let name, .absent(.other(let problem))) in entries.map({ ($0.name, $0.kind) })
    where names.contains(name) {
      throw .folder("\(path)/\(name)", problem, layout: Self.layout)
    }
    let problem = "there is no folder \(listed(names, "or")) in it; \(entries.found(in: path))"
    throw .folder(path, problem + hint(names, entries), layout: Self.layout)
  }

  /// A folder that was meant: one with a similar name, or the data set in a folder of this one.
  private func hint(_ names: [String], _ entries: [FolderEntry]) -> String {
    let folders = entries.filter(\.isFolder).map(\.name)
    for folder in folders {
      if let name = nearestName(to: folder, among: names) {
        return "; did you mean \(quoted(name)) by \(quoted(folder))?"
      }
    }
    let within = folders.first { FileStatus("\(path)/\($0)/train")?.isFolder == true }
    return within.map { "; did you mean \(quoted("\(path)/\($0)", limit: 1000))?" } ?? ""
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
    let train = try walk("train", folders.classNames, threads)
    let test = try walk(folders.test, folders.classNames, threads)
    return PictureListing(
      classNames: folders.classNames, train: train.list, test: test.list,
      warnings: [("train", train), (folders.test, test)].compactMap { split, walk in
        walk.unread.map { "\(path)/\(split): \($0)" }
      })
  }

  private func walk(
    _ split: String, _ classNames: [String], _ threads: Int
  ) throws(DatasetError) -> PictureWalk {
    let walks = try concurrentMap(classNames.count, threads: threads) { (label) throws(DatasetError) in
      try walk("\(split)/\(classNames[label])", label: Int32(label))
    }
    return walks.reduce(into: PictureWalk(root: path)) { $0.append($1) }
  }

  private func walk(_ folder: String, label: Int32) throws(DatasetError) -> PictureWalk {
    var walk = PictureWalk(root: path)
    try walk.add(folder, label: label)
    guard walk.list.count > 0 else {
      throw .folder(
        "\(path)/\(folder)", "there is no picture in it; \(walk.foundOthers)", layout: Self.layout)
    }
    return walk
  }
}

/// The contents of an image folder.
struct PictureListing: Equatable {
  var classNames: [String]
  var train: PictureList
  var test: PictureList
  /// About pictures that are not listed.
  var warnings: [String]
}

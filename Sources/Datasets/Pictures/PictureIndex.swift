/// What an image folder holds: classes, files, and when its folders were last modified.
struct PictureIndex: Equatable, Sendable {
  var folder: String
  var classNames: [String] = []
  var train = PictureList()
  var test = PictureList()
  /// Relative to `folder`; a change of any means that files came, went or have other names.
  var folders: [String] = []
  /// Nanoseconds since 1970.
  var folderTimes: [Int] = []

  init(folder: String) { self.folder = folder }

  /// Whether no folder was modified since they were listed.
  var isCurrent: Bool {
    zip(folders, folderTimes).allSatisfy { name, time in FileStatus("\(folder)/\(name)")?.time == time }
  }

  var isSound: Bool {
    !classNames.isEmpty && folders.count == folderTimes.count && train.isSound(classes: classNames.count)
      && test.isSound(classes: classNames.count)
  }
}

import Specification

extension ImageSet {
  /// All pictures in a folder and the folders below it, without classes.
  ///
  /// - Parameters:
  ///   - size: rows and columns of the images.
  ///   - threads: largest number of threads that decode pictures.
  /// - Throws: if there are none.
  public static func pictures(in folder: String, size: Int, threads: Int) throws(DatasetError) -> ImageSet {
    var walk = PictureWalk(root: folder)
    try walk.add("", label: 0)
    guard walk.list.count > 0 else {
      throw DatasetError(
        file: folder, problem: "there is no picture in it; \(walk.foundOthers)", expected: PictureWalk.names)
    }
    let resize = PictureSpec.standardResize(size: size, crops: true)
    return ImageSet(
      PictureFiles(
        folder: folder, list: walk.list, spec: PictureSpec(size: size, resize: resize), threads: threads,
        damaged: DamagedPictures()))
  }
}

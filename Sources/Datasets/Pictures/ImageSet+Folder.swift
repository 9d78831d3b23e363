import Foundation
import Specification

extension ImageSet {
  /// All pictures in a folder and the folders below it, in the order of their paths, without classes.
  ///
  /// - Parameters:
  ///   - size: rows, and columns, of the images.
  ///   - threads: threads that decode pictures, at most.
  /// - Throws: when there are none.
  public static func pictures(in folder: String, size: Int, threads: Int) throws(DatasetError) -> ImageSet {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var list = PictureList()
    for name in names.filter({ PictureFolder.isPicture(($0 as NSString).lastPathComponent) }).sorted() {
      if let status = FileStatus("\(folder)/\(name)"), status.isFile { list.append(name, status, label: 0) }
    }
    guard list.count > 0 else {
      throw DatasetError(
        file: folder, problem: "there is no picture in it", expected: "files named .jpg, .jpeg or .png")
    }
    let resize = PictureSpec.standardResize(size: size, crops: true)
    return ImageSet(
      PictureFiles(
        folder: folder, list: list, spec: PictureSpec(size: size, resize: resize), threads: threads,
        indexPath: nil, damaged: DamagedPictures()))
  }
}

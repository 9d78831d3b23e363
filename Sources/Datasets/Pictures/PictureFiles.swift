import Specification

/// Pictures that are read and decoded on demand, and not kept in memory.
struct PictureFiles: Equatable, Sendable {
  let folder: String
  let list: PictureList
  let spec: PictureSpec
  /// Threads that decode a batch.
  var threads: Int
  /// Shared by all selections from the same files.
  let damaged: DamagedPictures

  func selecting(_ indices: [Int]) -> PictureFiles {
    PictureFiles(
      folder: folder, list: list.selecting(indices), spec: spec, threads: threads, damaged: damaged)
  }

  /// Images of the pictures with the given indices: `[3, spec.size, spec.size]` each, nil for a
  /// damaged one that is left out.
  ///
  /// - Parameter window: the requested part of a picture, by its index and size.
  /// - Throws: an error about the first picture in order that cannot be read, or is damaged and not
  ///   left out.
  func images(
    _ indices: [Int], window: @Sendable (Int, PictureSize) -> PictureWindow
  ) throws(DatasetError) -> [[UInt8]?] {
    try concurrentMap(indices.count, threads: threads) { (place) throws(DatasetError) in
      try image(indices[place], window: window)
    }
  }

  private func image(
    _ index: Int, window: @Sendable (Int, PictureSize) -> PictureWindow
  ) throws(DatasetError) -> [UInt8]? {
    let file = try read(index)
    do throws(PictureDamage) {
      return try Picture.image(file.get(), maximumPixels: spec.maximumPixels, side: spec.size) {
        window(index, $0)
      }
    } catch {
      guard spec.damaged == .skip else { throw failure(index, error) }
      damaged.add(path(index), error.problem)
      return nil
    }
  }

  private func failure(_ index: Int, _ damage: PictureDamage) -> DatasetError {
    damage.isTooLarge
      ? .tooLarge(path(index), damage, spec)
      : DatasetError(
        file: path(index), problem: "damaged: \(damage.problem)",
        expected: "a whole JPEG or PNG picture, or `dataset.damaged: skip` to leave it out")
  }

  private func path(_ index: Int) -> String { "\(folder)/\(list.name(index))" }

  /// The bytes of the file, or its damage.
  ///
  /// - Throws: if it cannot be read, or has changed since it was listed, since results would be
  ///   stored under the wrong key.
  private func read(_ index: Int) throws(DatasetError) -> Result<[UInt8], PictureDamage> {
    try PictureFile.read(path(index), expected: "the picture that was listed") { found in
      let status = FileStatus(found)
      let isListed = status.isFile && status.size == list.sizes[index] && status.time == list.times[index]
      return isListed ? nil : "it has changed since the run began"
    }
  }
}

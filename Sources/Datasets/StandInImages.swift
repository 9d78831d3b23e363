import Compute
import Specification

extension DatasetRegistry {
  /// Random images that replace a data set with missing files for measurements, with the same
  /// number and shape. Nil if the number of images is unknown without the files.
  public static func standIn(for spec: DatasetSpec) -> Dataset? {
    guard let description = all.first(where: { $0.description.name == spec.name })?.description,
      let classes = description.classes, let trainImages = description.trainImages,
      let testImages = description.testImages
    else { return nil }
    func images(_ all: Int, _ limit: Int?, index: Int) -> ImageSet {
      .random(
        count: min(all, limit ?? all), shape: description.input, classes: classes, index: index)
    }
    return Dataset(
      name: description.name, classNames: (0..<classes).map(String.init),
      train: images(trainImages, spec.trainLimit, index: 0),
      test: images(testImages, spec.testLimit, index: 1))
  }
}

extension ImageSet {
  /// Pixels repeat after some thousands; labels cycle through the classes.
  ///
  /// - Parameter shape: channels, rows, columns.
  fileprivate static func random(count: Int, shape: [Int], classes: Int, index: Int) -> ImageSet {
    var stream = RandomStream(seed: 0, purpose: .test, index: index)
    // A prime number, so that no two images are equal.
    let block = (0..<65_537).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
    let size = count * shape.reduce(1, *)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size)
    while pixels.count < size { pixels += block.prefix(size - pixels.count) }
    return ImageSet(
      channels: shape[0], rows: shape[1], columns: shape[2], pixels: pixels,
      labels: (0..<count).map { UInt8($0 % classes) })
  }
}

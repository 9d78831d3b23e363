import Compute
import Specification

extension DatasetRegistry {
  /// Random images in the place of a data set whose files are not there: as many, and of its shape,
  /// to measure with. Nil for one whose number of images is not known without them.
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
  /// Pixels repeat after some thousand; labels go round.
  ///
  /// - Parameter shape: channels, rows, columns.
  fileprivate static func random(count: Int, shape: [Int], classes: Int, index: Int) -> ImageSet {
    var stream = RandomStream(seed: 0, purpose: .test, index: index)
    // A prime number, so that no two images are alike.
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

import Specification

/// Handwritten digits of 8x8 pixels, built into the program, so that there is always something to
/// train on.
///
/// Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
/// Repository, 1998 (https://doi.org/10.24432/C50P49), CC BY 4.0: the 1,797 images of its test
/// file, values 0 to 16 scaled to 0 to 255. The first 1,437 in the file's order (80 %) are for
/// training, the last 360 for testing; every class has 141 to 146 of the former and 33 to 37 of the
/// latter. `scripts/prepare-digits.py` wrote the embedded file.
struct Digits: DatasetFormat {
  private static let trainImages = 1437
  private static let testImages = 360

  let description = Catalog.Dataset(
    name: "digits", input: [1, 8, 8], classes: 10, mean: [0.3054], std: [0.3753], trainImages: trainImages,
    testImages: testImages, defaultPath: nil)

  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset { try load() }

  /// Both splits.
  func load() throws(DatasetError) -> Dataset {
    let file = DataFile(
      stored: PackageResources.digits_bin_gz, path: "the embedded digits.bin.gz", source: nil)
    let all = try LabelledRecords(labels: [("label", 10)], channels: 1, rows: 8, columns: 8)
      .read([file], count: Self.trainImages + Self.testImages)
    return Dataset(
      name: description.name, classNames: (0..<10).map(String.init),
      train: all.selecting(Array(0..<Self.trainImages)),
      test: all.selecting(Array(Self.trainImages..<all.count)))
  }
}

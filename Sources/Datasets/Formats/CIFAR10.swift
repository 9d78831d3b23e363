import Specification

/// Photographs of ten classes (Krizhevsky, "Learning multiple layers of features from tiny images", 2009), in the
/// binary version: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`.
struct CIFAR10: DatasetFormat {
  /// Records of a file; tests use fewer.
  var recordsPerFile = 10_000

  let description = Catalog.Dataset(
    name: "cifar10", input: [3, 32, 32], classes: 10, mean: [0.4914, 0.4822, 0.4465],
    std: [0.2023, 0.1994, 0.2010], trainImages: 50_000, testImages: 10_000,
    defaultPath: "${ESPALIER_DATA:-data}/cifar-10-batches-bin")

  static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  func load(path: String?) throws(DatasetError) -> Dataset {
    let folder = path ?? "data/cifar-10-batches-bin"
    let records = LabelledRecords(labels: [("label", 10)], channels: 3, rows: 32, columns: 32)
    func read(_ names: [String]) throws(DatasetError) -> ImageSet {
      var files: [DataFile] = []
      for name in names {
        files.append(
          try DataFile(
            folder: folder, names: [name],
            source:
              "the CIFAR-10 binary version from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it"))
      }
      return try records.read(files, count: recordsPerFile)
    }
    return Dataset(
      name: description.name, classNames: Self.classNames,
      train: try read((1...5).map { "data_batch_\($0).bin" }), test: try read(["test_batch.bin"]))
  }
}

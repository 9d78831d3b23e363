import Specification

/// Photographs of ten classes (Krizhevsky, "Learning multiple layers of features from tiny images",
/// 2009).
struct CIFAR10: FolderFormat {
  /// Records of a file; tests use fewer.
  var recordsPerFile = 10_000

  let description = Catalog.Dataset(
    name: "cifar10", input: [3, 32, 32], classes: 10, mean: [0.4914, 0.4822, 0.4465],
    std: [0.2023, 0.1994, 0.2010], trainImages: 50_000, testImages: 10_000,
    defaultPath: "${ESPALIER_DATA:-data}/cifar-10-batches-bin")

  static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  private static let files = CIFARFiles(
    binary: CIFARFiles.Version(
      folder: "cifar-10-batches-bin", archive: "cifar-10-binary.tar.gz",
      train: (1...5).map { "data_batch_\($0).bin" }, test: "test_batch.bin"),
    python: CIFARFiles.Version(
      folder: "cifar-10-batches-py", archive: "cifar-10-python.tar.gz",
      train: (1...5).map { "data_batch_\($0)" }, test: "test_batch"),
    records: LabelledRecords(labels: [("label", 10)], channels: 3, rows: 32, columns: 32),
    batches: CIFARBatches(labels: "labels", classes: 10),
    source: "cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html")

  func load(path: String) throws(DatasetError) -> Dataset {
    let (train, test) = try Self.files.read(path, trainRecords: recordsPerFile, testRecords: recordsPerFile)
    return Dataset(name: description.name, classNames: Self.classNames, train: train, test: test)
  }
}

import Specification

/// Handwritten digits (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
/// document recognition", 1998), in IDX files, compressed or not.
struct MNIST: FolderFormat {
  let description = Catalog.Dataset(
    name: "mnist", input: [1, 28, 28], classes: 10, mean: [0.1307], std: [0.3081], trainImages: 60_000,
    testImages: 10_000, defaultPath: "${ESPALIER_DATA:-data}/mnist")

  static let source =
    "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
    + "t10k-labels-idx1-ubyte.gz from https://ossci-datasets.s3.amazonaws.com/mnist/, a mirror of "
    + "http://yann.lecun.com/exdb/mnist/"

  func load(path: String) throws(DatasetError) -> Dataset {
    let files = IDXFiles(
      path: path, torchvisionName: "MNIST", rows: 28, columns: 28, classes: 10,
      source: Self.source)
    let (train, test) = try files.read()
    return Dataset(
      name: description.name, classNames: (0..<10).map(String.init), train: train, test: test)
  }
}

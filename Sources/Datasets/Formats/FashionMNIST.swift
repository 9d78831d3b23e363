import Specification

/// Articles of clothing (Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017, arXiv 1708.07747), in
/// MNIST's format.
struct FashionMNIST: FolderFormat {
  let description = Catalog.Dataset(
    name: "fashion-mnist", input: [1, 28, 28], classes: 10, mean: [0.2860], std: [0.3530],
    trainImages: 60_000,
    testImages: 10_000, defaultPath: "${ESPALIER_DATA:-data}/fashion-mnist",
    packagePath: "/usr/share/datasets/fashion-mnist")

  static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  func load(path: String) throws(DatasetError) -> Dataset {
    let files = IDXFiles(
      path: path, torchvisionName: "FashionMNIST", rows: 28, columns: 28, classes: 10,
      source: "Debian's package dataset-fashion-mnist, or the four .gz files from "
        + "https://github.com/zalandoresearch/fashion-mnist")
    let (train, test) = try files.read()
    return Dataset(name: description.name, classNames: Self.classNames, train: train, test: test)
  }
}

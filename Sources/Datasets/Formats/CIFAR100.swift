import Specification

/// Photographs of a hundred classes (Krizhevsky, "Learning multiple layers of features from tiny
/// images", 2009). Of the two labels, the fine one is used.
struct CIFAR100: FolderFormat {
  /// Records of the test file, a fifth of the training file's; tests use fewer.
  var testRecords = 10_000

  let description = Catalog.Dataset(
    name: "cifar100", input: [3, 32, 32], classes: 100, mean: [0.5071, 0.4865, 0.4409],
    std: [0.2673, 0.2564, 0.2762], trainImages: 50_000, testImages: 10_000,
    defaultPath: "${ESPALIER_DATA:-data}/cifar-100-binary")

  static let classNames = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
    "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
    "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
    "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
    "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
    "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
    "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger",
    "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman",
    "worm",
  ]

  private static let files = CIFARFiles(
    binary: CIFARFiles.Version(
      folder: "cifar-100-binary", archive: "cifar-100-binary.tar.gz", train: ["train.bin"], test: "test.bin"),
    python: CIFARFiles.Version(
      folder: "cifar-100-python", archive: "cifar-100-python.tar.gz", train: ["train"], test: "test"),
    records: LabelledRecords(
      labels: [("coarse label", 20), ("fine label", 100)], channels: 3, rows: 32, columns: 32),
    batches: CIFARBatches(labels: "fine_labels", classes: 100),
    source: "cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html")

  func load(path: String) throws(DatasetError) -> Dataset {
    let (train, test) = try Self.files.read(path, trainRecords: 5 * testRecords, testRecords: testRecords)
    return Dataset(name: description.name, classNames: Self.classNames, train: train, test: test)
  }
}

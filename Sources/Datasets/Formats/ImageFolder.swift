import Specification

/// Pictures in a folder for each class, such as ImageNet's: `train/<class>/*.jpg` and
/// `val/<class>/*.jpg`, of any size.
///
/// They are decoded when a batch needs them, by several threads. Mean and standard deviation are
/// ImageNet's, as torchvision's models use them
/// (https://docs.pytorch.org/vision/stable/models.html).
struct ImageFolder: DatasetFormat {
  let description = Catalog.Dataset(
    name: "image-folder", input: [3, 224, 224], classes: nil, mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225], trainImages: nil, testImages: nil, defaultPath: nil,
    countClasses: { classes(of: $0) })

  func load(_ spec: DatasetSpec, threads: Int) throws(DatasetError) -> Dataset {
    guard let path = spec.path else {
      throw DatasetError(file: description.name, problem: "no path is given", expected: PictureFolder.layout)
    }
    let listing = try PictureFolder(path: path).list(threads: threads)
    func images(_ list: PictureList) -> ImageSet {
      ImageSet(
        PictureFiles(
          folder: path, list: list, spec: spec.pictures ?? PictureSpec(), threads: threads,
          damaged: DamagedPictures()))
    }
    return Dataset(
      name: description.name, classNames: listing.classNames, train: images(listing.train),
      test: images(listing.test), warnings: listing.warnings)
  }

  private static func classes(of path: String) -> Catalog.Dataset.FolderClasses {
    do throws(DatasetError) {
      return .count(try PictureFolder(path: path).folders().classNames.count)
    } catch {
      return FileStatus(path) == nil ? .unseen("\(error)") : .wrong("\(error)")
    }
  }
}

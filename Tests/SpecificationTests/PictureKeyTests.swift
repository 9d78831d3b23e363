import Testing

@testable import Specification

@Suite("Keys of pictures")
struct PictureKeyTests {
  @Test("that are not written follow from the size, the crop and the folder")
  func defaults() throws {
    func spec(_ keys: String) throws -> ExperimentSpec {
      try load(experiment(["dataset: {name: photos, path: '7'\(keys)}"]))
    }
    let plain = try spec("")
    #expect(
      plain.dataset.pictures
        == PictureSpec(size: 224, resize: 224, damaged: .fail, maximumPixels: 67_108_864))
    #expect(plain.architecture.input == [3, 224, 224] && plain.architecture.classes == 7)
    #expect(plain.dataset.normalize.mean == [0.5, 0.5, 0.5])
    #expect(
      try spec(", size: 32, damaged: skip").dataset.pictures
        == PictureSpec(size: 32, resize: 32, damaged: .skip))
    let crop = try spec(", augment: {random_resized_crop: {}}")
    #expect(crop.dataset.pictures?.resize == 256)
    #expect(
      crop.dataset.augment.randomResizedCrop == RandomResizedCropSpec(scale: 0.08...1, ratio: 0.75...4.0 / 3))
    let own = try spec(", resize: 230, augment: {random_resized_crop: {scale: [0.25, 1]}}")
    #expect(own.dataset.pictures?.resize == 230)
    #expect(own.dataset.augment.randomResizedCrop?.scale == 0.25...1)
  }

  @Test("need no folder where the number of classes is given, but the right one where there is one")
  func givenClasses() throws {
    func text(_ path: String) -> String {
      experiment(["dataset: {name: photos, path: \(path)}", "architecture: {name: resnet8, classes: 3}"])
    }
    #expect(try load(text("nowhere")).architecture.classes == 3)
    #expect(try load(text("1")).architecture.classes == 3)
    #expect(errors(text("empty")) == ["t.yaml:3:31: dataset.path: it is empty"])
    // Where other images replace the data, the folder may be one that nothing is mounted on.
    var catalog = Catalog.test
    catalog.checksDatasets = false
    let spec = try ExperimentFile.load(text: text("empty"), file: "t.yaml", catalog: catalog)
    #expect(spec.architecture.classes == 3)
  }

  @Test("leave other data sets' resolved experiments as they are")
  func others() throws {
    let text = yaml(try load(experiment()))
    for key in PictureSection().keys.map(\.name) + [RandomResizedCropSection.name] {
      #expect(!text.contains(" \(key):"), "\(key)")
    }
  }
}

import Foundation
import Specification
import TestSupport
import Testing

@testable import Datasets

@Suite("Data sets")
struct DatasetTests {
  static let normalize = NormalizeSpec(mean: [0.5], std: [0.5])

  static func counts(_ set: ImageSet) -> [Int] {
    (0..<10).map { label in set.labels.count { Int($0) == label } }
  }

  @Test("the embedded digits have the documented images of each class")
  func digits() throws {
    let digits = try DatasetRegistry.load(DatasetSpec(name: "digits", normalize: Self.normalize))
    #expect(Self.counts(digits.train) == [143, 146, 142, 146, 144, 145, 144, 143, 141, 143])
    #expect(Self.counts(digits.test) == [35, 36, 35, 37, 37, 37, 37, 36, 33, 37])
    #expect(digits.train.pixels.max() == 255)
    // The first row of the first image, 0 0 5 13 9 1 0 0 of 16, which shows a zero.
    #expect(digits.train.pixels.prefix(8) == [0, 0, 80, 207, 143, 16, 0, 0])
    #expect(digits.train.labels[0] == 0)
    #expect(digits.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    #expect(digits.digest.count == 32)
  }

  @Test("descriptions agree with the data: shape, images, mean and deviation of the training pixels")
  func description() throws {
    let digits = try Digits().load()
    let description = Digits().description
    #expect(description.input == [digits.train.channels, digits.train.rows, digits.train.columns])
    #expect(description.trainImages == digits.train.count && description.testImages == digits.test.count)
    let values = digits.train.pixels.map { Double($0) / 255 }
    let mean = values.reduce(0, +) / Double(values.count)
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    #expect(abs(mean - description.mean[0]) < 5e-5)
    #expect(abs(deviation - description.std[0]) < 5e-5)
  }

  @Test("every data set of the registry has its own name and constants for each channel")
  func registry() {
    let descriptions = DatasetRegistry.all.map(\.description)
    #expect(
      descriptions.map(\.name) == ["digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "image-folder"])
    for description in descriptions {
      #expect(description.mean.count == description.input[0] && description.std.count == description.input[0])
      #expect((description.defaultPath == nil) == ["digits", "image-folder"].contains(description.name))
    }
  }

  @Test("an unknown name is refused with those there are")
  func unknown() {
    #expect(
      message { try DatasetRegistry.load(DatasetSpec(name: "cifar", normalize: Self.normalize)) }
        == "cifar: no data set has this name; expected one of digits, mnist, fashion-mnist, cifar10, cifar100, image-folder"
    )
  }

  @Test("the digest changes with any label, pixel, shape or split")
  func digest() {
    func digest(_ train: ImageSet, _ test: ImageSet) -> String {
      Dataset(name: "x", classNames: [], train: train, test: test).digest
    }
    let set = ImageSet(channels: 1, rows: 1, columns: 2, pixels: [1, 2, 3, 4], labels: [0, 1])
    let others = [
      ImageSet(channels: 1, rows: 1, columns: 2, pixels: [1, 2, 3, 5], labels: [0, 1]),
      ImageSet(channels: 1, rows: 1, columns: 2, pixels: [1, 2, 3, 4], labels: [0, 2]),
      ImageSet(channels: 1, rows: 2, columns: 1, pixels: [1, 2, 3, 4], labels: [0, 1]),
      ImageSet(channels: 2, rows: 1, columns: 1, pixels: [1, 2, 3, 4], labels: [0, 1]),
    ]
    let digests = others.flatMap { [digest($0, set), digest(set, $0)] } + [digest(set, set)]
    #expect(Set(digests).count == 9)
    #expect(digest(set, set) == digest(set, set))
    #expect(digests.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }
}

@Suite("Limits")
struct LimitTests {
  @Test("choose classes evenly, one image apart at most")
  func balanced() throws {
    let digits = try Digits().load()
    for limit in [1, 7, 10, 123, 500, 1000] {
      let limited = try digits.limited(train: limit, test: 95)
      let counts = DatasetTests.counts(limited.train)
      #expect(limited.train.count == limit && limited.test.count == 95)
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }
  }

  @Test("keep pixels with their labels, in the order of the file; a smaller choice is part of a larger one")
  func nested() throws {
    let train = try Digits().load().train
    let small = train.balancedChoice(50, split: 0), large = train.balancedChoice(333, split: 0)
    #expect(small == small.sorted())
    #expect(Set(small).isSubset(of: large))
    #expect(small != train.balancedChoice(50, split: 1))
    let chosen = train.selecting(small)
    for (place, index) in small.enumerated() {
      #expect(chosen.labels[place] == train.labels[index])
      #expect(chosen.pixels[place * 64..<place * 64 + 64] == train.pixels[index * 64..<index * 64 + 64])
    }
  }

  @Test("of all images or more change nothing, and rare classes are used up")
  func generous() throws {
    let digits = try Digits().load()
    let limited = try digits.limited(train: 1437, test: 5000)
    #expect(limited.train == digits.train && limited.test == digits.test && limited.digest == digits.digest)
    #expect(
      limited.warnings == ["dataset.test_limit: 5000, but there are only 360 test images: all are used"])
    let uneven = ImageSet(
      channels: 1, rows: 1, columns: 1, pixels: [1, 2, 3, 4, 5], labels: [0, 1, 1, 1, 1])
    #expect(uneven.selecting(uneven.balancedChoice(4, split: 0)).labels == [0, 1, 1, 1])
  }

  @Test("above the number of images are a warning each, besides those of the data set")
  func tooLarge() throws {
    let set = ImageSet(channels: 1, rows: 1, columns: 1, pixels: [1, 2], labels: [0, 1])
    let one = ImageSet(channels: 1, rows: 1, columns: 1, pixels: [1], labels: [0])
    let data = Dataset(name: "x", classNames: ["a", "b"], train: set, test: one, warnings: ["other"])
    #expect(try data.limited(train: 2, test: 1).warnings == ["other"])
    #expect(
      try data.limited(train: 3, test: 2).warnings == [
        "other", "dataset.train_limit: 3, but there are only 2 training images: all are used",
        "dataset.test_limit: 2, but there is only 1 test image: it is used",
      ])
  }

  @Test("below one are refused")
  func zero() throws {
    let digits = try Digits().load()
    #expect(
      message { try digits.limited(train: nil, test: 0) } == "digits: test_limit is 0; expected at least 1")
  }
}

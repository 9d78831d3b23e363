import Foundation
import Specification
import Testing

@testable import Datasets

@Suite("Images of a folder")
struct ImageFolderTests {
  static let normalize = NormalizeSpec(mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3])

  static func load(
    _ tree: PictureTree, _ pictures: PictureSpec = PictureSpec(size: 16), train: Int? = nil, threads: Int = 2
  ) throws -> Dataset {
    let spec = DatasetSpec(name: "image-folder", path: tree.path, pictures: pictures, normalize: normalize)
    return try ImageFolder().load(spec, threads: threads).limited(train: train, test: nil)
  }

  static func plan(_ set: ImageSet, _ augment: AugmentSpec? = nil, epoch: Int = 0, batchSize: Int = 100)
    -> BatchPlan
  {
    BatchPlan(
      set: set, order: Array(0..<set.count), batchSize: batchSize, augment: augment, normalize: normalize,
      seed: 3,
      epoch: epoch)
  }

  @Test("are the pictures' middles, normalized, with their classes")
  func evaluation() throws {
    let tree = try PictureTree()
    let data = try Self.load(tree, PictureSpec(size: 16, resize: 20))
    #expect(data.classNames == ["ant", "bee"])
    #expect(data.train.channels == 3 && data.train.rows == 16 && data.train.columns == 16)
    let batch = try Self.plan(data.test).batch(0)
    #expect(batch.labels == [0, 0, 1, 1] && batch.indices == [0, 1, 2, 3])
    let picture = try Picture(try PillowValues.file("grey.png"))
    let image = picture.image(PictureWindow(middleOf: picture.size, resize: 20, side: 16), side: 16)
    for channel in 0..<3 {
      let expected = image[channel * 256..<(channel + 1) * 256].map {
        Float((Double($0) / 255 - Self.normalize.mean[channel]) / Self.normalize.std[channel])
      }
      #expect(Array(batch.images.dense()[(channel * 4 + 1) * 256..<(channel * 4 + 2) * 256]) == expected)
    }
  }

  @Test(
    "are the same for any number of threads and sizes of batches, and other ones in another epoch",
    arguments: [
      AugmentSpec(randomResizedCrop: RandomResizedCropSpec(), horizontalFlip: true),
      AugmentSpec(randomCropPadding: 4, horizontalFlip: true),
    ])
  func determinism(_ augment: AugmentSpec) throws {
    let tree = try PictureTree()
    try tree.add("large.jpg", as: "train/ant/three.jpg")
    let expected = try Self.plan(try Self.load(tree, threads: 1).train, augment).batch(0)
    for threads in [2, 7] {
      let set = try Self.load(tree, threads: threads).train
      #expect(try Self.plan(set, augment).batch(0) == expected)
      #expect(try Self.plan(set, augment, epoch: 1).batch(0) != expected)
      let second = try Self.plan(set, augment, batchSize: 2).batch(1)
      #expect(second.images.dense() == expected.images.images(2..<4).dense())
      let alone = set.decoding(threads: 1)
      if case .pictures(let files) = alone.content {
        #expect(files.threads == 1)
      } else {
        Issue.record("no pictures")
      }
      #expect(try Self.plan(alone, augment).batch(0) == expected)
    }
  }

  @Test("that are of other types are counted, also where a part of the others is chosen")
  func unread() throws {
    let tree = try PictureTree()
    for number in 0..<20 { try tree.write([1], to: "train/ant/\(number).webp") }
    try tree.write([1], to: "train/bee/more/one.GIF")
    try tree.write([1], to: "val/bee/notes.txt")
    #expect(
      try Self.load(tree, train: 2).warnings == [
        "\(tree.path)/train: a file named `.GIF` and 20 files named `.webp` are not read; "
          + "expected files named .jpg, .jpeg or .png"
      ])
  }

  @Test("that are damaged end a pass with their name, or are left out and named")
  func damage() throws {
    let tree = try PictureTree()
    try tree.add("cut.jpg", as: "train/bee/damaged.jpg")
    try tree.add("cut.png", as: "train/ant/zz.png")
    let failing = try Self.load(tree).train
    // The first in the order of the pass, whichever thread is faster.
    for _ in 0..<5 {
      #expect(
        tree.errorText { try Self.plan(failing).batch(0) }
          == "/train/ant/zz.png: damaged: read beyond end of data; expected a whole JPEG or PNG picture, or "
          + "`dataset.damaged: skip` to leave it out")
    }
    let loader = BatchLoader(
      set: failing, order: [0, 1, 2, 3, 4, 5], batchSize: 2, augment: nil, normalize: Self.normalize, seed: 0,
      epoch: 0)
    #expect(try loader.next()?.count == 2)
    #expect(throws: DatasetError.self) { try loader.next() }
    #expect(failing.damaged?.count == 0)

    let skipping = try Self.load(tree, PictureSpec(size: 16, damaged: .skip)).train
    #expect(skipping.count == 6)
    let batch = try Self.plan(skipping).batch(0)
    #expect(batch.indices == [0, 1, 4, 5] && batch.labels == [0, 0, 1, 1])
    #expect(batch == (try Self.plan(skipping).batch(0)))
    #expect(try Self.plan(skipping.selecting([2, 3])).batch(0).count == 0)
    #expect(skipping.damaged?.count == 2)
    let named = try #require(skipping.damaged?.takeNew())
    #expect(named.map(\.name) == ["\(tree.path)/train/ant/zz.png", "\(tree.path)/train/bee/damaged.jpg"])
    #expect(named.map(\.problem) == ["read beyond end of data", "the file is cut off"])
    #expect(skipping.damaged?.takeNew().isEmpty ?? false)
  }

  @Test("are limited to as many of each class, and their digest tells choices and changes apart")
  func limits() throws {
    let tree = try PictureTree()
    let all = try Self.load(tree)
    let two = try Self.load(tree, train: 2)
    #expect(two.train.labels == [0, 1])
    #expect(try Self.plan(two.train).batch(0).labels == [0, 1])
    #expect(try all.digest == Self.load(tree).digest)
    #expect(all.digest != two.digest)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: tree.path + "/val/ant/one.jpg")
    #expect(try all.digest != Self.load(tree).digest)
  }

  @Test("that are larger than allowed say which key allows more, and are read where it does")
  func largePictures() throws {
    let tree = try PictureTree()
    try tree.add("large.jpg", as: "train/ant/zz.jpg")
    let strict = try Self.load(tree, PictureSpec(size: 16, maximumPixels: 125_999)).train
    let refusal =
      "/train/ant/zz.jpg: 420x300 pixels; expected at most 125999 in all; raise `dataset.maximum_pixels` to allow more"
    #expect(tree.errorText { try Self.plan(strict).batch(0) } == refusal)
    func single(_ most: Int) -> String? {
      tree.errorText {
        try SinglePicture.image(
          contentsOf: tree.path + "/train/ant/zz.jpg", channels: 3, side: 8,
          PictureSpec(maximumPixels: most))
      }
    }
    #expect(single(125_999) == refusal)
    #expect(single(126_000) == nil)
    let skipping = try Self.load(tree, PictureSpec(size: 16, damaged: .skip, maximumPixels: 125_999)).train
    #expect(try Self.plan(skipping).batch(0).count == 4)
    let wide = try Self.load(tree, PictureSpec(size: 16, maximumPixels: 126_000)).train
    #expect(try Self.plan(wide).batch(0).count == 5)
  }

  @Test("in files that no picture needs are damaged without being read, and so is a single one")
  func largeFiles() throws {
    let tree = try PictureTree()
    let path = tree.path + "/train/ant/zz.jpg"
    try tree.write([0xFF, 0xD8], to: "train/ant/zz.jpg")
    #expect(truncate(path, 1 << 40) == 0)
    let problem = "the file has 1099511627776 bytes, too many for a picture"
    #expect(
      tree.errorText { try Self.plan(Self.load(tree).train).batch(0) }
        == "/train/ant/zz.jpg: damaged: \(problem); expected a whole JPEG or PNG picture, or "
        + "`dataset.damaged: skip` to leave it out")
    func single(_ path: String) -> String? {
      tree.errorText { try SinglePicture.image(contentsOf: path, channels: 3, side: 8, nil) }
    }
    #expect(single(path) == "/train/ant/zz.jpg: \(problem); expected a JPEG or PNG picture")
    #expect(
      single(path + ".other")
        == "/train/ant/zz.jpg.other: cannot read: No such file or directory; expected a JPEG or PNG picture")
    #expect(
      single(tree.path + "/train")
        == "/train: cannot read: it is a folder; expected a JPEG or PNG picture")
  }

  @Test("that are written over while a run goes on are noticed when they are read, pipes too")
  func overwritten() throws {
    let tree = try PictureTree()
    let before = try Self.load(tree, PictureSpec(size: 16, damaged: .skip))
    let path = tree.path + "/train/bee/one.jpg"
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data([0, 0]))
    try handle.close()
    let changed =
      "/train/bee/one.jpg: cannot read: it has changed since the run began; expected the picture that was listed"
    #expect(tree.errorText { try Self.plan(before.train).batch(0) } == changed)
    // The folder's time stays, and still the next run knows.
    #expect(try Self.load(tree).digest != before.digest)
    try tree.remove("train/bee/one.jpg")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(tree.errorText { try Self.plan(before.train).batch(0) } == changed)
  }
}

import Foundation
import Specification
import Testing

@testable import Datasets

@Suite("Kept lists of image folders")
struct PictureIndexTests {
  @Test("are read back as they were written")
  func roundTrip() throws {
    let tree = try PictureTree(classes: ["a b", "ü"])
    let index = try PictureFolder(path: tree.path).list()
    #expect(PictureIndex(index.bytes, folder: tree.path) == index)
  }

  @Test("that are damaged count as none")
  func damage() throws {
    let tree = try PictureTree()
    let bytes = try PictureFolder(path: tree.path).list().bytes
    for length in 0..<bytes.count { #expect(PictureIndex(Array(bytes[..<length]), folder: "") == nil) }
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= 1 << UInt8(place % 8)
      #expect(PictureIndex(changed, folder: "") == nil)
    }
    #expect(PictureIndex(bytes + [0], folder: "") == nil)
  }

  @Test("are used as long as no folder is modified")
  func reuse() throws {
    let (tree, cache) = (try PictureTree(), try TemporaryFolder())
    try tree.age()
    let file = PictureIndex.path(for: tree.path, cache: cache.path + "/new")
    #expect(file == PictureIndex.path(for: tree.path + "/train/..", cache: cache.path + "/new"))
    let first = try PictureIndex.current(tree.path, keptIn: file)
    let kept = try #require(PictureIndex(contentsOf: file, folder: tree.path))
    #expect(kept == first)

    // A list that says otherwise shows that it is the kept one that is used.
    var other = first
    other.classNames[0] = "other"
    try Data(other.bytes).write(to: URL(fileURLWithPath: file))
    #expect(try PictureIndex.current(tree.path, keptIn: file).classNames == ["other", "bee"])

    try tree.add("grey.png", as: "train/ant/three.png")
    let second = try PictureIndex.current(tree.path, keptIn: file)
    #expect(second.classNames == ["ant", "bee"] && second.train.count == 5)
    // A folder that was modified just now may be modified again without another time.
    #expect(PictureIndex(contentsOf: file, folder: tree.path) == other)
    try tree.age()
    _ = try PictureIndex.current(tree.path, keptIn: file)
    #expect(PictureIndex(contentsOf: file, folder: tree.path)?.train.count == 5)
  }

  @Test("do not hide that a picture was written over: it is noticed when it is read, and the list is dropped")
  func overwritten() throws {
    let (tree, cache) = (try PictureTree(), try TemporaryFolder())
    try tree.age()
    let format = ImageFolder(cache: cache.path)
    let spec = DatasetSpec(
      name: "image-folder", path: tree.path, pictures: PictureSpec(size: 8, damaged: .skip),
      normalize: NormalizeSpec(mean: [0, 0, 0], std: [1, 1, 1]))
    let before = try format.load(spec, threads: 1)
    let file = PictureIndex.path(for: tree.path, cache: cache.path)
    #expect(FileManager.default.fileExists(atPath: file))
    // Written in place: the folder's time stays.
    let handle = try #require(FileHandle(forWritingAtPath: tree.path + "/train/bee/one.jpg"))
    try handle.write(contentsOf: Data([0, 0]))
    try handle.close()
    let data = try format.load(spec, threads: 1)
    #expect(data.digest == before.digest)
    let plan = BatchPlan(
      set: data.train, order: [0, 1, 2, 3], batchSize: 4, augment: nil, normalize: spec.normalize, seed: 0,
      epoch: 0)
    #expect(
      tree.complaint { try plan.batch(0) }
        == "/train/bee/one.jpg: cannot read: it has changed since the folder was listed; the next run lists it again;"
        + " expected the picture that was listed")
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try format.load(spec, threads: 1).digest != before.digest)
  }
}

import Foundation
import Testing

@testable import Datasets

@Suite("Image folders")
struct PictureFolderTests {
  @Test("are listed in the order of classes and names; what is no picture is passed over")
  func listing() throws {
    let tree = try PictureTree(classes: ["bee", "ant", "Zebra"])
    for name in ["notes.txt", ".hidden.jpg", "archive.jpg.gz", "jpg"] {
      try tree.write([1], to: "train/ant/\(name)")
    }
    try tree.add("colour.jpg", as: "train/ant/UPPER.JPEG")
    try tree.makeFolder("train/ant/folder.jpg")
    try tree.makeFolder("train/.cache")
    try tree.write([1], to: "train/readme.md")
    let index = try PictureFolder(path: tree.path).list()
    #expect(index.classNames == ["Zebra", "ant", "bee"])
    #expect(
      index.train.allNames == [
        "train/Zebra/one.jpg", "train/Zebra/two.png", "train/ant/UPPER.JPEG", "train/ant/one.jpg",
        "train/ant/two.png", "train/bee/one.jpg", "train/bee/two.png",
      ])
    #expect(index.train.labels == [0, 0, 1, 1, 1, 2, 2])
    #expect(index.test.labels == [0, 0, 1, 1, 2, 2])
    #expect(try index.train.sizes[0] == PillowValues.file("colour.jpg").count)
    #expect(index.isSound && index.isCurrent)
    #expect(PictureFolder(path: tree.path).classNames?.count == 3)
  }

  @Test("have their test pictures in `val`, or else in `test`")
  func test() throws {
    let tree = try PictureTree(test: "test")
    #expect(try PictureFolder(path: tree.path).list().test.name(0) == "test/ant/one.jpg")
    for name in ["ant", "bee"] { try tree.add("colour.jpg", as: "val/\(name)/three.jpg") }
    #expect(
      try PictureFolder(path: tree.path).list().test.allNames == ["val/ant/three.jpg", "val/bee/three.jpg"])
  }

  @Test("that are wrong say where")
  func errors() throws {
    let layout = "a folder with train/<class>/*.jpg and val/<class>/*.jpg"
    let missing = "cannot read: No such file or directory; expected \(layout)"
    #expect(PictureFolder(path: "/nowhere").classNames == nil)
    #expect(message { try PictureFolder(path: "/nowhere").list() } == "/nowhere: \(missing)")
    let tree = try PictureTree()
    func complaint() -> String? { tree.complaint { try PictureFolder(path: tree.path).list() } }
    #expect(complaint() == nil)

    try tree.makeFolder("train/cow")
    #expect(complaint() == "/train/cow: there is no picture in it; expected files named .jpg, .jpeg or .png")
    try tree.add("grey.png", as: "train/cow/one.png")
    #expect(complaint() == "/val: there is no folder cow, which train has; expected the same classes in both")
    try tree.remove("train/cow")
    try tree.add("grey.png", as: "val/dog/one.png")
    #expect(complaint() == "/train: there is no folder dog, which val has; expected the same classes in both")
    try tree.remove("val")
    #expect(complaint() == "/val: \(missing)")
    try tree.makeFolder("val")
    #expect(complaint() == "/val: there is no folder in it; expected one for each class")
    try tree.remove("train")
    #expect(complaint() == "/train: \(missing)")
    try tree.write([1], to: "train")
    #expect(complaint()?.hasPrefix("/train: cannot read: ") ?? false)
    try tree.remove("train")
    try tree.makeFolder("train/ant")
    try FileManager.default.createSymbolicLink(
      atPath: tree.path + "/train/ant/gone.jpg", withDestinationPath: "/nowhere")
    #expect(
      complaint() == "/train/ant/gone.jpg: cannot read: No such file or directory; expected a picture")
  }
}

import Foundation
import TestSupport
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
    let listing = try PictureFolder(path: tree.path).list(threads: 2)
    #expect(listing.classNames == ["Zebra", "ant", "bee"])
    #expect(
      listing.train.allNames == [
        "train/Zebra/one.jpg", "train/Zebra/two.png", "train/ant/UPPER.JPEG", "train/ant/one.jpg",
        "train/ant/two.png", "train/bee/one.jpg", "train/bee/two.png",
      ])
    #expect(listing.train.labels == [0, 0, 1, 1, 1, 2, 2])
    #expect(listing.test.labels == [0, 0, 1, 1, 2, 2])
    #expect(try listing.train.sizes[0] == PillowValues.file("colour.jpg").count)
    #expect(try PictureFolder(path: tree.path).list(threads: 1) == listing)
    #expect(ImageFolder().description.countClasses?(tree.path) == .count(3))
  }

  @Test("may have pictures deeper within a class, all or some, and folders that are links")
  func nesting() throws {
    let tree = try PictureTree()
    try tree.add("grey.png", as: "train/ant/more/deep/three.png")
    try tree.add("grey.png", as: "train/ant/.hidden/four.png")
    try tree.add("grey.png", as: "elsewhere/five.png")
    try tree.link("train/bee/linked", to: tree.path + "/elsewhere")
    let listing = try PictureFolder(path: tree.path).list(threads: 2)
    #expect(
      listing.train.allNames == [
        "train/ant/more/deep/three.png", "train/ant/one.jpg", "train/ant/two.png",
        "train/bee/linked/five.png", "train/bee/one.jpg", "train/bee/two.png",
      ])
    #expect(listing.train.labels == [0, 0, 0, 1, 1, 1])
    try tree.link("train/ant/more/circle", to: tree.path + "/train/ant")
    #expect(
      tree.errorText { try PictureFolder(path: tree.path).list(threads: 1) }
        == "/train/ant/more/circle: a link leads back to a folder that it is in; expected folders without a circle"
    )
  }

  @Test("have their test pictures in `val`, or else in `valid`, `validation` or `test`")
  func test() throws {
    let tree = try PictureTree(test: "test")
    for test in ["test", "validation", "valid", "val"] {
      for name in ["ant", "bee"] { try tree.add("colour.jpg", as: "\(test)/\(name)/one.jpg") }
      let listing = try PictureFolder(path: tree.path).list(threads: 1)
      #expect(listing.test.name(0) == "\(test)/ant/one.jpg")
    }
  }

  private static let layout =
    "expected `dataset.path` to have folders train/<class> and val/<class> of .jpg and .png files"

  @Test("that are wrong say where, what was found, and what is expected")
  func errors() throws {
    let tree = try PictureTree()
    func errorText() -> String? {
      tree.errorText { try PictureFolder(path: tree.path).list(threads: 1) }
    }
    #expect(errorText() == nil)
    try tree.write(Array("RIFF1234WEBP".utf8), to: "train/cow/one.webp")
    try tree.write([], to: "train/cow/readme")
    try tree.write([], to: "train/cow/two.webp")
    let both = "expected `dataset.path` to have the same classes in both, " + Self.layout.dropFirst(32)
    #expect(
      errorText() == "/val: there is no folder `cow`, which train has; found `ant/` and `bee/`; \(both)")
    try tree.makeFolder("val/cow")
    #expect(
      errorText()
        == "/train/cow: there is no picture in it; found 2 files named `.webp`; \(Self.layout)")
    #expect(tree.errorText { try PictureFolder(path: tree.path).folders() } == errorText())
    try tree.remove("train/cow")
    #expect(
      errorText() == "/train: there is no folder `cow`, which val has; found `ant/` and `bee/`; \(both)")
    try tree.remove("val")
    let names = "there is no folder val, valid, validation or test in it"
    #expect(errorText() == ": \(names); found `train/`; \(Self.layout)")
    try tree.makeFolder("val")
    #expect(errorText() == "/val: there is no folder in it; found nothing in it; \(Self.layout)")
    try tree.add("colour.jpg", as: "val/one.jpg")
    try tree.add("grey.png", as: "val/two.png")
    #expect(errorText() == "/val: there is no folder in it; found 2 pictures; \(Self.layout)")
    try tree.remove("train")
    try tree.write(Array("PAR1".utf8), to: "train.parquet")
    #expect(
      errorText()
        == ": there is no folder train in it; found `train.parquet`, a Parquet table and `val/`; \(Self.layout)"
    )
    try tree.write([1], to: "train")
    #expect(
      errorText()?.hasPrefix(": there is no folder train in it; found `train`, `train.parquet`") == true)
  }

  @Test("that are not there say so, with the absolute path, and a folder within that was meant")
  func places() throws {
    let tables = try TemporaryFolder(["pictures.parquet": Array("PAR1".utf8)])
    let table = tables.path + "/pictures.parquet"
    #expect(
      message { try PictureFolder(path: table).folders() }
        == "\(table): it is a Parquet table, not a folder; \(Self.layout)")
    #expect(
      message { try PictureFolder(path: "/nowhere").folders() }
        == "/nowhere: it does not exist; \(Self.layout)")
    let current = FileManager.default.currentDirectoryPath
    #expect(
      message { try PictureFolder(path: "no/where").folders() }
        == "no/where (\(current)/no/where): it does not exist; \(Self.layout)")
    let tree = try PictureTree()
    try tree.link("link", to: "/nowhere")
    #expect(
      tree.errorText { try PictureFolder(path: tree.path + "/link").folders() }
        == "/link: it is a link to `/nowhere`, where nothing is; \(Self.layout)")
    try tree.add("grey.png", as: "photos/train/ant/one.png")
    try tree.remove("train")
    #expect(
      tree.errorText { try PictureFolder(path: tree.path).folders() }?
        .contains(
          "found `link`, a link to `/nowhere`, where nothing is, `photos/` and `val/`; did you mean `/photos`?"
        )
        == true)
    #expect(
      ImageFolder().description.countClasses?("/nowhere")
        == .unseen("/nowhere: it does not exist; \(Self.layout)"))
    guard case .wrong = ImageFolder().description.countClasses?(tree.path) else {
      Issue.record("a folder without train is no data set")
      return
    }
  }

  @Test("whose folders have similar names say which ones are meant")
  func similarNames() throws {
    let tree = try PictureTree()
    func rename(_ name: String, _ other: String) throws {
      try FileManager.default.moveItem(atPath: "\(tree.path)/\(name)", toPath: "\(tree.path)/\(other)")
    }
    func errorText() -> String? { tree.errorText { try PictureFolder(path: tree.path).folders() } }
    try rename("val", "Validation")
    #expect(
      errorText()?.contains("found `Validation/` and `train/`; did you mean `validation` by `Validation`?")
        == true)
    try rename("train", "Train")
    #expect(
      errorText()?.contains("found `Train/` and `Validation/`; did you mean `train` by `Train`?") == true)
  }

  @Test("whose listing fails midway are not taken for complete")
  func failingListing() throws {
    let tree = try PictureTree()
    var calls = 0
    let problem = tree.errorText {
      try FolderEntry.visit(tree.path + "/train", { _, _ in true }) { next in
        calls += 1
        guard calls > 2 else { return next() }
        errno = EIO
        return nil
      }
    }
    #expect(problem == "/train: cannot read: Input/output error; expected a folder")
  }

  @Test("with links to nowhere, pipes and names that are not UTF-8 are refused, not read in part")
  func specialFiles() throws {
    let tree = try PictureTree()
    func errorText() -> String? {
      tree.errorText { try PictureFolder(path: tree.path).list(threads: 1) }
    }
    for split in ["train", "val"] {
      try tree.link("\(split)/cow", to: "/not/mounted/cow")
      #expect(
        errorText()
          == "/\(split)/cow: it is a link to `/not/mounted/cow`, where nothing is; \(Self.layout)")
      try tree.remove("\(split)/cow")
    }
    for (name, expected) in [
      ("train/cow", Self.layout), ("train/ant/loop", "expected a picture or a folder"),
    ] {
      try tree.link(name, to: (name as NSString).lastPathComponent)
      #expect(errorText() == "/\(name): cannot read: Too many levels of symbolic links; \(expected)")
      try tree.remove(name)
    }
    let other = try PictureTree(test: "elsewhere")
    try other.link("val", to: "val")
    #expect(
      other.errorText { try PictureFolder(path: other.path).list(threads: 1) }
        == "/val: cannot read: Too many levels of symbolic links; \(Self.layout)")
    try tree.link("train/ant/gone.jpg", to: "/nowhere")
    #expect(
      errorText() == "/train/ant/gone.jpg: it is a link to `/nowhere`, where nothing is; expected a picture")
    try tree.remove("train/ant/gone.jpg")
    try tree.link("train/ant/more", to: "/not/mounted")
    #expect(
      errorText()
        == "/train/ant/more: it is a link to `/not/mounted`, where nothing is; expected a picture or a folder"
    )
    try tree.remove("train/ant/more")
    #expect(mkfifo(tree.path + "/train/ant/pipe.jpg", 0o600) == 0)
    #expect(errorText() == "/train/ant/pipe.jpg: it is not a regular file; expected a picture")
    try tree.remove("train/ant/pipe.jpg")
    // The name `café` in Latin-1.
    let name = Array("\(tree.path)/train/caf".utf8) + [0xE9, 0]
    let status = try name.withUnsafeBytes { bytes in
      mkdir(try #require(bytes.assumingMemoryBound(to: CChar.self).baseAddress), 0o700)
    }
    #expect(status == 0)
    #expect(errorText() == "/train: the name `caf\u{FFFD}` is not UTF-8; expected names in UTF-8: rename it")
  }
}

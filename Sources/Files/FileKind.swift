/// The type of a file, detected by its first bytes, for messages about files of the wrong type.
package struct FileKind: Equatable, Sendable {
  /// With its article, such as "a Git LFS pointer, not the file itself".
  package let name: String
  /// Advice on how to get the intended file, without a capital and a full stop; nil if there is
  /// none.
  package let advice: String?

  /// Number of first bytes that are examined.
  package static let prefixLength = 512

  /// - Parameters:
  ///   - start: the first ``prefixLength`` bytes of the file, or all bytes of a shorter file.
  ///   - path: its name, for types without a signature.
  /// - Returns: nil for an unknown type.
  package init?(_ start: some Collection<UInt8>, path: String) {
    let bytes = Array(start.prefix(Self.prefixLength))
    guard let found = Self.signatures.first(where: { $0.matches(bytes) })?.kind ?? Self.named(path, bytes)
    else { return nil }
    self = found
  }

  private init(_ name: String, _ advice: String? = nil) {
    self.name = name
    self.advice = advice
  }

  package static let tar = FileKind("a tar archive", "unpack it by `tar -xf`")
  package static let pickle = FileKind("a Python pickle, as older .pth and .pt files of PyTorch are")

  /// Bytes at an offset from the beginning.
  private struct Signature {
    let bytes: [UInt8]
    let offset: Int
    let kind: FileKind

    init(_ text: String, at offset: Int = 0, _ kind: FileKind) {
      self.init(Array(text.utf8), at: offset, kind)
    }

    init(_ bytes: [UInt8], at offset: Int = 0, _ kind: FileKind) {
      (self.bytes, self.offset, self.kind) = (bytes, offset, kind)
    }

    func matches(_ start: [UInt8]) -> Bool { start.dropFirst(offset).starts(with: bytes) }
  }

  private static let signatures = [
    Signature(
      "version https://git-lfs.github.com/spec/",
      FileKind("a Git LFS pointer, not the file itself", "`git lfs pull` fetches it")),
    Signature(
      [0x50, 0x4B, 0x03, 0x04],
      FileKind("a zip archive, as PyTorch's .pth and .pt files and NumPy's .npz are")),
    Signature(
      "PAR1", FileKind("a Parquet table", "write its pictures to files, or its tensors to a safetensors file")
    ),
    Signature(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], FileKind("an HDF5 file, as Keras writes it")),
    Signature([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], FileKind("a NumPy array")),
    Signature([0xFF, 0xD8, 0xFF], FileKind("a JPEG picture")),
    Signature([0x89, 0x50, 0x4E, 0x47], FileKind("a PNG picture")),
    Signature("WEBP", at: 8, FileKind("a WebP picture", "convert it to PNG")),
    Signature("GIF8", FileKind("a GIF picture", "convert it to PNG")),
    Signature([0x49, 0x49, 0x2A, 0x00], FileKind("a TIFF picture", "convert it to PNG")),
    Signature([0x4D, 0x4D, 0x00, 0x2A], FileKind("a TIFF picture", "convert it to PNG")),
    Signature("ftypavif", at: 4, FileKind("an AVIF picture", "convert it to PNG")),
    Signature("ftyphei", at: 4, FileKind("a HEIC picture", "convert it to PNG")),
    Signature("ftypmif1", at: 4, FileKind("a HEIF picture", "convert it to PNG")),
    Signature("ustar", at: 257, tar),
    Signature([0x1F, 0x8B], FileKind("a gzip file", "unpack it by `gunzip`")),
    Signature([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], FileKind("an xz file", "unpack it by `unxz`")),
    Signature("BZh", FileKind("a bzip2 file", "unpack it by `bunzip2`")),
    Signature([0x28, 0xB5, 0x2F, 0xFD], FileKind("a Zstandard file", "unpack it by `unzstd`")),
    Signature([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], FileKind("a 7z archive", "unpack it by `7z x`")),
  ]

  /// Types that are detected by words or by the name.
  private static func named(_ path: String, _ bytes: [UInt8]) -> FileKind? {
    let text = String(decoding: bytes, as: UTF8.self).lowercased().drop(while: \.isWhitespace)
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      return FileKind("an HTML page, such as a server's message in place of a download")
    }
    // A pickle begins with its protocol number; older versions of torch.save wrote pickles instead
    // of zip archives.
    if let version = bytes.dropFirst().first, bytes.first == 0x80, (2...5).contains(version) {
      return pickle
    }
    let lower = path.lowercased()
    if lower.hasSuffix(".onnx") { return FileKind("an ONNX model") }
    return lower.hasSuffix(".bmp") && bytes.starts(with: [0x42, 0x4D])
      ? FileKind("a BMP picture", "convert it to PNG") : nil
  }

  /// For example "it is a Git LFS pointer, not the file itself: `git lfs pull` fetches it".
  package var sentence: String { "it is \(name)" + (advice.map { ": \($0)" } ?? "") }
}

import Foundation

/// What Pillow makes of the pictures in `Fixtures`: see `make-pictures.py`.
struct PillowValues: Decodable {
  struct Decoded: Decodable {
    /// Rows and columns.
    let size: [Int]
    /// `[3, rows / 7, columns / 7]`, rounded up: of every seventh row, every seventh pixel.
    let values: [Int]
  }

  struct Evaluation: Decodable {
    let name: String
    let resize: Int
    let size: Int
    let values: [Int]
  }

  struct Crop: Decodable {
    let name: String
    /// Top, left, rows, columns.
    let window: [Int]
    let size: Int
    let values: [Int]
  }

  let decoded: [String: Decoded]
  let evaluation: [Evaluation]
  let crops: [Crop]

  static let folder = Bundle.module.bundlePath + "/Fixtures"

  static func load() throws -> PillowValues {
    try JSONDecoder().decode(
      PillowValues.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))
  }

  /// Bytes of a picture.
  static func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/pictures/\(name)")))
  }
}

/// The largest difference of two lists.
func distance(_ found: [UInt8], _ expected: [Int]) -> Int {
  found.count == expected.count ? zip(found, expected).map { abs(Int($0) - $1) }.max() ?? 0 : Int.max
}

import Foundation

/// JSON of reports, progress and commands: sorted keys in snake case, numbers in the shortest form
/// that reads back exactly, and null for numbers that are not finite.
package func jsonText(_ value: some Encodable, pretty: Bool) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
  encoder.keyEncodingStrategy = .custom { path in SnakeCaseKey(path.last) }
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: notFinite, negativeInfinity: notFinite, nan: notFinite)
  guard let data = try? encoder.encode(value) else { return "null" }
  return String(decoding: data, as: UTF8.self).replacing("\"\(notFinite)\"", with: "null")
}

/// Stands for null until the text is complete. It begins with a noncharacter of Unicode, and no
/// text of a report is this one by accident.
private let notFinite = "\u{FFFE}number that is not finite"

/// `testLoss` as `test_loss`; names with a dot stay as they are.
struct SnakeCaseKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: (any CodingKey)?) {
    intValue = key?.intValue
    let name = key?.stringValue ?? ""
    stringValue =
      name.contains(".")
      ? name : name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }

  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

/// The inverse conversion.
struct CamelCaseKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: (any CodingKey)?) {
    intValue = key?.intValue
    let name = key?.stringValue ?? ""
    guard !name.contains(".") else {
      stringValue = name
      return
    }
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
    stringValue = (words.first.map(String.init) ?? "") + rest.joined()
  }

  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

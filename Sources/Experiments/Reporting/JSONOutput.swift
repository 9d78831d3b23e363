import Foundation

/// A value in the JSON form of the commands, with sorted keys in snake case.
func jsonOutput(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  guard let data = try? encoder.encode(value) else { return "[]" }
  return String(decoding: data, as: UTF8.self)
}

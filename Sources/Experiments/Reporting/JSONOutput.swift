import Foundation

/// A value as the commands print it with `--format json`: keys sorted and in snake case.
func jsonOutput(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  guard let data = try? encoder.encode(value) else { return "[]" }
  return String(decoding: data, as: UTF8.self)
}

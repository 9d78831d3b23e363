/// A table as comma-separated values: RFC 4180, but with line feeds alone.
func csvTable(_ header: [String], _ rows: [[String]]) -> String {
  ([header] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
}

private func quoted(_ field: String) -> String {
  guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
  return "\"" + field.replacing("\"", with: "\"\"") + "\""
}

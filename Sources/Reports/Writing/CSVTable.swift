import Specification

/// A table as comma-separated values: RFC 4180, but with line feeds only, and each row on one line,
/// since line breaks in texts are escaped.
package func csvTable(_ header: [String], _ rows: [[String]]) -> String {
  ([header] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
}

private func quoted(_ field: String) -> String {
  let field = visible(field)
  guard field.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return field }
  var result = "\"".unicodeScalars
  for scalar in field.unicodeScalars {
    if scalar == "\"" { result.append(scalar) }
    result.append(scalar)
  }
  return String(result) + "\""
}

import Specification

/// A visible text, escaped for markdown and HTML in it.
func markdownEscaped(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in visible(text).unicodeScalars {
    switch scalar {
    case "&": result.append(contentsOf: "&amp;".unicodeScalars)
    case "<": result.append(contentsOf: "&lt;".unicodeScalars)
    case "\\", "|", "*", "_", "`", "[", "]":
      result.append("\\")
      result.append(scalar)
    default: result.append(scalar)
    }
  }
  return String(result)
}

/// A visible text as code, with quotes instead of backticks, which would end it.
func markdownCode(_ text: String) -> String {
  let scalars = visible(text).unicodeScalars.map { $0 == "`" ? "'" : $0 }
  return "`" + String(String.UnicodeScalarView(scalars)) + "`"
}

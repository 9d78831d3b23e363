/// Without what markdown, or HTML in it, would take for its own.
func markdownEscaped(_ text: String) -> String {
  text.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case "\\", "|", "*", "_", "`", "[", "]": result += "\\\(character)"
    default: result += character.isNewline ? " " : String(character)
    }
  }
}

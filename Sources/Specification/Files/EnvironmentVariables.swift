/// The variable for the folder of the experiment file that contains it.
package let experimentFolder = "EXPERIMENT_FOLDER"

/// Where a text first uses the folder of its file; nil if it does not.
func experimentFolderUse(in text: String) -> String.Index? {
  ["}", ":"].compactMap { text.firstRange(of: "${\(experimentFolder)\($0)")?.lowerBound }.min()
}

/// What is said of the first `$NAME` in a path, which other programs take for a variable; nil if
/// there is none.
func bareVariableProblem(in text: String) -> String? {
  let parts = text.replacing("$$", with: "").split(separator: "$", omittingEmptySubsequences: false)
  let names = parts.dropFirst().map { $0.prefix(while: isPartOfName) }
  guard let name = names.first(where: { $0.first?.isNumber == false }) else { return nil }
  return "\(quoted("$" + name)) is no variable; write \(quoted("${\(name)}")), or `$$` for a dollar sign"
}

private func isPartOfName(_ character: Character) -> Bool {
  character.isASCII && (character.isLetter || character.isNumber || character == "_")
}

/// Why a text with `${NAME}` or `~` in it cannot be expanded.
struct ExpansionProblem: Error, Equatable { var message: String }

/// Replaces `${NAME}` and `${NAME:-default}` by the variable's value, `$$` by `$`, and then `~`
/// before the first slash by the home folder.
///
/// The default applies if the variable is unset or empty, as in a shell; it ends at the next `}`
/// and is not expanded. Any other `$` is literal.
func expanded(_ text: String, environment: [String: String]) throws(ExpansionProblem) -> String {
  let path = try variablesExpanded(text, environment: environment)
  guard path == "~" || path.hasPrefix("~/") else { return path }
  guard let home = environment["HOME"], home.hasPrefix("/") else {
    throw ExpansionProblem(message: "`~` is the home folder, and the environment variable `HOME` names none")
  }
  return home + path.dropFirst()
}

private func variablesExpanded(
  _ text: String, environment: [String: String]
) throws(ExpansionProblem) -> String {
  var result = ""
  var rest = text[...]
  while let dollar = rest.firstIndex(of: "$") {
    result += rest[..<dollar]
    rest = rest[rest.index(after: dollar)...]
    switch rest.first {
    case "$":
      result += "$"
      rest = rest.dropFirst()
    case "{":
      guard let end = rest.firstIndex(of: "}") else {
        throw ExpansionProblem(message: "\(quoted("$" + rest)) has no closing `}`")
      }
      result += try value(of: rest[..<end].dropFirst(), environment)
      rest = rest[rest.index(after: end)...]
    default:
      result += "$"
    }
  }
  return result + rest
}

private func value(
  of reference: Substring, _ environment: [String: String]
) throws(ExpansionProblem) -> String {
  let name = reference.prefix(while: isPartOfName)
  let rest = reference.dropFirst(name.count)
  guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-"), !rest.contains("${")
  else {
    throw ExpansionProblem(
      message: "expected `${NAME}` or `${NAME:-default}`, found \(quoted("${" + reference + "}"))")
  }
  let value = environment[String(name)]
  if rest.isEmpty {
    guard let value else {
      throw ExpansionProblem(
        message: "the environment variable \(quoted(String(name))) is not set; set it or give a default:"
          + " `${\(name):-default}`")
    }
    return value
  }
  if let value, !value.isEmpty { return value }
  return String(rest.dropFirst(2))
}

import Foundation

/// A fenced block of a document in Markdown.
public struct MarkdownBlock: Sendable {
  /// Such as `sh`; empty if none is given.
  public let language: String
  public let text: String

  /// The file that it shows, by a first line such as `# study.yaml`; nil if it shows none.
  public var fileName: String? {
    text.split(separator: "\n").first.flatMap { line in
      line.hasPrefix("# ") && line.hasSuffix(".yaml") ? String(line.dropFirst(2)) : nil
    }
  }

  /// The commands of a shell's block, without the line breaks that a backslash escapes; none of
  /// another block.
  public var commands: [String] {
    language == "sh" ? text.replacing("\\\n", with: " ").split(separator: "\n").map(String.init) : []
  }

  public init(language: String, text: String) { (self.language, self.text) = (language, text) }

  /// The blocks of a document, in order.
  public static func all(in document: String) -> [MarkdownBlock] {
    document.components(separatedBy: "\n```").enumerated().filter { !$0.offset.isMultiple(of: 2) }
      .map { _, block in
        let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return MarkdownBlock(language: String(lines[0]), text: lines.count > 1 ? lines[1] + "\n" : "")
      }
  }
}

/// The words of a command as a shell splits it, with single quotes only; `;` is a word of its own.
public func shellWords(_ command: String) -> [String] {
  command.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
    index.isMultiple(of: 2)
      ? part.replacingOccurrences(of: ";", with: " ; ").split(separator: " ").map(String.init)
      : [String(part)]
  }
}

/// Parses an ``Expression``.
struct ExpressionParser {
  /// The error, and the index of its character in the text, from 0.
  struct Failure: Error, Equatable {
    var offset: Int
    var message: String
  }

  private enum Token: Equatable {
    case number(Int)
    case word(String)
    case symbol(String)
  }

  private let tokens: [(token: Token, offset: Int)]
  private var next = 0
  private var depth = 0
  private let length: Int

  private static let longest = 1000
  private static let deepest = 50

  private init(_ text: String) throws(Failure) {
    let characters = Array(text)
    length = characters.count
    guard length <= Self.longest else {
      throw Failure(offset: 0, message: "is longer than \(Self.longest) characters")
    }
    tokens = try Self.split(characters)
  }

  static func parse(_ text: String) throws(Failure) -> Expression {
    var parser = try ExpressionParser(text)
    let expression = try parser.disjunction()
    if let rest = parser.peek {
      throw Failure(offset: rest.offset, message: "\(parser.show(rest.token)) is not expected here")
    }
    return expression
  }

  // MARK: Tokens

  private static func split(_ characters: [Character]) throws(Failure) -> [(token: Token, offset: Int)] {
    var tokens: [(token: Token, offset: Int)] = []
    var index = 0
    func run(_ condition: (Character) -> Bool) -> String {
      let start = index
      while index < characters.count, condition(characters[index]) { index += 1 }
      return String(characters[start..<index])
    }
    while index < characters.count {
      let start = index
      let character = characters[index]
      if character == " " || character == "\t" {
        index += 1
      } else if character.isASCII, character.isNumber {
        let digits = run { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= Expression.largest else {
          throw Failure(offset: start, message: "\(quoted(digits)) is larger than 2^31")
        }
        tokens.append((.number(number), start))
      } else if isWordStart(character) {
        tokens.append((.word(run(isWordPart)), start))
      } else {
        let pair = String(characters[index..<min(index + 2, characters.count)])
        let symbol = ["==", "!=", "<=", ">="].contains(pair) ? pair : String(character)
        guard pair == symbol || "+-*/()<>,".contains(character) else {
          throw Failure(offset: start, message: "\(quoted(String(character))) is not part of an expression")
        }
        index += symbol.count
        tokens.append((.symbol(symbol), start))
      }
    }
    return tokens
  }

  private static func isWordStart(_ character: Character) -> Bool {
    character.isASCII && character.isLetter || character == "_"
  }

  private static func isWordPart(_ character: Character) -> Bool {
    isWordStart(character) || character.isASCII && character.isNumber
  }

  /// Whether expressions can name a number so.
  static func isWord(_ text: String) -> Bool {
    text.first.map(isWordStart) == true && text.allSatisfy(isWordPart)
  }

  private var peek: (token: Token, offset: Int)? { next < tokens.count ? tokens[next] : nil }

  private mutating func take(_ token: Token) -> Bool {
    guard peek?.token == token else { return false }
    next += 1
    return true
  }

  private func show(_ token: Token) -> String {
    switch token {
    case .number(let number): "`\(number)`"
    case .word(let text), .symbol(let text): quoted(text)
    }
  }

  // MARK: Grammar

  private mutating func disjunction() throws(Failure) -> Expression {
    var left = try conjunction()
    while take(.word("or")) { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(Failure) -> Expression {
    var left = try negation()
    while take(.word("and")) { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(Failure) -> Expression {
    guard take(.word("not")) else { return try comparison() }
    return .not(try nested { parser throws(Failure) in try parser.negation() })
  }

  private mutating func comparison() throws(Failure) -> Expression {
    let left = try sum()
    for comparison in Expression.Comparison.allCases where take(.symbol(comparison.rawValue)) {
      return .comparison(comparison, left, try sum())
    }
    return left
  }

  private mutating func sum() throws(Failure) -> Expression {
    var left = try product()
    while true {
      if take(.symbol("+")) {
        left = .arithmetic(.add, left, try product())
      } else if take(.symbol("-")) {
        left = .arithmetic(.subtract, left, try product())
      } else {
        return left
      }
    }
  }

  private mutating func product() throws(Failure) -> Expression {
    var left = try factor()
    while true {
      if take(.symbol("*")) {
        left = .arithmetic(.multiply, left, try factor())
      } else if take(.symbol("/")) {
        left = .arithmetic(.divide, left, try factor())
      } else {
        return left
      }
    }
  }

  private mutating func factor() throws(Failure) -> Expression {
    guard let (token, offset) = peek else {
      throw Failure(offset: length, message: "ends where a number or a parameter is expected")
    }
    next += 1
    switch token {
    case .number(let number): return .number(number)
    case .symbol("-"): return .negated(try nested { parser throws(Failure) in try parser.factor() })
    case .symbol("("):
      let inner = try nested { parser throws(Failure) in try parser.disjunction() }
      try expect(")")
      return inner
    case .word(let word) where !["and", "or", "not"].contains(word):
      return take(.symbol("(")) ? try call(word, offset) : .name(word)
    default: throw Failure(offset: offset, message: "\(show(token)) is not expected here")
    }
  }

  private mutating func call(_ name: String, _ offset: Int) throws(Failure) -> Expression {
    guard let function = Expression.Function(rawValue: name) else {
      let known = Expression.Function.allCases.map(\.rawValue)
      let hint = nearestName(to: name, among: known).map { "; did you mean \(quoted($0))?" }
      throw Failure(
        offset: offset,
        message: "\(quoted(name)) is no function\(hint ?? "; known: \(known.joined(separator: ", "))")")
    }
    var arguments: [Expression] = []
    repeat {
      arguments.append(try nested { parser throws(Failure) in try parser.disjunction() })
    } while take(.symbol(","))
    try expect(")")
    guard function != .multipleOf || arguments.count == 2 else {
      throw Failure(offset: offset, message: "multiple_of takes a number and a divisor")
    }
    return .call(function, arguments)
  }

  private mutating func expect(_ symbol: String) throws(Failure) {
    guard take(.symbol(symbol)) else {
      throw Failure(offset: peek?.offset ?? length, message: "\(quoted(symbol)) is expected here")
    }
  }

  private mutating func nested(
    _ body: (inout ExpressionParser) throws(Failure) -> Expression
  ) throws(Failure) -> Expression {
    guard depth < Self.deepest else {
      throw Failure(offset: peek?.offset ?? length, message: "is nested more than \(Self.deepest) deep")
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }
}

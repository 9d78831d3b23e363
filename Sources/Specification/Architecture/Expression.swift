/// A whole number or a condition in a declared architecture: `inputs * expand`,
/// `stride == 1 and inputs == out`.
///
/// Numbers, parameters, `+ - * /` (whole numbers, rounded towards minus infinity), `min`, `max`,
/// `multiple_of`, parentheses; conditions compare numbers and are combined by `and`, `or` and
/// `not`.
package indirect enum Expression: Equatable, Sendable {
  case number(Int)
  case name(String)
  case negated(Expression)
  case arithmetic(Arithmetic, Expression, Expression)
  case comparison(Comparison, Expression, Expression)
  case not(Expression)
  case and(Expression, Expression)
  case or(Expression, Expression)
  case call(Function, [Expression])

  package enum Arithmetic: String, Sendable { case add = "+", subtract = "-", multiply = "*", divide = "/" }

  package enum Comparison: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case greater = ">"
  }

  package enum Function: String, Sendable, CaseIterable {
    case min, max
    /// The multiple nearest to a number, at least one, and no more than a tenth below it (Sandler
    /// et al. 2018, arXiv 1801.04381, and its program).
    case multipleOf = "multiple_of"
  }

  package enum Value: Equatable, Sendable {
    case number(Int)
    case truth(Bool)
  }

  /// Why an expression has no value.
  package enum EvaluationError: Error, Equatable {
    case unknownName(String)
    case divisionByZero
    case negativeDivisor
    case tooLarge
    case expectedNumber
    case expectedCondition
  }

  /// Larger numbers are not needed, and the product of two numbers within this limit does not
  /// overflow.
  package static let largest = 1 << 31

  // MARK: Evaluation

  /// - Parameter names: values of parameters
  package func number(_ names: [String: Int]) throws(EvaluationError) -> Int {
    guard case .number(let value) = try value(names) else { throw .expectedNumber }
    return value
  }

  package func truth(_ names: [String: Int]) throws(EvaluationError) -> Bool {
    guard case .truth(let value) = try value(names) else { throw .expectedCondition }
    return value
  }

  private func value(_ names: [String: Int]) throws(EvaluationError) -> Value {
    switch self {
    case .number(let number): return .number(number)
    case .name(let name):
      guard let number = names[name] else { throw .unknownName(name) }
      return .number(number)
    case .negated(let inner): return .number(-(try inner.number(names)))
    case .arithmetic(let operation, let left, let right):
      return .number(try Self.compute(operation, try left.number(names), try right.number(names)))
    case .comparison(let comparison, let left, let right):
      return .truth(Self.holds(comparison, try left.number(names), try right.number(names)))
    case .not(let inner): return .truth(!(try inner.truth(names)))
    case .and(let left, let right): return .truth(try left.truth(names) ? try right.truth(names) : false)
    case .or(let left, let right): return .truth(try left.truth(names) ? true : try right.truth(names))
    case .call(let function, let arguments):
      var numbers: [Int] = []
      for argument in arguments { numbers.append(try argument.number(names)) }
      return .number(try Self.call(function, numbers))
    }
  }

  private static func compute(
    _ operation: Arithmetic, _ left: Int, _ right: Int
  ) throws(EvaluationError) -> Int {
    // A number of channels may be larger than numbers in files may be.
    guard max(left.magnitude, right.magnitude) <= largest else { throw .tooLarge }
    let result: Int
    switch operation {
    case .add: result = left + right
    case .subtract: result = left - right
    case .multiply: result = left * right
    case .divide:
      guard right != 0 else { throw .divisionByZero }
      result = (left - ((left % right) + right) % right) / right
    }
    guard abs(result) <= largest else { throw .tooLarge }
    return result
  }

  private static func holds(_ comparison: Comparison, _ left: Int, _ right: Int) -> Bool {
    switch comparison {
    case .equal: left == right
    case .notEqual: left != right
    case .atMost: left <= right
    case .atLeast: left >= right
    case .less: left < right
    case .greater: left > right
    }
  }

  private static func call(_ function: Function, _ numbers: [Int]) throws(EvaluationError) -> Int {
    switch function {
    case .min: return numbers.min() ?? 0
    case .max: return numbers.max() ?? 0
    case .multipleOf:
      let (number, divisor) = (numbers[0], numbers[1])
      guard Swift.max(number.magnitude, divisor.magnitude) <= largest else { throw .tooLarge }
      guard divisor != 0 else { throw .divisionByZero }
      guard divisor > 0 else { throw .negativeDivisor }
      var multiple = Swift.max(divisor, (2 * number + divisor) / (2 * divisor) * divisor)
      if 10 * multiple < 9 * number { multiple += divisor }
      guard multiple <= largest else { throw .tooLarge }
      return multiple
    }
  }

  /// Every parameter that the expression names.
  package var names: [String] {
    switch self {
    case .number: []
    case .name(let name): [name]
    case .negated(let inner), .not(let inner): inner.names
    case .arithmetic(_, let left, let right), .comparison(_, let left, let right), .and(let left, let right),
      .or(let left, let right):
      left.names + right.names
    case .call(_, let arguments): arguments.flatMap(\.names)
    }
  }
}

extension Expression.EvaluationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownName(let name): "\(quoted(name)) is no parameter here"
    case .divisionByZero: "divides by zero"
    case .negativeDivisor: "is a multiple of a negative number"
    case .tooLarge: "is larger than 2^31"
    case .expectedNumber: "is a condition, where a whole number is expected"
    case .expectedCondition: "is a number, where a condition is expected"
    }
  }
}

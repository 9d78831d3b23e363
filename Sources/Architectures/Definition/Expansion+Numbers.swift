import Network
import Specification

/// Numbers of layers, from expressions of parameters.
extension Expansion {
  func number(
    _ expression: Placed<Expression>, _ numbers: [String: Int], _ path: String,
    _ form: Catalog.LayerForm? = nil
  ) throws(ArchitectureError) -> Int {
    let number: Int
    do throws(Expression.EvaluationError) {
      number = try expression.value.number(numbers)
    } catch {
      throw .layer(expression.place, path: path, message: explain(error, numbers))
    }
    if case .whole(let range)? = form, !range.contains(number) {
      throw .layer(
        expression.place, path: path,
        message: "expected a number from \(range.lowerBound) to \(range.upperBound), found \(number)")
    }
    return number
  }

  func explain(_ error: Expression.EvaluationError, _ numbers: [String: Int]) -> String {
    guard case .unknownName(let name) = error else { return "the value \(error)" }
    let hint = nearestName(to: name, among: numbers.keys.sorted()).map { "; did you mean `\($0)`?" }
    return "\(error)\(hint ?? "; known: \(numbers.keys.sorted().joined(separator: ", "))")"
  }
}

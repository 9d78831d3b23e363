import Network
import Specification

/// Numbers of layers, from expressions of parameters.
extension Expansion {
  /// - Parameter use: what messages begin with: the layer, where a template has several uses
  func number(
    _ expression: Placed<Expression>, _ numbers: [String: Int], _ path: String, use: String = "",
    _ form: Catalog.LayerForm? = nil
  ) throws(ArchitectureError) -> Int {
    let number: Int
    // The reader has checked names.
    do throws(Expression.EvaluationError) {
      number = try expression.value.number(numbers)
    } catch {
      throw .layer(expression.place, path: path, message: "\(use)the value \(error)")
    }
    if case .whole(let range)? = form, !range.contains(number) {
      throw .layer(
        expression.place, path: path,
        message: "\(use)expected a number from \(range.lowerBound) to \(range.upperBound), found \(number)")
    }
    return number
  }
}

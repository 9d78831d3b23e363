import Foundation
import Specification

/// Why a report could not be read, or compared.
public struct ReportError: Error, Equatable, CustomStringConvertible {
  /// The file, or the key in it.
  public var path: String
  public var message: String

  public init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

extension Report {
  /// Reads the output of `json()`, also of earlier versions; unknown keys are ignored.
  ///
  /// - Throws: an error with the path of the first key that is missing or has a wrong type, or
  ///   about another format.
  public init(json: String) throws(ReportError) {
    let format = try Self.decoded(json, as: Version.self).format
    guard format == Self.currentFormat else {
      throw ReportError(path: "format", message: "expected \(Self.currentFormat), found \(format)")
    }
    self = try Self.decoded(json)
  }

  /// Decodes JSON whose keys are in snake case.
  static func decoded<Value: Decodable>(
    _ json: String, as type: Value.Type = Value.self
  ) throws(ReportError) -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in CamelCaseKey(path.last) }
    do {
      return try decoder.decode(type, from: Data(json.utf8))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ReportError(path: path(context.codingPath + [key]), message: "required key is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw wrongType(context.codingPath)
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw wrongType(context.codingPath)
    } catch {
      // The decoder reports the same error for a fraction instead of a count.
      let isJSON = (try? JSONDecoder().decode(JSON.self, from: Data(json.utf8))) != nil
      throw ReportError(
        path: "",
        message: isJSON ? "a number is too large, or not an integer where one is required" : "not valid JSON")
    }
  }

  /// Decoded first, so that another format is reported as such, and not as a missing key.
  private struct Version: Decodable {
    var format: Int
  }

  private static func wrongType(_ keys: [any CodingKey]) -> ReportError {
    keys.isEmpty
      ? ReportError(path: "", message: "not a report: expected an object")
      : ReportError(path: path(keys), message: "wrong type or value")
  }

  /// `runs[0].test_loss`
  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + SnakeCaseKey(key).stringValue
      }
    }
  }
}

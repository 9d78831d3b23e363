import Foundation

/// Why a report could not be read.
public struct ReportError: Error, Equatable, CustomStringConvertible {
  public var description: String
}

extension Report {
  /// The whole report, keys sorted, numbers in the shortest form that reads back the same, those that are not finite
  /// as null.
  public func json() -> String {
    jsonText(self, pretty: true) + "\n"
  }

  /// All but `timing` and `environment`: the same bytes whenever the experiment gives the same results.
  public func deterministicJSON() -> String {
    let part = DeterministicPart(
      format: format, experiment: experiment, description: description, status: status, summary: summary,
      runs: runs)
    return jsonText(part, pretty: true) + "\n"
  }

  private struct DeterministicPart: Encodable {
    var format: Int
    var experiment: String
    var description: String
    var status: Status
    var summary: Summary
    var runs: [RunReport]
  }

  /// Reads what `json()` wrote; refuses other versions of the format, missing keys and wrong types.
  public init(json: String) throws(ReportError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in CamelCaseKey(path.last) }
    do {
      let data = Data(json.utf8)
      let format = try decoder.decode(Version.self, from: data).format
      guard format == Self.currentFormat else {
        throw ReportError(description: "format \(format) of the report is not \(Self.currentFormat)")
      }
      self = try decoder.decode(Report.self, from: data)
    } catch let error as ReportError {
      throw error
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ReportError(description: "not a report: key \(Self.path(context.codingPath + [key])) is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw ReportError(description: Self.wrongType(context.codingPath))
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw ReportError(description: Self.wrongType(context.codingPath))
    } catch {
      throw ReportError(description: "not a report: not valid JSON")
    }
  }

  /// Read first, so that another format is called that, and not a missing key.
  private struct Version: Decodable {
    var format: Int
  }

  private static func wrongType(_ keys: [any CodingKey]) -> String {
    keys.isEmpty
      ? "not a report: it is not an object" : "not a report: \(path(keys)) has a wrong type or value"
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

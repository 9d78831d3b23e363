import Foundation

/// Why a report could not be read.
public struct ReportError: Error, Equatable, CustomStringConvertible {
  public var description: String
}

extension Report {
  /// The whole report, keys sorted, numbers in the shortest form that reads back the same.
  public func json() -> String {
    Self.encode(self)
  }

  /// All but `timing` and `environment`: the same bytes whenever the experiment gives the same results.
  public func deterministicJSON() -> String {
    Self.encode(
      DeterministicPart(
        format: format, experiment: experiment, description: description, status: status, summary: summary,
        runs: runs))
  }

  private struct DeterministicPart: Encodable {
    var format: Int
    var experiment: String
    var description: String
    var status: Status
    var summary: Summary
    var runs: [RunReport]
  }

  private static func encode(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .custom { path in SnakeCaseKey(path.last) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value) else { return "{}" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Reads what `json()` wrote.
  public init(json: String) throws(ReportError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom { path in CamelCaseKey(path.last) }
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Report.self, from: Data(json.utf8))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ReportError(description: "not a report: key \(Self.path(context, key)) is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw ReportError(description: "not a report: \(Self.path(context)) is of the wrong type")
    } catch {
      throw ReportError(description: "not a report: not valid JSON")
    }
    guard format == Self.currentFormat else {
      throw ReportError(description: "format \(format) of the report is not \(Self.currentFormat)")
    }
  }

  private static func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
    (context.codingPath + (key.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
  }
}

/// `testLoss` as `test_loss`; keys with a dot or digit-only parts (layers' names) stay as they are.
private struct SnakeCaseKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: (any CodingKey)?) {
    intValue = key?.intValue
    let name = key?.stringValue ?? ""
    stringValue =
      name.contains(".")
      ? name : name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }

  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

/// The other way round.
private struct CamelCaseKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: (any CodingKey)?) {
    intValue = key?.intValue
    let name = key?.stringValue ?? ""
    guard !name.contains(".") else {
      stringValue = name
      return
    }
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
    stringValue = (words.first.map(String.init) ?? "") + rest.joined()
  }

  init?(stringValue: String) { nil }
  init?(intValue: Int) { nil }
}

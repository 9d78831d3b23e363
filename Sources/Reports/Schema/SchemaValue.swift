import Specification

/// Building blocks of JSON Schema.
enum SchemaValue {
  /// A member of an object.
  struct Member {
    var name: String
    var schema: JSON
    var isRequired = true

    init(_ name: String, _ schema: JSON, isRequired: Bool = true) {
      (self.name, self.schema, self.isRequired) = (name, schema, isRequired)
    }

    /// An optional member.
    static func optional(_ name: String, _ schema: JSON) -> Member {
      Member(name, schema, isRequired: false)
    }
  }

  /// Other members are allowed: formats only grow.
  static func object(_ description: String, _ members: [Member]) -> JSON {
    .object([("type", .string("object")), ("description", .string(description))] + keys(members))
  }

  /// The required members of an object.
  static func keys(_ members: [Member]) -> [(String, JSON)] {
    [
      ("required", .list(members.filter(\.isRequired).map { .string($0.name) })),
      ("properties", .object(members.map { ($0.name, $0.schema) })),
    ]
  }

  static func list(_ description: String, of items: JSON) -> JSON {
    .object([("type", .string("array")), ("description", .string(description)), ("items", items)])
  }

  /// An object whose keys are names of any kind.
  static func map(_ description: String, to values: JSON) -> JSON {
    .object([
      ("type", .string("object")), ("description", .string(description)), ("additionalProperties", values),
    ])
  }

  static func text(_ description: String, oneOf words: [String] = []) -> JSON {
    .object(
      [("type", .string("string")), ("description", .string(description))]
        + (words.isEmpty ? [] : [("enum", .list(words.map { .string($0) }))]))
  }

  /// A whole number from 0.
  static func count(_ description: String) -> JSON {
    .object([
      ("type", .string("integer")), ("minimum", .integer(0)), ("description", .string(description)),
    ])
  }

  static func number(_ description: String) -> JSON {
    .object([("type", .string("number")), ("description", .string(description))])
  }

  static func flag(_ description: String) -> JSON {
    .object([("type", .string("boolean")), ("description", .string(description))])
  }

  /// A value that JSON cannot represent, such as an infinite loss, is null.
  static func nullable(_ schema: JSON) -> JSON {
    guard case .object(let members) = schema else { return schema }
    return .object(
      members.map { name, value in
        guard name == "type", case .string = value else { return (name, value) }
        return (name, .list([value, .string("null")]))
      })
  }

  /// A whole document.
  static func document(_ title: String, _ schema: JSON) -> String {
    guard case .object(let members) = schema else { return "" }
    return JSON.object(
      [("$schema", .string("https://json-schema.org/draft/2020-12/schema")), ("title", .string(title))]
        + members
    ).text() + "\n"
  }

  /// [low, high]
  static let interval = JSON.object([
    ("type", .list([.string("array"), .string("null")])), ("minItems", .integer(2)),
    ("maxItems", .integer(2)),
    ("items", .object([("type", .string("number"))])),
    (
      "description",
      .string(
        "95 % confidence interval of the mean by Student's t, low and high; null for fewer than three seeds.")
    ),
  ])

  static func statistic(_ description: String) -> JSON {
    object(
      description,
      [
        Member("mean", number("Mean over the seeds.")),
        Member("std", number("Sample standard deviation; 0 for one seed.")),
        Member("n", count("Number of seeds.")), .optional("ci95", interval),
      ])
  }
}

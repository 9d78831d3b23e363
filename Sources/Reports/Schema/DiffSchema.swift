import Specification

/// JSON Schema (draft 2020-12) of what `diff --format json` prints.
public func diffSchema() -> String {
  SchemaValue.document("Espalier diff", DiffSchema.diff)
}

private enum DiffSchema {
  typealias Value = SchemaValue
  typealias Member = SchemaValue.Member

  static let diff = Value.object(
    "Two reports, or two folders of reports, compared.",
    [
      Member("format", .object([("const", .integer(1)), ("description", .string("Version of this form."))])),
      Member("base", Value.text("The base's path, as given.")),
      Member("candidate", Value.text("The candidate's path, as given.")),
      Member("regressions", Value.count("Things that are worse; the exit status is 1 where there are any.")),
      Member("improvements", Value.count("Numbers that are better.")),
      Member("added", Value.list("Experiments that only the candidate has.", of: Value.text("A name."))),
      Member(
        "missing",
        Value.list("Experiments that only the base has, a regression each.", of: Value.text("A name."))),
      Member("experiments", Value.list("Experiments that both have.", of: experiment)),
    ])

  static let experiment = Value.object(
    "An experiment.",
    [
      Member("name", Value.text("Its name.")),
      .optional(
        "spec",
        Value.list(
          "Keys that the experiments differ in; missing where a report does not carry its experiment.",
          of: Value.object(
            "A key.",
            [
              Member("path", Value.text("Such as train.epochs.")),
              .optional("base", .object([("description", .string("Its value in the base."))])),
              .optional("candidate", .object([("description", .string("Its value in the candidate."))])),
            ]))),
      Member("metrics", Value.list("Numbers of each variant, and of their comparison.", of: metric)),
      Member(
        "expectations",
        Value.list(
          "What the experiment expects.",
          of: Value.object(
            "An expectation; a regression where it was met and is not any more.",
            [
              Member("metric", Value.text("What is expected of.")),
              Member("limit", Value.text("at_most or at_least, and a number.")),
              .optional(
                "base", Value.flag("Whether it was met; missing where the base has no such expectation.")),
              .optional("candidate", Value.flag("Whether it is met; missing likewise.")),
              .optional("measured", Value.number("The candidate's number.")),
            ]))),
      Member("problems", Value.list("What else is worse, a regression each.", of: Value.text("A sentence."))),
      Member("notes", Value.list("What else there is to know.", of: Value.text("A sentence."))),
    ])

  static let metric = Value.object(
    "A number in both reports.",
    [
      Member("metric", Value.text("Its name.", oneOf: DiffMetric.allCases.map(\.rawValue))),
      .optional("variant", Value.text("Which network; missing for numbers that compare both.")),
      .optional("base", Value.statistic("In the base.")),
      .optional("candidate", Value.statistic("In the candidate.")),
      .optional("difference", Value.number("Candidate minus base; mean over the seeds.")),
      .optional("ci95", Value.interval), Member("rule", Value.text("What the verdict rests on.")),
      Member(
        "verdict",
        Value.text("What became of it.", oneOf: ["same", "tolerated", "improved", "regressed", "added"])),
      Member("details", Value.list("Seeds, layers and steps that differ.", of: Value.text("A sentence."))),
    ])
}

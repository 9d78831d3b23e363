import Specification

/// JSON Schema (draft 2020-12) of the output of `diff --format json`.
public func diffSchema() -> String {
  SchemaValue.document("Espalier diff", DiffSchema.diff)
}

private enum DiffSchema {
  typealias Value = SchemaValue
  typealias Member = SchemaValue.Member

  static let diff = Value.object(
    "Comparison of two reports, or of two folders of reports.",
    [
      Member(
        "format", .object([("const", .integer(1)), ("description", .string("Version of the format."))])),
      Member("base", Value.text("The base's path, as given.")),
      Member("candidate", Value.text("The candidate's path, as given.")),
      Member("regressions", Value.count("Number of regressions; the exit status is 1 if there are any.")),
      Member("improvements", Value.count("Number of improvements.")),
      Member("added", Value.list("Experiments in the candidate only.", of: Value.text("A name."))),
      Member(
        "missing",
        Value.list("Experiments in the base only; each is a regression.", of: Value.text("A name."))),
      Member("experiments", Value.list("Experiments in both.", of: experiment)),
    ])

  static let experiment = Value.object(
    "An experiment.",
    [
      Member("name", Value.text("Its name.")),
      .optional(
        "spec",
        Value.list(
          "Keys in which the experiments differ; missing if a report does not contain its experiment.",
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
            "An expectation; a regression if it was met and no longer is.",
            [
              Member("metric", Value.text("Name of the metric.")),
              Member("limit", Value.text("at_most or at_least, and a number.")),
              .optional(
                "base", Value.flag("Whether it was met; missing if the base has no such expectation.")),
              .optional(
                "candidate", Value.flag("Whether it is met; missing if the candidate does not have it.")),
              .optional("measured", Value.number("The candidate's number.")),
            ]))),
      Member("problems", Value.list("Other regressions.", of: Value.text("A sentence."))),
      Member("notes", Value.list("Other differences.", of: Value.text("A sentence."))),
    ])

  static let metric = Value.object(
    "A number in both reports.",
    [
      Member("metric", Value.text("Its name.", oneOf: DiffMetric.allCases.map(\.rawValue))),
      .optional("variant", Value.text("Which network; missing for numbers that compare both.")),
      .optional("setting", Value.text("How a latency was measured; missing for other numbers.")),
      .optional("base", Value.statistic("In the base.")),
      .optional("candidate", Value.statistic("In the candidate.")),
      .optional("difference", Value.number("Candidate minus base; mean over the seeds.")),
      .optional("ci95", Value.interval), Member("rule", Value.text("The rule behind the verdict.")),
      Member(
        "verdict",
        Value.text("The verdict.", oneOf: MetricComparison.Verdict.allCases.map(\.rawValue))),
      Member("details", Value.list("Seeds, layers and steps that differ.", of: Value.text("A sentence."))),
    ])
}

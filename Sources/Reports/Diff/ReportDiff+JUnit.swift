import Specification

extension ReportDiff {
  /// JUnit XML for test viewers of CI systems: a suite for each experiment, a case for each number
  /// and expectation, a failure for each regression.
  public func junit() -> String {
    let suites =
      [
        JUnitSuite(
          name: "experiments",
          cases: missing.map { .init(name: $0, failure: "missing") }
            + added.map { .init(name: $0) })
      ]
      + experiments.map(\.suite)
    let shown = suites.filter { !$0.cases.isEmpty }
    let cases = shown.flatMap(\.cases)
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="espalier diff" tests="\(cases.count)" failures="\(cases.count { $0.failure != nil })">
      \(shown.map(\.xml).joined(separator: "\n"))
      </testsuites>
      """
  }
}

private struct JUnitSuite {
  var name: String
  var cases: [Case]

  struct Case {
    var name: String
    var failure: String?
    var details: [String] = []
  }

  var xml: String {
    let name = attribute(name)
    let header =
      "  <testsuite name=\(name) tests=\"\(cases.count)\" failures=\"\(cases.count { $0.failure != nil })\" errors=\"0\" skipped=\"0\">"
    let lines = cases.map { item in
      let start = "    <testcase classname=\(name) name=\(attribute(item.name))"
      guard let failure = item.failure else { return start + "/>" }
      let text = Markup.escaped(([failure] + item.details).map(visible).joined(separator: "\n"))
      return """
        \(start)>
              <failure type="regression" message=\(attribute(failure))>\(text)</failure>
            </testcase>
        """
    }
    return ([header] + lines + ["  </testsuite>"]).joined(separator: "\n")
  }
}

extension ExperimentDiff {
  fileprivate var suite: JUnitSuite {
    JUnitSuite(
      name: name,
      cases: metrics.map { metric in
        let change = [metric.valuesText, metric.differenceText, "(\(metric.rule))"].filter { !$0.isEmpty }
          .joined(separator: " ")
        return .init(
          name: metric.name, failure: metric.verdict == .regressed ? change : nil, details: metric.details)
      }
        + expectations.map {
          .init(name: "expectation \($0.name)", failure: $0.isRegression ? $0.change : nil)
        }
        + problems.map { .init(name: $0, failure: $0) })
  }
}

private func attribute(_ text: String) -> String { "\"\(Markup.escaped(visible(text)))\"" }

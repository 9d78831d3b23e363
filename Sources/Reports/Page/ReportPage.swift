/// A report as one HTML file that needs nothing else: no scripts, no fonts, no network. Both HTML
/// and XML parsers read it.
///
/// The same reports give the same bytes.
public struct ReportPage: Sendable {
  private let title: String
  private let reports: [Report]

  /// The page of an experiment.
  public init(_ report: Report) {
    title = report.experiment
    reports = [report]
  }

  /// A page over several experiments, each with a section of its own.
  public init(suite title: String, _ reports: [Report]) {
    self.title = title
    self.reports = reports
  }

  public func html() -> String {
    let page = element("html", ["lang": "en"]) {
      element("head") {
        element("meta", ["charset": "utf-8"])
        element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        element("title") { "\(title) – Espalier" }
        element("style") { Stylesheet.text }
      }
      element("body") {
        if reports.count == 1, let report = reports.first {
          element("header") {
            element("h1") { title }
            ExperimentSection(report: report).introduction()
          }
          ExperimentSection(report: report).contents(heading: "h2")
        } else {
          SuiteSection(title: title, reports: reports).contents()
        }
      }
    }
    return "<!DOCTYPE html>\n" + page.serialized() + "\n"
  }

  /// The plots over all experiments of a suite, or those of the only one, as files.
  public func plotFiles() -> [PlotFile] {
    guard reports.count != 1 else { return reports.flatMap { $0.plotFiles() } }
    return tradeOffFigures(reports).map(PlotFile.init)
  }
}

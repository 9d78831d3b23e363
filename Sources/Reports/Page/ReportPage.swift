/// A report as one self-contained HTML file: without external fonts or network access, and with one
/// small embedded script, see ``PageScript``. Both HTML and XML parsers can read it.
///
/// The same reports next to the same files produce the same bytes.
public struct ReportPage: Sendable {
  private let title: String
  private let reports: [Report]
  private var files = PageFiles()

  /// The page of an experiment.
  public init(_ report: Report) {
    title = report.experiment
    reports = [report]
  }

  /// A page about several experiments, with a section for each. About a single one, it has that
  /// experiment's name and layout.
  public init(suite title: String, _ reports: [Report]) {
    let only = reports.count == 1 ? reports.first : nil
    self.title = only?.experiment ?? title
    self.reports = reports
  }

  /// The page for a folder, with links to the files in it.
  public func linking(toFilesIn folder: String) -> ReportPage {
    var page = self
    page.files = PageFiles(in: folder, of: reports)
    return page
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
            ExperimentSection(report: report).introduction(page: files.pages[report.experiment])
          }
          ExperimentSection(report: report).contents(heading: "h2")
          if let list = files.list() {
            element("details") {
              element("summary") { "Files in this folder" }
              list
            }
          }
        } else {
          SuiteSection(title: title, reports: reports, pages: files.pages).contents()
        }
        element("script") { PageScript.text }
      }
    }
    return "<!DOCTYPE html>\n" + page.serialized() + "\n"
  }

  /// The plots about all experiments of a suite, or about a single experiment, as files.
  public func plotFiles() -> [PlotFile] {
    guard reports.count != 1 else { return reports.flatMap { $0.plotFiles() } }
    return tradeOffFigures(reports).map(PlotFile.init)
  }
}

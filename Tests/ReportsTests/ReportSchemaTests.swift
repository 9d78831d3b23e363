import Foundation
import JSONSchemaChecking
import Specification
import Testing

@testable import Reports

@Suite("The JSON Schemas of reports")
struct ReportSchemaTests {
  /// A report with every key that there is.
  private var full: Report {
    var report = Sample.report
    // Two seeds have no interval.
    report.runs += [Sample.run(2, "baseline", top1: 83), Sample.run(2, "pruned", top1: 82)]
    for index in report.runs.indices {
      report.runs[index].top5 = 99
      report.runs[index].history[0].images = 4
      report.runs[index].history[0].testLoss = 1
      report.runs[index].history[0].testTop1 = 2
      report.runs[index].history[0].testTop5 = 3
    }
    report.timing.runs[0].epochs[0].trainJoules = 5
    report.runs[0].onnxMacs = 12_000
    report.runs[0].leftOut = LeftOutPictures(train: 3, test: 1)
    report.environment.blasCore = "Haswell"
    report.environment.blasRelease = "0.3.21"
    (report.environment.host, report.environment.job) = ("node1", "slurm 17")
    (report.environment.gitCommit, report.environment.gitDirty) = ("0123456789abcdef", true)
    report.environment.paths = ["dataset.path": "/data/images"]
    report.environment.mpiRanks = 2
    report.environment.pictureDecoders = "JPEG by libjpeg-turbo"
    report.problem = "the last run failed"
    report.timing.runs[0].sharedEpochs = 1
    report.timing.runs[0].sessions = [Timing.Session(fromEpoch: 1, environment: report.environment)]
    report.summary = Summary(report.runs, expectations: Sample.expectations)
    return report
  }

  @Test("real reports keep to it, the oldest format's too, and it names all of their keys")
  func reports() throws {
    let schema = try JSONSchema(reportSchema())
    let old = try String(contentsOfFile: DiffTests.old + "/report.json", encoding: .utf8)
    var infinite = Sample.report
    infinite.runs[0].testLoss = .infinity
    for text in [old, full.json(), Sample.report.json(), infinite.json()] {
      let value = try yamlDocument(text, file: "report.json")
      #expect(schema.problems(value) == [])
      #expect(schema.unnamed(value) == [])
    }
  }

  @Test("it names no key that no report has")
  func names() throws {
    let value = try yamlDocument(full.json(), file: "report.json")
    let absent = absent(try JSONSchema(reportSchema()), [value], "")
    #expect(absent == [], "\(absent)")
  }

  @Test(
    "it refuses what is damaged",
    arguments: ["\"format\" : 1", "\"seed\" : 0", "\"variant\" : \"pruned\"", "\"met\" : true"])
  func damaged(_ member: String) throws {
    let schema = try JSONSchema(reportSchema())
    let text = full.json().replacing(member, with: member.prefix { $0 != ":" } + ": \"x\"")
    #expect(schema.problems(try yamlDocument(text, file: "report.json")) != [])
  }

  @Test("what diff prints as JSON keeps to its schema, which names all keys and no other")
  func diffs() throws {
    let schema = try JSONSchema(diffSchema())
    // With the seeds that intervals take.
    let base = full
    var candidate = base
    candidate.spec = .object([("train", .object([("epochs", .integer(2))])), ("new", .integer(1))])
    candidate.runs[1].top1 = 9
    candidate.summary.expectations[0].metric = "top1"
    let diff = try DiffTests.diff(base, candidate, timing: true)
    let value = try yamlDocument(diff.json(), file: "diff.json")
    #expect(schema.problems(value) == [])
    #expect(schema.unnamed(value) == [])
    #expect(absent(schema, [value], "") == [])
  }

  /// Paths that the schema names and none of the values has.
  private func absent(_ schema: JSONSchema, _ values: [JSON], _ path: String) -> [String] {
    let lists = values.compactMap { if case .list(let items) = $0 { items } else { nil } }
    if !lists.isEmpty { return absent(schema.items, lists.flatMap(\.self), path + "[]") }
    return schema.propertyNames.sorted().flatMap { name in
      let inner = values.compactMap { $0[name] }
      return inner.isEmpty ? ["\(path).\(name)"] : absent(schema.property(name), inner, "\(path).\(name)")
    }
  }
}

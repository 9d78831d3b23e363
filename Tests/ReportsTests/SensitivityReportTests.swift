import Testing

@testable import Reports

@Suite("A report of sensitivity")
struct SensitivityReportTests {
  private func report(layers: Int) -> SensitivityReport {
    SensitivityReport(
      experiment: "e", criterion: "l1_norm", key: "k", top1: 90,
      layers: (0..<layers).map { layer in
        .init(
          name: "layer\(layer)", channels: 8,
          points: [
            .init(ratio: 0.25, removed: 2, top1: 80 - Double(layer), parameters: 100, macs: 1000),
            .init(ratio: 0.9, removed: 7, top1: 40 - Double(layer), parameters: 50, macs: 500),
          ])
      })
  }

  @Test("reads back what it writes")
  func roundTrip() throws {
    #expect(try SensitivityReport(json: report(layers: 3).json()) == report(layers: 3))
    #expect(throws: (any Error).self) { try SensitivityReport(json: "{}") }
  }

  @Test("has a row for each layer and ratio")
  func csv() {
    #expect(
      report(layers: 1).csv() == """
        layer,channels,ratio,removed,top1,parameters,macs
        layer0,8,0.25,2,80.0,100,1000
        layer0,8,0.9,7,40.0,50,500

        """)
  }

  @Test("names the most sensitive layers only, and draws all")
  func plot() throws {
    let plot = try #require(report(layers: 12).plot())
    #expect(plot.series.count == 12)
    let names = plot.series.map(\.name).filter { !$0.isEmpty }
    #expect(names == ["4 other layers"] + (4..<12).map { "layer\($0)" })
    #expect(plot.series.allSatisfy { $0.points.first.map { ($0.x, $0.y) == (0, 90) } ?? false })
    #expect(try #require(report(layers: 12).plotFile()).svg.contains("layer11"))
    #expect(SensitivityReport(experiment: "e", criterion: "c", key: "k", top1: 1).plotFile() == nil)
  }
}

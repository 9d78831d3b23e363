/// Tables of an experiment's results.
extension Report {
  /// Baseline, pruned network, and their differences.
  func comparison() -> Table {
    let seeds = Set(runs.map(\.seed)).count
    let (baseline, pruned) = (summary.baseline, summary.pruned)
    func sizes(_ name: String, _ size: (Summary.VariantSummary) -> Int) -> [Table.Cell] {
      comparisonRow(name, baseline.map { Double(size($0)) }, pruned.map { Double(size($0)) }, quantity)
    }
    let drop = summary.accuracyDrop.map { drop in
      (drop.mean < 0 ? "+" : "") + spread(drop.negated, of: accuracyDrops.map { 0 - $0 }, 2)
    }
    let accuracy = [
      Table.Cell("top-1 accuracy, %"),
      Table.Cell(spread(baseline?.top1, of: accuracies("baseline"), 2)),
      Table.Cell(spread(pruned?.top1, of: accuracies("pruned"), 2)), Table.Cell(drop ?? "–"),
    ]
    return Table(
      caption: seeds > 1
        ? "\(spreadNote(seeds: seeds)); differences paired by seed" : "Baseline and pruned network",
      header: ["", "baseline", "pruned", "change"],
      rows: [
        accuracy, sizes("parameters", \.parameters), sizes("MACs of one image", \.macs),
        sizes("prunable channels", \.channels),
      ] + latencyRows() + deploymentRows())
  }

  /// Latency of exported models in a runtime, if there is a deployment.json.
  private func deploymentRows() -> [[Table.Cell]] {
    guard let deployment else { return [] }
    func macs(_ variant: String) -> Double? {
      Statistic(deployment.models.filter { $0.variant == variant }.map { Double($0.macs) })?.mean
    }
    return [comparisonRow("MACs of the ONNX file", macs("baseline"), macs("pruned"), quantity)]
      + deployment.settings.map { setting in
        latencyRow("\(deployment.runtime), \(setting.text), ms") { deployment.times($0, setting) }
      }
  }

  private func latencyRows() -> [[Table.Cell]] {
    Set(timing.runs.flatMap(\.latency).map(\.batchSize)).sorted().map { size in
      latencyRow("inference, batch of \(size), ms") { timing.times($0, batchSize: size) }
    }
  }

  /// - Parameter times: the milliseconds of a variant, by seed.
  private func latencyRow(_ name: String, _ times: (String) -> [UInt64: Double]) -> [Table.Cell] {
    func mean(_ variant: String) -> Double? {
      // Sums depend on the order.
      Statistic(times(variant).sorted { $0.key < $1.key }.map(\.value))?.mean
    }
    return comparisonRow(name, mean("baseline"), mean("pruned"), short)
  }

  /// A number of both networks, and the change.
  private func comparisonRow(
    _ name: String, _ before: Double?, _ after: Double?, _ text: (Double) -> String
  ) -> [Table.Cell] {
    [
      Table.Cell(name), Table.Cell(before.map(text) ?? "–"), Table.Cell(after.map(text) ?? "–"),
      Table.Cell(change(before, after)),
    ]
  }

  /// Nil if there are no expectations.
  func expectations() -> Table? {
    guard !summary.expectations.isEmpty else { return nil }
    return Table(
      caption: "What counts as reproduced, and the published numbers",
      header: ["metric", "paper", "measured", "limit", "result"],
      rows: summary.expectations.map { expectation in
        [
          Table.Cell(expectation.metric.replacing("_", with: " ")),
          Table.Cell(expectation.paper.map(short) ?? "–"),
          Table.Cell(
            expectation.measured.map { expectation.text($0, digits: 4, short) } ?? "not measured"),
          Table.Cell(expectation.limit.replacing("_", with: " ")),
          Table.Cell(expectation.met ? "✓ met" : "✗ missed", style: expectation.met ? "good" : "bad"),
        ]
      })
  }

  /// A row for each seed and variant.
  func runTable() -> Table {
    Table(
      caption: "Every run after its last epoch",
      header: [
        "run", "top-1, %", "top-5, %", "test loss", "parameters", "MACs", "channels", "training, MACs",
        "training, s", "left out of training", "left out of the test",
      ],
      rows: runs.map { run in
        let cost = trainingCost(of: run)
        return [
          Table.Cell("seed \(run.seed), \(run.variant)"), Table.Cell(decimal(run.top1, 2)),
          Table.Cell(run.top5.map { decimal($0, 2) } ?? "–"),
          Table.Cell(run.testLoss.map { decimal($0, 4) } ?? "–"),
          Table.Cell("\(run.parameters)"), Table.Cell("\(run.macs)"), Table.Cell("\(run.channels)"),
          Table.Cell(cost.macs.map(quantity) ?? "–"), Table.Cell(cost.seconds.map { decimal($0, 1) } ?? "–"),
          Table.Cell(run.leftOut.map { "\($0.train)" } ?? "–"),
          Table.Cell(run.leftOut?.test.map { "\($0)" } ?? "–"),
        ]
      })
  }
}

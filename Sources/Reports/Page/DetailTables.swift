/// Long folded tables.
extension Report {
  /// A row for each layer of a variant; means over seeds.
  func layerTable() -> Table? {
    guard let runs = (variants.last { $0.name == "pruned" } ?? variants.last)?.runs else { return nil }
    let layers = LayerOverSeeds.layers(runs)
    guard !layers.isEmpty else { return nil }
    func before(_ count: Int) -> Table.Cell { Table.Cell("\(count)", number: Double(count)) }
    func after(_ spread: LayerOverSeeds.Spread) -> Table.Cell {
      Table.Cell(spread.text, number: spread.mean)
    }
    func removed(_ before: Int, _ after: LayerOverSeeds.Spread) -> Table.Cell {
      guard before > 0 else { return "–" }
      let share = 1 - after.mean / Double(before)
      return Table.Cell(percent(share), number: share)
    }
    return Table(
      caption: runs.count > 1
        ? "Before and after pruning; means of \(runs.count) seeds, for each seed see layers.csv"
        : "Before and after pruning",
      header: [
        "layer", "kind", "channels", "after", "removed", "parameters", "after", "MACs", "after", "removed",
      ],
      rows: layers.map { layer in
        [
          Table.Cell(layer.name), Table.Cell(layer.kind), before(layer.channelsBefore),
          after(layer.channels), removed(layer.channelsBefore, layer.channels),
          before(layer.parametersBefore),
          after(layer.parameters), before(layer.macsBefore), after(layer.macs),
          removed(layer.macsBefore, layer.macs),
        ]
      }, isSortable: true)
  }

  /// A row for each epoch of a variant; means over seeds.
  func historyTable(_ runs: [RunReport]) -> Table {
    let epochs = Dictionary(grouping: runs.flatMap(\.history), by: \.epoch).sorted { $0.key < $1.key }
    let steps = Set(runs.flatMap(\.pruningSteps).map(\.epoch))
    return Table(
      caption: runs.count > 1
        ? "Means of \(runs.count) seeds; for each seed see history.csv" : "After each epoch",
      header: [
        "epoch", "learning rate", "training loss", "training top-1, %", "test loss", "test top-1, %",
        "test top-5, %", "channels", "parameters", "MACs",
      ],
      rows: epochs.map { epoch, entries in
        func cell(_ value: (EpochReport) -> Double?, _ text: (Double) -> String) -> Table.Cell {
          Table.Cell(Statistic(entries.compactMap(value)).map { text($0.mean) } ?? "–")
        }
        return [
          Table.Cell("\(epoch)" + (steps.contains(epoch) ? ", pruned" : "")),
          cell(\.learningRate, short), cell(\.trainLoss) { decimal($0, 4) },
          cell(\.trainTop1) { decimal($0, 2) },
          cell(\.testLoss) { decimal($0, 4) }, cell(\.testTop1) { decimal($0, 2) },
          cell(\.testTop5) { decimal($0, 2) }, cell({ Double($0.channels) }) { "\(whole($0))" },
          cell({ Double($0.parameters) }) { "\(whole($0))" }, cell({ Double($0.macs) }) { "\(whole($0))" },
        ]
      })
  }

  /// Sessions on other machines than that of the report, or with other settings.
  private var sessionsElsewhere: [(String, String)] {
    timing.runs.flatMap { run in
      (run.sessions ?? []).compactMap { session in
        let there = session.environment
        // Members that differ between sessions on one machine, or that only reports have.
        var here = environment
        (here.date, here.job, here.paths) = (there.date, there.job, there.paths)
        (here.gitCommit, here.gitDirty, here.mpiRanks) = (there.gitCommit, there.gitDirty, there.mpiRanks)
        // Part of the training's key, and missing in sessions of older versions.
        here.pictureDecoders = there.pictureDecoders
        guard there != here else { return nil }
        let facts: [String?] = [
          there.host, there.processor, there.kernels, counted(there.threads, "thread"),
          "Espalier \(there.version)", there.date,
        ]
        return (
          "\(run.variant), seed \(run.seed), from epoch \(session.fromEpoch)",
          facts.compactMap(\.self).joined(separator: ", ")
        )
      }
    }
  }

  /// Where and when it ran.
  func environmentList() -> Markup {
    let blas = [environment.blasRelease, environment.blasCore].compactMap(\.self)
    var facts = [
      ("processor", environment.processor), ("kernels", environment.kernels),
      ("OpenBLAS", blas.isEmpty ? "none" : blas.joined(separator: ", ")),
      ("threads", "\(environment.threads)"),
      ("Espalier", environment.version), ("report written", environment.date),
    ]
    if let decoders = environment.pictureDecoders { facts.append(("pictures", decoders)) }
    if let host = environment.host { facts.append(("host", host)) }
    if let job = environment.job { facts.append(("job", job)) }
    if let ranks = environment.mpiRanks { facts.append(("MPI ranks", "\(ranks)")) }
    if let commit = environment.gitCommit {
      facts.append(("commit", commit + (environment.gitDirty == true ? ", with changes" : "")))
    }
    return element("dl") {
      for (name, value) in facts + sessionsElsewhere {
        element("dt") { name }
        element("dd") { value }
      }
    }
  }
}

import Foundation

extension Report {
  /// The numbers of the summary by name, in one flat object, for DVC, CML and dashboards: means
  /// over the seeds, and `_std` if there are several.
  public func metricsJSON() -> String {
    var metrics: [String: Double] = [:]
    func add(_ name: String, _ value: Double?) {
      if let value, value.isFinite { metrics[name] = value }
    }
    func add(_ name: String, _ statistic: Statistic?) {
      add(name, statistic?.mean)
      if let statistic, statistic.n > 1 { add("\(name)_std", statistic.std) }
    }
    for (name, variant) in [("baseline", summary.baseline), ("pruned", summary.pruned)] {
      guard let variant else { continue }
      add("\(name)_top1", variant.top1)
      add("\(name)_top5", variant.top5)
      add("\(name)_test_loss", variant.testLoss)
      add("\(name)_parameters", Double(variant.parameters))
      add("\(name)_macs", Double(variant.macs))
      add("\(name)_channels", Double(variant.channels))
    }
    add("accuracy_drop", summary.accuracyDrop)
    add("compression", summary.compression)
    add("parameter_reduction", summary.parameterReduction)
    add("flops_reduction", summary.flopsReduction)
    add("channel_reduction", summary.channelReduction)
    add("expectations", Double(summary.expectations.count))
    add("expectations_met", Double(summary.expectations.count(where: \.met)))
    return jsonText(metrics, pretty: true) + "\n"
  }
}

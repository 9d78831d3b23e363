/// Values shown on hover over a plot of epochs: the values of all series at an epoch, in columns
/// that fill the plot. It needs no script.
struct HoverValues {
  let plot: Plot

  /// Largest number of columns: they would dominate a page about long trainings.
  private static let maximumColumns = 60

  struct Column: Equatable {
    var from: Double
    var to: Double
    var text: String
  }

  /// Columns from left to right. If there are more epochs than columns, every second, third or
  /// further epoch has one.
  var columns: [Column] {
    let places = Set(plot.series.flatMap { $0.points.filter(\.isDrawable).map(\.x) }).sorted()
    let stride = max(1, (places.count + Self.maximumColumns - 1) / Self.maximumColumns)
    // Counted from the end, whose values are the most interesting.
    let shown = places.indices.filter { (places.count - 1 - $0).isMultiple(of: stride) }.map { places[$0] }
    let domain = plot.x.scale.domain
    return shown.enumerated().map { index, place in
      Column(
        from: index > 0 ? (shown[index - 1] + place) / 2 : domain.lowerBound,
        to: index + 1 < shown.count ? (place + shown[index + 1]) / 2 : domain.upperBound,
        text: text(at: place))
    }
  }

  private func text(at place: Double) -> String {
    let values = plot.series.compactMap { series -> String? in
      guard let point = series.points.first(where: { $0.x == place && $0.isDrawable }) else { return nil }
      let band = series.band.first { $0.x == place && $0.low < $0.high }
      let range = band.map { " (\(short($0.low)) to \(short($0.high)))" } ?? ""
      return "\(series.name): \(short(point.y))\(range)"
    }
    let mark = plot.marks.contains(place) ? [plot.marksName] : []
    return (["\(plot.x.label) \(short(place)): \(plot.y.label)"] + values + mark).joined(separator: "\n")
  }
}

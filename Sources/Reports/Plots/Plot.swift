/// Lines and points over two axes: the content of a plot, without its style.
struct Plot {
  var title: String
  /// Description for screen readers.
  var summary: String
  var x: Axis
  var y: Axis
  var series: [Series]
  /// Positions on the x axis that are marked from top to bottom, and their meaning.
  var marks: [Double] = []
  var marksName = ""
  var hasLegend = true
  /// Whether hovering shows the values of all series at an x, instead of the label of a point.
  var showsColumns = false

  struct Axis {
    /// With its unit.
    var label: String
    var scale: Scale
  }

  struct Series {
    /// Empty for a series that is not in the legend.
    var name: String
    var style: SeriesStyle
    var points: [Point]
    /// Whether points are joined by a line; then only some of them have a marker.
    var isJoined = true
    /// Lowest and highest value at an x, drawn as a band.
    var band: [Band] = []
  }

  struct Point {
    var x: Double
    var y: Double
    /// Length of error bars to both sides.
    var xError = 0.0
    var yError = 0.0
    /// Text shown on hover.
    var label: String?

    var isDrawable: Bool { x.isFinite && y.isFinite }
  }

  struct Band {
    var x: Double
    var low: Double
    var high: Double
  }

  func svg(_ palette: Palette) -> Markup {
    PlotDrawing(plot: self, drawing: Drawing(palette: palette)).svg()
  }
}

extension Plot.Axis {
  /// The axis of a quantity, from the range of its values rounded outwards. Nil without values. It
  /// begins at 0 if that costs little space, or if all values are equal.
  ///
  /// - Parameters:
  ///   - inThousands: whether to show large values in thousands, millions or more.
  ///   - span: minimum difference between the ends of the axis.
  ///   - bounds: range of possible values, beyond which the axis is not extended.
  /// - Returns: the axis, and the divisor of the values.
  static func quantity(
    _ name: String, _ values: [Double], inThousands: Bool, span: Double = 0,
    within bounds: ClosedRange<Double> = -Double.infinity...Double.infinity, atMost count: Int
  ) -> (axis: Plot.Axis, unit: Double)? {
    guard var range = range(values) else { return nil }
    let (low, high) = (range.lowerBound, range.upperBound)
    if low > 0 && low < 0.6 * high || span == 0 && low > 0 && high - low < 1e-6 * high {
      range = 0...high
    } else if high - low < span {
      let middle = (low + high) / 2
      range = middle - span / 2...middle + span / 2
      if bounds.contains(low), bounds.contains(high) { range = range.shifted(into: bounds) }
    }
    let prefix = inThousands ? Prefix(for: high) : .none
    let scaled = (range.lowerBound / prefix.factor)...(range.upperBound / prefix.factor)
    let label = prefix.symbol.isEmpty ? name : "\(name) (\(prefix.symbol))"
    return (Plot.Axis(label: label, scale: Scale(covering: scaled, atMost: count)), prefix.factor)
  }
}

extension Plot.Axis {
  /// The axis of accuracies in percent: at least two points, so that insignificant differences do
  /// not look large.
  static func accuracy(_ values: [Double]) -> Plot.Axis? {
    quantity("Top-1 accuracy (%)", values, inThousands: false, span: 2, within: 0...100, atMost: 7)?.axis
  }
}

extension ClosedRange<Double> {
  /// A range of the same length within `bounds`, which are at least as long.
  fileprivate func shifted(into bounds: ClosedRange<Double>) -> ClosedRange<Double> {
    let shift =
      Swift.max(0, bounds.lowerBound - lowerBound) + Swift.min(0, bounds.upperBound - upperBound)
    return lowerBound + shift...upperBound + shift
  }
}

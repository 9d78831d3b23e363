/// Lines and points over two axes: what is drawn, apart from how.
struct Plot {
  var title: String
  /// A sentence for those who cannot see it.
  var summary: String
  var x: Axis
  var y: Axis
  var series: [Series]
  /// Places on the x axis that are marked from top to bottom, and what they are.
  var marks: [Double] = []
  var marksName = ""
  var hasLegend = true
  /// Whether pointing at an x shows the values of all series there, instead of a point's label.
  var showsColumns = false

  struct Axis {
    /// With its unit.
    var label: String
    var scale: Scale
  }

  struct Series {
    /// Empty for one that the legend leaves out.
    var name: String
    var style: SeriesStyle
    var points: [Point]
    /// Joined by a line, and then only some of the points get a marker.
    var isJoined = true
    /// Lowest and highest value at an x, drawn as a band.
    var band: [Band] = []
  }

  struct Point {
    var x: Double
    var y: Double
    /// How far error bars reach to both sides.
    var xError = 0.0
    var yError = 0.0
    /// What pointing at it shows.
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
  /// Of a quantity, from the range of its values rounded outwards. Nil where there are no values.
  /// Begins at 0 where that costs little of the room, or where all values are alike.
  ///
  /// - Parameters:
  ///   - inThousands: large ones in thousands, millions or more.
  ///   - span: difference of the axis' ends at least.
  ///   - bounds: what values can be at all, beyond which an axis is not widened to its span.
  /// - Returns: the axis, and by what values have to be divided.
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
  /// Of accuracies in percent: two points at least, so that differences that mean nothing do not
  /// look large.
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

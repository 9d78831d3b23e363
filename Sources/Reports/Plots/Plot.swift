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
  /// Of a quantity, from the range of its values rounded outwards. Nil where there are no values. Begins at 0 where that
  /// costs little of the room, or where all values are alike.
  ///
  /// - Parameter inThousands: large ones in thousands, millions or more.
  /// - Returns: the axis, and by what values have to be divided.
  static func quantity(_ name: String, _ values: [Double], inThousands: Bool, atMost count: Int) -> (
    axis: Plot.Axis, unit: Double
  )? {
    guard var range = range(values) else { return nil }
    let (low, high) = (range.lowerBound, range.upperBound)
    if low > 0 && (low < 0.6 * high || high - low < 1e-6 * high) { range = 0...high }
    let prefix = inThousands ? Prefix(for: high) : .none
    let scaled = (range.lowerBound / prefix.factor)...(range.upperBound / prefix.factor)
    let label = prefix.symbol.isEmpty ? name : "\(name) (\(prefix.symbol))"
    return (Plot.Axis(label: label, scale: Scale(covering: scaled, atMost: count)), prefix.factor)
  }
}

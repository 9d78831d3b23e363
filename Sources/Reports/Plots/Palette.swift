/// Colours and fonts of a drawing.
struct Palette: Equatable, Sendable {
  var ink: String
  /// Colour of tick labels.
  var faint: String
  var grid: String
  /// Nil for a transparent background.
  var background: String?
  var series: [String]
  var fonts: String

  /// The palette of the page, light or dark.
  static let page = Palette(
    ink: "var(--ink)", faint: "var(--faint)", grid: "var(--grid)", background: nil,
    series: seriesColors.indices.map { "var(--series-\($0))" }, fonts: "inherit")

  /// The palette of separate files, for papers.
  static let paper = Palette(
    ink: "#1a1a1a", faint: "#555555", grid: "#dddddd", background: "#ffffff",
    series: seriesColors.map(\.light),
    fonts: "Helvetica, Arial, sans-serif")

  /// Series colours. The first three are distinguishable with any kind of colour blindness, since
  /// they also differ in brightness; for the others, dashes and markers help. Contrast with the
  /// background is 3:1 or more.
  static let seriesColors: [(light: String, dark: String)] = [
    ("#0067a5", "#62b5f2"), ("#c84e00", "#ff9b52"), ("#00795c", "#45d3a8"), ("#a3327f", "#f391ce"),
    ("#7d6000", "#e3c44a"), ("#5a4fcf", "#aaa1ff"), ("#5f5f5f", "#c2c2c2"), ("#1f86b8", "#93d7ff"),
  ]
}

/// The style of a series: colour, dashes and marker.
struct SeriesStyle: Equatable, Sendable {
  /// Index of the colour in the palette.
  var color: Int
  /// The `stroke-dasharray`, nil for a solid line.
  var dashes: String?
  var marker: Marker?
  var width = 2.0

  /// The first 120 styles are all different, and neighbouring ones share neither colour, dashes nor
  /// marker.
  static func standard(_ index: Int) -> SeriesStyle {
    let dashes = [nil, "7 3", "2 3", "9 3 2 3", "4 2"]
    return SeriesStyle(
      color: index % Palette.seriesColors.count, dashes: dashes[index % dashes.count],
      marker: Marker.allCases[index % Marker.allCases.count])
  }

  static let baseline = SeriesStyle(color: 0, dashes: nil, marker: .circle)
  static let pruned = SeriesStyle(color: 1, dashes: "7 3", marker: .square)
}

/// The shape of a point.
enum Marker: CaseIterable, Sendable {
  case circle, square, triangle, diamond, ring, cross

  /// A path about seven units wide, at a position.
  func path(_ x: Double, _ y: Double) -> String {
    func line(_ points: [(Double, Double)]) -> String {
      points.enumerated().map { index, point in
        (index == 0 ? "M" : "L") + coordinate(x + point.0) + " " + coordinate(y + point.1)
      }.joined()
    }
    switch self {
    case .circle, .ring:
      return "M\(coordinate(x - 3.5)) \(coordinate(y))a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z"
    case .square: return line([(-3.2, -3.2), (3.2, -3.2), (3.2, 3.2), (-3.2, 3.2)]) + "Z"
    case .triangle: return line([(0, -4.2), (4, 3), (-4, 3)]) + "Z"
    case .diamond: return line([(0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0)]) + "Z"
    case .cross: return line([(-3.2, -3.2), (3.2, 3.2)]) + line([(-3.2, 3.2), (3.2, -3.2)])
    }
  }

  /// Drawn as a line instead of filled.
  var isOpen: Bool { self == .ring || self == .cross }
}

/// Common parts of all drawings: size, text, and the frame of an SVG.
struct Drawing {
  /// Wide enough for a paper's column, and small enough that text can be read on a phone that is
  /// 360 units wide.
  static let width = 480.0
  static let textSize = 12.0

  let palette: Palette

  enum Anchor: String { case start, middle, end }

  /// - Parameters:
  ///   - title: shown on top, and the drawing's name for screen readers.
  ///   - summary: a description in one sentence.
  func svg(title: String, summary: String, height: Double, @MarkupBuilder _ contents: () -> [Markup])
    -> Markup
  {
    let size = "\(coordinate(Self.width)) \(coordinate(height))"
    var attributes = [
      Markup.Attribute(name: "viewBox", value: "0 0 \(size)"), Markup.Attribute(name: "role", value: "img"),
      Markup.Attribute(name: "font-family", value: palette.fonts),
      Markup.Attribute(name: "font-size", value: coordinate(Self.textSize)),
    ]
    var children = [element("title") { title }, element("desc") { summary }]
    if let background = palette.background {
      attributes += [
        Markup.Attribute(name: "xmlns", value: "http://www.w3.org/2000/svg"),
        Markup.Attribute(name: "width", value: coordinate(Self.width)),
        Markup.Attribute(name: "height", value: coordinate(height)),
      ]
      children.append(element("rect", ["width": "100%", "height": "100%", "fill": background]))
    }
    children.append(
      text(
        shortened(title, to: Self.width - 8, size: 14), 4, 16, size: 14, color: palette.ink, weight: "bold"))
    return .element("svg", attributes: attributes, children: children + contents())
  }

  func text(
    _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .start, size: Double = textSize,
    color: String? = nil, weight: String = "normal"
  ) -> Markup {
    element(
      "text",
      [
        "x": coordinate(x), "y": coordinate(y), "text-anchor": anchor.rawValue, "font-size": coordinate(size),
        "font-weight": weight, "fill": color ?? palette.faint,
      ]
    ) { text }
  }

  /// Text rotated by 90 degrees, read from below.
  func upright(_ text: String, _ x: Double, _ y: Double) -> Markup {
    element(
      "text",
      [
        "transform": "translate(\(coordinate(x)) \(coordinate(y))) rotate(-90)", "text-anchor": "middle",
        "fill": palette.ink,
      ]
    ) { text }
  }

  func line(_ from: (Double, Double), _ to: (Double, Double), color: String, dashes: String? = nil) -> Markup
  {
    path(
      "M\(coordinate(from.0)) \(coordinate(from.1))L\(coordinate(to.0)) \(coordinate(to.1))", stroke: color,
      width: 1, dashes: dashes)
  }

  func path(_ path: String, stroke: String, width: Double, dashes: String? = nil) -> Markup {
    var attributes = [
      Markup.Attribute(name: "d", value: path), Markup.Attribute(name: "fill", value: "none"),
      Markup.Attribute(name: "stroke", value: stroke),
      Markup.Attribute(name: "stroke-width", value: coordinate(width)),
    ]
    if let dashes { attributes.append(Markup.Attribute(name: "stroke-dasharray", value: dashes)) }
    return .element("path", attributes: attributes, children: [])
  }

  /// - Parameter label: text shown on hover.
  func marker(_ style: SeriesStyle, _ x: Double, _ y: Double, label: String? = nil) -> [Markup] {
    guard let marker = style.marker else { return [] }
    let color = color(style)
    return [
      element(
        "path",
        [
          "d": marker.path(x, y), "fill": marker.isOpen ? "none" : color, "stroke": color,
          "stroke-width": "1.6",
        ]
      ) { if let label { element("title") { label } } }
    ]
  }

  /// An area that is invisible until the pointer is over it.
  ///
  /// - Parameter label: text shown on hover.
  func hover(x: Double, y: Double, width: Double, height: Double, label: String) -> Markup {
    element(
      "rect",
      [
        "class": "hover", "x": coordinate(x), "y": coordinate(y), "width": coordinate(max(width, 0)),
        "height": coordinate(max(height, 0)), "fill": palette.ink, "fill-opacity": "0",
      ]
    ) { element("title") { label } }
  }

  func color(_ style: SeriesStyle) -> String {
    palette.series[style.color % max(palette.series.count, 1)]
  }
}

/// Estimated width of text: the font is unknown, so the estimate is rather too large.
func textWidth(_ text: String, size: Double) -> Double {
  let ems = text.unicodeScalars.reduce(0.0) { sum, scalar in
    switch scalar {
    case "i", "j", "l", ".", ",", ":", ";", "'", "|", "!", " ", "\u{A0}": sum + 0.34
    case "t", "f", "r", "(", ")", "[", "]": sum + 0.42
    case "m", "w", "M", "W", "%", "@": sum + 0.95
    case "A"..."Z": sum + 0.72
    case _ where scalar.value < 0x2190: sum + 0.64
    default: sum + 1
    }
  }
  return ems * size
}

/// The text, shortened in the middle if it is too long.
func shortened(_ text: String, to width: Double, size: Double) -> String {
  guard textWidth(text, size: size) > width else { return text }
  var (head, tail) = (Array(text.prefix(200)), Array(text.suffix(200)))
  while head.count + tail.count > 2 {
    if head.count > tail.count { head.removeLast() } else { tail.removeFirst() }
    let candidate = String(head) + "…" + String(tail)
    if textWidth(candidate, size: size) <= width { return candidate }
  }
  return "…"
}

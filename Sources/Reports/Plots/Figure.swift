/// A drawing with a name and a note.
struct Figure {
  /// Name of its file, without `.svg`.
  var name: String
  var caption: String
  var drawing: any Drawable
}

/// Anything that can be drawn in the colours of the page or of a paper.
protocol Drawable {
  func svg(_ palette: Palette) -> Markup
}

extension Plot: Drawable {}
extension BarChart: Drawable {}

/// A drawing as a file.
public struct PlotFile: Equatable, Sendable {
  /// `accuracy.svg`
  public var name: String
  public var svg: String

  init(_ figure: Figure) {
    name = figure.name + ".svg"
    svg = figure.drawing.svg(.paper).serialized()
  }
}

extension Report {
  /// Every plot of the report's page as a separate file, in light colours, for papers.
  public func plotFiles() -> [PlotFile] { figures().map(PlotFile.init) }

  /// Figures in the order of the page.
  func figures() -> [Figure] {
    curveFigures() + sizeFigures() + layerFigures() + costFigures()
  }
}

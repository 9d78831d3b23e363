/// A drawing with a name and what has to be said about it.
struct Figure {
  /// Of its file, without `.svg`.
  var name: String
  var caption: String
  var drawing: any Drawable
}

/// What can be drawn in the page's colours or a paper's.
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
  /// Every plot of the report's page as a file of its own, in light colours, for papers.
  public func plotFiles() -> [PlotFile] { figures().map(PlotFile.init) }

  /// In the order in which the page shows them.
  func figures() -> [Figure] {
    curveFigures() + sizeFigures() + layerFigures() + costFigures()
  }
}

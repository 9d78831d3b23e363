import CKernels

/// How a copy of some images of a plane is laid out that a filter reads or writes: an image after
/// the other, each with all rows and columns of zeros that it is padded with, every pixel in the
/// phase that a stride deals it to.
///
/// Element (n, r, q) of phase (a, b) is pixel (step * (r - before) + a, step * (q - before) + b) of
/// image n.
struct FilterWindow {
  /// Zeros before the first row, and before every row's first column, of a phase.
  let before: Int
  /// Elements of a phase from one row to the next.
  let pitch: Int
  /// Elements from one phase to the next.
  let phase: Int
  /// Elements that a filter runs over for all outputs: those of a phase.
  let length: Int
  /// Parts that a batch is cut into, by the problem's size alone.
  let count: Int

  private let batch: Int
  private let perPart: Int
  private let layout: ck_filter_window

  /// Floats of a part, at most about: they stay in the second-level cache with what the filter
  /// makes of them.
  private static let cached = 16384
  /// Elements that loops write past a phase's last image, beside `before`.
  private static let slack = 2 * CK_VECTOR_FLOATS

  /// Of a convolution's input.
  init(reading problem: ConvolutionProblem) {
    let shifts = (0..<problem.kernel).map { FilterTap($0, problem).shift }
    self.init(
      problem.input, step: problem.stride, outputs: problem.output, before: -(shifts.min() ?? 0),
      after: shifts.max() ?? 0)
  }

  /// Of the gradient of a convolution's output, as the phases of the input's read it.
  init(readingGradientOf problem: ConvolutionProblem) {
    let shifts = (0..<problem.kernel).map { FilterTap($0, problem).shift }
    let phases = PlaneShape(
      channels: 1, images: problem.input.images,
      rows: problem.input.rows.dividedRoundingUp(by: problem.stride),
      columns: problem.input.columns.dividedRoundingUp(by: problem.stride))
    self.init(
      problem.output, step: 1, outputs: phases, before: shifts.max() ?? 0, after: -(shifts.min() ?? 0))
  }

  /// - Parameters:
  ///   - outputs: of the filter, which reads `before` rows and columns before each and `after`
  ///     behind it.
  private init(_ shape: PlaneShape, step: Int, outputs: PlaneShape, before: Int, after: Int) {
    let (before, after) = (max(0, before), max(0, after))
    let rows = outputs.rows + before + after
    let pitch = outputs.columns + before + after
    batch = shape.images
    perPart = max(1, min(batch, Self.cached / (step * step * rows * pitch)))
    count = batch.dividedRoundingUp(by: perPart)
    self.before = before
    self.pitch = pitch
    length = (perPart * rows * pitch).roundedUp(to: CK_VECTOR_FLOATS)
    phase = (length + (before + after) * (pitch + 1)).roundedUp(to: CK_VECTOR_FLOATS) + Self.slack
    layout = ck_filter_window(
      rows: Int64(shape.rows), columns: Int64(shape.columns), step: Int64(step), before: Int64(before),
      window_rows: Int64(rows), pitch: Int64(pitch), phase: phase)
  }

  /// What a filter over this window writes: element (n, r, q) lies as it does here, and is nowhere
  /// padded.
  private init(_ shape: PlaneShape, step: Int, like other: FilterWindow) {
    batch = other.batch
    perPart = other.perPart
    count = other.count
    before = 0
    pitch = other.pitch
    length = other.length
    phase = other.length + Self.slack
    layout = ck_filter_window(
      rows: Int64(shape.rows), columns: Int64(shape.columns), step: Int64(step), before: 0,
      window_rows: other.layout.window_rows, pitch: Int64(pitch), phase: phase)
  }

  func writing(_ shape: PlaneShape, step: Int = 1) -> FilterWindow {
    FilterWindow(shape, step: step, like: self)
  }

  /// Elements of all phases.
  var size: Int { Int(layout.step * layout.step) * phase }

  /// From an output to what a pair of taps reads for it.
  func offset(_ row: FilterTap, _ column: FilterTap) -> Int {
    (row.phase * Int(layout.step) + column.phase) * phase + (before + row.shift) * pitch + before
      + column.shift
  }

  /// Images of a part.
  func images(_ part: Int) -> Range<Int> { part * perPart..<min(batch, (part + 1) * perPart) }

  /// Copies images of a plane; elements after the last become zero.
  func cut(
    _ plane: UnsafePointer<Float>, _ images: Range<Int>, into copy: UnsafeMutablePointer<Float>,
    by loops: ck_kernels
  ) {
    var layout = layout
    loops.cut_window(&layout, plane, Int64(images.lowerBound), Int64(images.count), copy)
  }

  /// The inverse: overwrites the plane's pixels, or adds to them.
  func paste(
    _ copy: UnsafePointer<Float>, _ images: Range<Int>, accumulate: Bool,
    into plane: UnsafeMutablePointer<Float>, by loops: ck_kernels
  ) {
    var layout = layout
    loops.paste_window(&layout, copy, Int64(images.lowerBound), Int64(images.count), accumulate, plane)
  }
}

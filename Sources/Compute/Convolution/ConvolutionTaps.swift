import CKernels

/// How a 3x3 or 1x1 convolution reads its input: a list of shifted planes, each times one weight.
///
/// With stride 1 the shifts are those of the kernel. With stride 2 the input is first split into
/// phase planes, pixel (2 r + a, 2 c + b) going to pixel (r, c) of phase 2 a + b; every tap then
/// reads one phase plane with a shift of 0 or -1, and the loops are those of stride 1.
struct ConvolutionTaps {
  /// Planes per input channel.
  let phases: Int
  /// For each tap the distance from flat index p of the output to the element it reads.
  let offsets: [Int]

  /// - Parameters:
  ///   - geometry: of the output
  init(kernel: Int, stride: Int, geometry: PlaneGeometry) {
    phases = stride == 1 || kernel == 1 ? 1 : 4
    var offsets: [Int] = []
    for u in 0..<kernel {
      for v in 0..<kernel {
        let row = u - kernel / 2
        let column = v - kernel / 2
        if stride == 1 {
          offsets.append(row * geometry.pitch + column)
        } else {
          // Position 2 r - 1 is (r - 1) of the odd phase, 2 r + 1 is r of it.
          let phase = 2 * abs(row) + abs(column)
          offsets.append(phase * geometry.stride + min(row, 0) * geometry.pitch + min(column, 0))
        }
      }
    }
    self.offsets = offsets
  }

  /// The taps that contribute to one phase of a strided convolution's input gradient: their places
  /// in the kernel, and the distance from flat index p of the phase plane to the element of the
  /// output gradient they read.
  static func ofGradientPhase(
    _ phase: Int, kernel: Int, geometry: PlaneGeometry
  ) -> (index: [Int64], offsets: [Int]) {
    // Even positions 2 r are read by the middle tap of output r alone; odd positions 2 r + 1 by the
    // first tap of output r + 1 and the last tap of output r.
    func along(_ odd: Bool) -> [(tap: Int, shift: Int)] {
      odd ? [(0, 1), (2, 0)] : [(kernel / 2, 0)]
    }
    var index: [Int64] = []
    var offsets: [Int] = []
    for row in along(phase >= 2) {
      for column in along(phase % 2 == 1) {
        index.append(Int64(row.tap * kernel + column.tap))
        offsets.append(row.shift * geometry.pitch + column.shift)
      }
    }
    return (index, offsets)
  }
}

/// What a convolution's taps read or write: several planes for each channel, its phases, or one.
struct TapPlanes {
  let planes: Planes
  /// Planes per channel.
  let phases: Int

  init(_ planes: Planes, phases: Int = 1) {
    self.planes = planes
    self.phases = phases
  }

  var channels: Int { planes.shape.channels / phases }

  func channels(_ range: Range<Int>) -> TapPlanes {
    TapPlanes(planes.channels(range.lowerBound * phases..<range.upperBound * phases), phases: phases)
  }
}

extension Engine {
  /// Calls `body` with planes that a convolution's taps apply to, the input itself or its phase
  /// planes, and with the taps' offsets.
  ///
  /// - Parameters:
  ///   - phases: what ``splitPhases(_:into:)`` made of the input, if it did: all four, whether taps
  ///     read them or not.
  ///   - precision: of the phase planes; the input's, or ``Precision/float32``
  func withTapPlanes<Result>(
    _ input: Planes, phases: Planes? = nil, kernel: Int, stride: Int, output: Planes,
    precision: Precision = .float32, _ body: (TapPlanes, _ offsets: [Int]) -> Result
  ) -> Result {
    let taps = ConvolutionTaps(kernel: kernel, stride: stride, geometry: output.geometry)
    if stride > 1, let phases {
      requirePhases(phases, of: input)
      guard phases.precision != precision else { return body(TapPlanes(phases, phases: 4), taps.offsets) }
      return inSinglePrecision(phases) { body(TapPlanes($0, phases: 4), taps.offsets) }
    }
    return withPhasePlanes(
      input, phases: taps.phases, stride: stride, output: output.shape, precision: precision
    ) {
      body(TapPlanes($0, phases: taps.phases), taps.offsets)
    }
  }

  /// Calls `body` with the input itself, or with its phase planes if there is a stride.
  func withPhasePlanes<Result>(
    _ input: Planes, phases: Int, stride: Int, output: PlaneShape, precision: Precision = .float32,
    _ body: (Planes) -> Result
  ) -> Result {
    guard stride > 1 else { return body(input) }
    let split = Planes(
      uninitialized: output.with(channels: input.shape.channels * phases), precision: precision)
    self.split(input, phases: phases, into: split)
    return body(split)
  }

  /// Cuts planes into the four phases that convolutions with a stride of 2 read, for several of
  /// them to share.
  ///
  /// - Parameter phases: of the shape ``phaseShape(_:)`` and the input's precision.
  public func splitPhases(_ input: Planes, into phases: Planes) {
    requirePhases(phases, of: input)
    split(input, phases: 4, into: phases)
  }

  /// Of the four phases of planes: (2 r + a, 2 c + b) is (r, c) of phase 2 a + b.
  public func phaseShape(_ input: PlaneShape) -> PlaneShape {
    PlaneShape(
      channels: 4 * input.channels, images: input.images, rows: (input.rows + 1) / 2,
      columns: (input.columns + 1) / 2)
  }

  private func requirePhases(_ phases: Planes, of input: Planes) {
    precondition(
      phases.shape == phaseShape(input.shape) && phases.precision == input.precision,
      "\(phases.shape) in \(phases.precision) are not the phases of \(input.shape) in \(input.precision)")
  }

  private func split(_ input: Planes, phases: Int, into split: Planes) {
    let (rows, columns) = (Int64(input.shape.rows), Int64(input.shape.columns))
    forEachImageRange(channels: input.shape.channels, shape: input.shape) { channel, image, images in
      guard split.precision == .float32 else {
        return ck_split_stored_phases(
          input.bfloat16Plane(channel), rows, columns, Int64(image), Int64(images), Int64(phases),
          split.bfloat16Plane(channel * phases), split.geometry.stride)
      }
      reading(input, channel, input.geometry.elements(ofImages: image, images)) {
        ck_split_phases(
          $0, rows, columns, Int64(image), Int64(images), Int64(phases), split.plane(channel * phases),
          split.geometry.stride)
      }
    }
  }

  /// The inverse of cutting planes into phases: y = the joined planes, or that added to y.
  ///
  /// - Parameter split: in single precision if it is added; else in that of y, or single precision
  func joinPhases(_ split: Planes, phases: Int, accumulate: Bool, into y: Planes) {
    let (rows, columns) = (Int64(y.shape.rows), Int64(y.shape.columns))
    forEachImageRange(channels: y.shape.channels, shape: y.shape) { channel, image, images in
      guard split.precision == .float32 else {
        return ck_join_stored_phases(
          split.bfloat16Plane(channel * phases), split.geometry.stride, Int64(phases), rows, columns,
          Int64(image), Int64(images), y.bfloat16Plane(channel))
      }
      writing(y, channel, y.geometry.elements(ofImages: image, images), keepsValues: true) {
        ck_join_phases(
          split.plane(channel * phases), split.geometry.stride, Int64(phases), rows, columns, Int64(image),
          Int64(images), accumulate, $0)
      }
    }
  }

  /// Runs `body(channel, first, images)` on groups of images that together cover the planes.
  func forEachImageRange(channels: Int, shape: PlaneShape, _ body: (Int, Int, Int) -> Void) {
    let parts = ImageParts(shape)
    forEachUnit(channels * parts.count, elements: parts.elements) { unit in
      let images = parts[unit % parts.count]
      body(unit / parts.count, images.lowerBound, images.count)
    }
  }
}

/// How the images of a plane are cut into parts: by their size and number alone.
struct ImageParts {
  let count: Int
  /// Pixels of a part, at most.
  let elements: Int
  private let images: Int
  private let perPart: Int

  init(_ shape: PlaneShape) {
    images = shape.images
    let pixels = shape.rows * shape.columns
    perPart = max(1, min(images, PlaneChunks.size / max(1, pixels)))
    count = images.dividedRoundingUp(by: perPart)
    elements = perPart * pixels
  }

  subscript(part: Int) -> Range<Int> { part * perPart..<min(images, (part + 1) * perPart) }
}

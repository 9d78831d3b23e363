import TestSupport

@testable import Compute

/// Dense activations [channels, images, rows, columns] in double precision, and the operations on
/// them as their definitions say.
struct Dense {
  let shape: PlaneShape
  var values: [Double]

  init(_ shape: PlaneShape) {
    self.shape = shape
    values = [Double](repeating: 0, count: shape.channels * shape.pixelsPerChannel)
  }

  init(_ planes: Planes) {
    shape = planes.shape
    values = planes.dense().map(Double.init)
  }

  func index(_ c: Int, _ n: Int, _ r: Int, _ q: Int) -> Int {
    ((c * shape.images + n) * shape.rows + r) * shape.columns + q
  }

  /// Zero outside the image.
  subscript(c: Int, n: Int, r: Int, q: Int) -> Double {
    get {
      guard (0..<shape.rows).contains(r), (0..<shape.columns).contains(q) else { return 0 }
      return values[index(c, n, r, q)]
    }
    set { values[index(c, n, r, q)] = newValue }
  }

  func channel(_ c: Int) -> ArraySlice<Double> {
    values[c * shape.pixelsPerChannel..<(c + 1) * shape.pixelsPerChannel]
  }

  func dot(_ other: Dense) -> Double { zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 } }
}

enum Reference {
  static func outputShape(_ input: PlaneShape, _ weight: Tensor, stride: Int) -> PlaneShape {
    problem(input, weight, stride: stride).output
  }

  static func convolve(_ x: Dense, _ weight: Tensor, bias: [Float]?, stride: Int) -> Dense {
    convolve(problem(x.shape, weight, stride: stride), x, weight, bias: bias)
  }

  static func inputGradient(_ dy: Dense, _ weight: Tensor, stride: Int, input: PlaneShape) -> Dense {
    inputGradient(problem(input, weight, stride: stride), dy, weight)
  }

  static func weightGradient(_ x: Dense, _ dy: Dense, weight: Tensor, stride: Int) -> [Double] {
    weightGradient(problem(x.shape, weight, stride: stride), x, dy)
  }

  static func convolve(
    _ problem: ConvolutionProblem, _ x: Dense, _ weight: Tensor, bias: [Float]?
  ) -> Dense {
    var y = Dense(problem.output)
    for o in 0..<y.shape.channels {
      for p in y.channel(o).indices { y.values[p] = Double(bias?[o] ?? 0) }
    }
    forEachProduct(problem) { w, from, to in y.values[to] += Double(weight.values[w]) * x.values[from] }
    return y
  }

  static func inputGradient(_ problem: ConvolutionProblem, _ dy: Dense, _ weight: Tensor) -> Dense {
    var dx = Dense(problem.input)
    forEachProduct(problem) { w, from, to in dx.values[from] += Double(weight.values[w]) * dy.values[to] }
    return dx
  }

  static func weightGradient(_ problem: ConvolutionProblem, _ x: Dense, _ dy: Dense) -> [Double] {
    var gradient = [Double](repeating: 0, count: problem.weightShape.reduce(1, *))
    forEachProduct(problem) { w, from, to in gradient[w] += x.values[from] * dy.values[to] }
    return gradient
  }

  private static func problem(_ input: PlaneShape, _ weight: Tensor, stride: Int) -> ConvolutionProblem {
    ConvolutionProblem(
      input: input, outputs: weight.shape[0], kernel: weight.shape[2], stride: stride)
  }

  /// Every (weight, input pixel, output pixel) that a convolution multiplies.
  static func forEachProduct(_ problem: ConvolutionProblem, _ body: (Int, Int, Int) -> Void) {
    let (x, y, k) = (problem.input, problem.output, problem.kernel)
    let (inputs, outputs) = (x.channels / problem.groups, y.channels / problem.groups)
    for o in 0..<y.channels {
      for c in 0..<inputs {
        let channel = o / outputs * inputs + c
        for u in 0..<k {
          for v in 0..<k {
            let w = ((o * inputs + c) * k + u) * k + v
            for n in 0..<x.images {
              for r in 0..<y.rows {
                let row = r * problem.stride + u - problem.padding
                guard (0..<x.rows).contains(row) else { continue }
                for q in 0..<y.columns {
                  let column = q * problem.stride + v - problem.padding
                  guard (0..<x.columns).contains(column) else { continue }
                  body(
                    w, ((channel * x.images + n) * x.rows + row) * x.columns + column,
                    ((o * y.images + n) * y.rows + r) * y.columns + q)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension Planes {
  /// Planes of their own with the same values.
  func copy() -> Planes { Planes(shape, dense: dense(), precision: precision) }

  func value(channel: Int, image: Int, row: Int, column: Int) -> Float {
    element(channel, image * geometry.imageStride + row * geometry.pitch + column)
  }

  /// Whether everything that is not a pixel is zero, which every operation must keep.
  func checkBorders() -> Bool {
    for channel in 0..<shape.channels {
      for p in -geometry.lead..<geometry.stride - geometry.lead {
        let isPixel = p >= 0 && p < geometry.length && geometry.mask.lanes[p] != 0
        if !isPixel && element(channel, p) != 0 { return false }
      }
    }
    return true
  }

  private func element(_ channel: Int, _ index: Int) -> Float {
    switch precision {
    case .float32: plane(channel)[index]
    case .bfloat16: Float(bitPattern: UInt32(bfloat16Plane(channel)[index]) << 16)
    }
  }
}

/// Random inputs, the same in every run.
struct Samples {
  private var random: RandomStream

  init(_ index: Int = 0) { random = RandomStream(seed: 7, purpose: .test, index: index) }

  /// Uniform in [-1, 1).
  mutating func values(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * random.uniform() - 1 } }

  mutating func planes(_ shape: PlaneShape) -> Planes {
    Planes(shape, dense: values(shape.channels * shape.pixelsPerChannel))
  }

  mutating func tensor(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: values(shape.reduce(1, *))) }
}

/// The largest difference, relative to the largest expected value, or to one.
func difference(_ actual: [Float], _ expected: [Double]) -> Double {
  relativeError(actual, expected, floor: 1)
}

/// Finite values rounded to bfloat16, ties to even: the sum carries into the upper half.
func rounded(_ values: [Float]) -> [Float] {
  values.map { value in
    let bits = value.bitPattern
    return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
  }
}

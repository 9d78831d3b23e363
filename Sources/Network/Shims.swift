import Compute
extension Engine {
  func multiply(_ x: Planes, _ gate: Planes, into y: Planes) {}
  func multiplyGateGradient(_ dy: Planes, signal: Planes, into y: Planes) {}
  func concatenate(_ x: [Planes], into y: Planes) {}
  func slice(_ x: Planes, from first: Int, into y: Planes) {}
  func averagePool(_ x: Planes, window: Int, stride: Int, padding: Int, into y: Planes) {}
  func averagePoolGradient(_ dy: Planes, window: Int, stride: Int, padding: Int, into dx: Planes) {}
  func averagePoolRelevance(
    _ r: Planes, input: Planes, window: Int, stride: Int, padding: Int, into rx: Planes
  ) {}
}

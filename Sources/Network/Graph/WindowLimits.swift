/// What windows may have in experiment files and ONNX files; anything else is a mistake.
package enum WindowLimits {
  /// Rows and columns of a filter.
  package static let kernels = 1...63
  /// Rows and columns of a pooling window.
  package static let poolings = 1...64
  package static let strides = 1...64
  package static let paddings = 0...64
}

import CKernels

/// Depthwise convolutions of 3x3 with stride 2 and one pixel of padding: the planes' own borders
/// are what they pad with, so that they too read and write planes where they lie, a row at a time.
extension Engine {
  func stridedFilter(
    _ problem: ConvolutionProblem, _ input: Planes, _ weight: Tensor, bias: [Float]?, into output: Planes
  ) {
    let multiplier = problem.outputs / problem.groups
    withTaps(weight) { weights, taps in
      forEachImageRange(channels: problem.outputs, shape: problem.input) { channel, first, images in
        var job = ck_strided_filter(problem, weights + channel * taps, bias: bias?[channel] ?? 0)
        readingImages(input, channel / multiplier, first, images) { x in
          writing(output, channel, output.geometry.elements(ofImages: first, images), keepsValues: true) {
            loops.strided_filter(&job, x, Int64(first), Int64(images), $0)
          }
        }
      }
    }
  }

  func stridedFilterInputGradient(
    _ problem: ConvolutionProblem, _ outputGradient: Planes, _ weight: Tensor, accumulate: Bool,
    into inputGradient: Planes
  ) {
    let multiplier = problem.outputs / problem.groups
    withTaps(weight) { weights, taps in
      forEachImageRange(channels: problem.input.channels, shape: problem.input) { channel, first, images in
        let elements = inputGradient.geometry.elements(ofImages: first, images)
        writing(inputGradient, channel, elements, keepsValues: true) { dx in
          for output in channel * multiplier..<(channel + 1) * multiplier {
            var job = ck_strided_filter(problem, weights + output * taps)
            readingImages(outputGradient, output, first, images) {
              loops.strided_filter_input_gradient(
                &job, $0, Int64(first), Int64(images), accumulate || output > channel * multiplier, dx)
            }
          }
        }
      }
    }
  }

  func stridedFilterWeightGradient(
    _ problem: ConvolutionProblem, _ input: Planes, _ outputGradient: Planes, into gradient: inout Tensor
  ) {
    let multiplier = problem.outputs / problem.groups
    let parts = ImageParts(problem.input)
    sumParts(parts.count, elements: parts.elements, into: &gradient) { channel, part, sums in
      let images = parts[part]
      var job = ck_strided_filter(problem, nil)
      readingImages(input, channel / multiplier, images.lowerBound, images.count) { x in
        readingImages(outputGradient, channel, images.lowerBound, images.count) {
          loops.strided_filter_gradient(&job, x, $0, Int64(images.lowerBound), Int64(images.count), sums)
        }
      }
    }
  }

  /// Calls `body` with a channel's pixels of some images and their borders on all sides.
  private func readingImages(
    _ x: Planes, _ channel: Int, _ first: Int, _ images: Int, _ body: (UnsafePointer<Float>) -> Void
  ) {
    let elements = x.geometry.elements(ofImages: first, images)
    reading(x, channel, elements.widened(by: [-x.geometry.pitch - 1]), body)
  }
}

extension ConvolutionProblem {
  var isStridedFilter: Bool { kernel == 3 && stride == 2 && padding == 1 }
}

extension ck_strided_filter {
  fileprivate init(_ problem: ConvolutionProblem, _ weights: UnsafePointer<Float>?, bias: Float = 0) {
    self.init(
      rows: Int64(problem.input.rows), columns: Int64(problem.input.columns), weights: weights, bias: bias)
  }
}

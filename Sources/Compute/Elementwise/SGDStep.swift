import CKernels

extension Engine {
  /// One step of stochastic gradient descent with momentum, as PyTorch defines it.
  ///
  /// g += weightDecay * p; v = momentum * v + g; p -= learningRate * (nesterov ? g + momentum * v :
  /// v)
  ///
  /// - Precondition: all three have the same count.
  public func sgdStep(
    _ parameter: inout [Float], gradient: [Float], velocity: inout [Float], learningRate: Float,
    momentum: Float,
    weightDecay: Float, nesterov: Bool
  ) {
    let count = parameter.count
    precondition(
      gradient.count == count && velocity.count == count,
      "\(count) parameters, \(gradient.count) gradients and \(velocity.count) velocities do not fit")
    let options = ck_sgd(
      learning_rate: learningRate, momentum: momentum, weight_decay: weightDecay, nesterov: nesterov)
    let chunk = 1 << 16
    parameter.withUnsafeMutableBufferPointer { parameter in
      gradient.withUnsafeBufferPointer { gradient in
        velocity.withUnsafeMutableBufferPointer { velocity in
          guard let w = parameter.baseAddress, let g = gradient.baseAddress, let v = velocity.baseAddress
          else {
            return
          }
          parallel(count.dividedRoundingUp(by: chunk)) { index in
            let start = index * chunk
            loops.sgd(w + start, g + start, v + start, Int64(min(chunk, count - start)), options)
          }
        }
      }
    }
  }
}

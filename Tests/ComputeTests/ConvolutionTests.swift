import Testing

@testable import Compute

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let kernels: KernelClass
  let inputs: Int
  let outputs: Int
  let images: Int
  let rows: Int
  let columns: Int
  let kernel: Int
  let stride: Int

  var testDescription: String {
    "\(kernels) \(inputs)->\(outputs) \(images)x\(rows)x\(columns) k\(kernel) s\(stride)"
  }

  /// Minimal filtering's error grows with the terms of a sum; one of 129 channels' comes to
  /// 1.13e-5.
  var tolerance: Double {
    min(inputs, outputs) >= 96 && max(inputs, outputs) > 128 ? 2e-5 : 1e-5
  }

  var input: PlaneShape { PlaneShape(channels: inputs, images: images, rows: rows, columns: columns) }

  /// Every kernel and stride at every channel number and map size, the other dimensions drawn.
  static let all: [ConvolutionCase] = {
    var random = RandomStream(seed: 1, purpose: .test)
    let channels = [1, 2, 3, 5, 11, 17]
    let sizes = [1, 2, 7, 8, 33]
    var cases: [ConvolutionCase] = []
    for kernels in KernelClass.available {
      for kernel in [1, 3, 5, 7] {
        for stride in [1, 2] {
          for (index, outputs) in channels.enumerated() {
            cases.append(
              ConvolutionCase(
                kernels: kernels, inputs: channels[random.below(kernel > 3 ? 3 : 6)], outputs: outputs,
                images: [1, 3][random.below(2)], rows: sizes[random.below(5)],
                columns: sizes[(index + random.below(2)) % 5], kernel: kernel, stride: stride))
          }
        }
      }
      // Enough pixels for several chunks and groups.
      for stride in [1, 2] {
        cases.append(
          ConvolutionCase(
            kernels: kernels, inputs: 3, outputs: 9, images: 9, rows: 33, columns: 33, kernel: 3,
            stride: stride))
      }
      // Rows of the output that are whole vectors, or halves of them.
      for (images, size) in [(5, 32), (20, 16)] {
        cases.append(
          ConvolutionCase(
            kernels: kernels, inputs: 9, outputs: 10, images: images, rows: size, columns: size, kernel: 3,
            stride: 2))
      }
      // Small maps with many channels.
      for (rows, columns) in [(1, 1), (2, 2), (4, 3), (5, 3)] {
        cases.append(
          ConvolutionCase(
            kernels: kernels, inputs: 65, outputs: 131, images: 16, rows: rows, columns: columns, kernel: 3,
            stride: 1))
      }
      // Sums so long that they are added up a part of the inputs at a time.
      for (inputs, outputs, kernel, stride) in [(300, 69, 1, 1), (33, 70, 3, 2), (67, 6, 3, 1)] {
        cases.append(
          ConvolutionCase(
            kernels: kernels, inputs: inputs, outputs: outputs, images: 3, rows: 7, columns: 13,
            kernel: kernel, stride: stride))
      }
      // Tiles: every number of them side by side, several chunks and groups, products of matrices.
      for (inputs, outputs, images, rows, columns) in [
        (17, 33, 16, 4, 4), (30, 21, 2, 16, 8), (37, 29, 1, 16, 16), (25, 26, 2, 12, 32), (24, 31, 1, 8, 64),
        (17, 16, 8, 8, 12), (23, 19, 4, 8, 24), (33, 40, 9, 16, 16), (97, 100, 4, 8, 8), (97, 129, 4, 8, 8),
        (97, 257, 8, 4, 8),
        (258, 97, 8, 4, 8),
        (16, 18, 40, 8, 8), (80, 64, 35, 16, 16),
      ] {
        cases.append(
          ConvolutionCase(
            kernels: kernels, inputs: inputs, outputs: outputs, images: images, rows: rows, columns: columns,
            kernel: 3, stride: 1))
      }
    }
    return cases
  }()
}

@Suite("Convolution")
struct ConvolutionTests {
  @Test("agrees with its definition, forward and both gradients", arguments: ConvolutionCase.all)
  func agreesWithReference(_ test: ConvolutionCase) throws {
    let engine = try Engine(threads: 2, kernels: test.kernels)
    var samples = Samples()
    let x = samples.planes(test.input)
    let weight = samples.tensor([test.outputs, test.inputs, test.kernel, test.kernel])
    let bias = samples.values(test.outputs)
    let shape = Reference.outputShape(test.input, weight, stride: test.stride)

    let y = Planes(shape)
    engine.convolve(x, weight, bias: bias, stride: test.stride, into: y)
    let expected = Reference.convolve(Dense(x), weight, bias: bias, stride: test.stride)
    #expect(difference(y.dense(), expected.values) < test.tolerance)
    #expect(y.checkBorders())

    let dy = samples.planes(shape)
    let before = samples.planes(test.input)
    let dx = before.copy()
    let gradient = Reference.inputGradient(Dense(dy), weight, stride: test.stride, input: test.input)
    engine.convolutionInputGradient(dy, weight, stride: test.stride, accumulate: true, into: dx)
    #expect(difference(dx.dense(), zip(Dense(before).values, gradient.values).map(+)) < test.tolerance)
    engine.convolutionInputGradient(dy, weight, stride: test.stride, into: dx)
    #expect(difference(dx.dense(), gradient.values) < test.tolerance)
    #expect(dx.checkBorders())

    var dw = samples.tensor(weight.shape)
    engine.convolutionWeightGradient(x, dy, stride: test.stride, into: &dw)
    let sums = Reference.weightGradient(Dense(x), Dense(dy), weight: weight, stride: test.stride)
    #expect(difference(dw.values, sums) < test.tolerance)
  }

  @Test(
    "agrees with its definition on maps padded to whole tiles, and images to whole vectors of them",
    arguments: KernelClass.available, [(1, 14, 14), (11, 7, 7), (7, 14, 11)])
  func padded(_ kernels: KernelClass, _ size: (Int, Int, Int)) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    guard engine.loops.winograd_input != nil else { return }
    var samples = Samples(2)
    let shape = PlaneShape(channels: 9, images: size.0, rows: size.1, columns: size.2)
    let padded = try #require(PaddedTiles(shape))
    let x = samples.planes(shape)
    let weight = samples.tensor([10, 9, 3, 3])
    let bias = samples.values(10)
    let y = Planes(shape.with(channels: 10))
    engine.paddedConvolve(
      .init(x: x, weight: weight, bias: bias, adjoint: false, accumulate: false, y: y), padded: padded)
    let expected = Reference.convolve(Dense(x), weight, bias: bias, stride: 1)
    #expect(difference(y.dense(), expected.values) < 1e-5)
    #expect(y.checkBorders())

    let dy = samples.planes(y.shape)
    let before = samples.planes(shape)
    let dx = before.copy()
    engine.paddedConvolve(
      .init(x: dy, weight: weight, bias: nil, adjoint: true, accumulate: true, y: dx), padded: padded)
    let gradient = Reference.inputGradient(Dense(dy), weight, stride: 1, input: shape)
    #expect(difference(dx.dense(), zip(Dense(before).values, gradient.values).map(+)) < 1e-5)
    #expect(dx.checkBorders())

    var dw = samples.tensor(weight.shape)
    engine.paddedWeightGradient(x, dy, padded: padded, into: &dw)
    let sums = Reference.weightGradient(Dense(x), Dense(dy), weight: weight, stride: 1)
    #expect(difference(dw.values, sums) < 1e-5)
  }

  @Test("pads maps where that pays: for many channels and tiles, and little padding")
  func padding() throws {
    let engine = try Engine(threads: 1)
    func isPadded(_ channels: Int, _ images: Int, _ size: Int) -> Bool {
      let shape = PlaneShape(channels: channels, images: images, rows: size, columns: size)
      let problem = ConvolutionProblem(input: shape, outputs: channels, kernel: 3)
      return engine.algorithm(.forward, problem).name == "padded-winograd"
    }
    let canFilter = engine.loops.winograd_input != nil
    #expect(isPadded(256, 16, 14) == canFilter && isPadded(512, 32, 7) == canFilter)
    #expect(!isPadded(95, 16, 14) && !isPadded(256, 1, 14) && !isPadded(512, 64, 5))
    var samples = Samples(3)
    let x = samples.planes(PlaneShape(channels: 96, images: 24, rows: 7, columns: 7))
    let weight = samples.tensor([96, 96, 3, 3])
    let (filtered, direct) = (Planes(x.shape), Planes(x.shape))
    engine.convolve(x, weight, stride: 1, into: filtered)
    engine.convolve(x, weight, stride: 1, method: .direct, into: direct)
    #expect(difference(filtered.dense(), direct.dense().map(Double.init)) < 2e-5)
    #expect(!canFilter || filtered.dense() != direct.dense())
  }

  @Test(
    "gives an image the same values whatever others are filtered with it", arguments: KernelClass.available)
  func chunks(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples(4)
    // Between many channels, 272 tiles are several chunks.
    for channels in [(23, 21), (97, 129)] {
      let x = samples.planes(PlaneShape(channels: channels.0, images: 17, rows: 16, columns: 16))
      let weight = samples.tensor([channels.1, channels.0, 3, 3])
      let y = Planes(x.shape.with(channels: channels.1))
      engine.convolve(x, weight, stride: 1, into: y)
      for image in [0, 16] {
        let pixels = (0..<channels.0 * 256).map {
          x.value(channel: $0 / 256, image: image, row: $0 % 256 / 16, column: $0 % 16)
        }
        let one = Planes(PlaneShape(channels: channels.0, images: 1, rows: 16, columns: 16), dense: pixels)
        let alone = Planes(one.shape.with(channels: channels.1))
        engine.convolve(one, weight, stride: 1, into: alone)
        let among = (0..<channels.1 * 256).map {
          y.value(channel: $0 / 256, image: image, row: $0 % 256 / 16, column: $0 % 16)
        }
        #expect(alone.dense() == among)
      }
    }
  }

  @Test(
    "keeps small sums of positive terms beside large ones, done directly", arguments: KernelClass.available)
  func direct(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    let shape = PlaneShape(channels: 32, images: 4, rows: 8, columns: 8)
    // Left half of the maps large, right half tiny.
    let values = (0..<shape.channels * shape.pixelsPerChannel).map { $0 % 8 < 4 ? Float(1) : 1e-12 }
    let x = Planes(shape, dense: values)
    let weight = Tensor(shape: [32, 32, 3, 3], repeating: 1)
    let y = Planes(shape)
    engine.convolve(x, weight, stride: 1, method: .direct, into: y)
    let expected = Reference.convolve(Dense(x), weight, bias: nil, stride: 1)
    for (found, wanted) in zip(y.dense(), expected.values) {
      #expect(abs(Double(found) - Double(wanted)) <= 1e-5 * Double(wanted))
    }
  }

  @Test("both gradients at once are those of each alone, to the bit", arguments: KernelClass.available)
  func gradientsTogether(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples(2)
    for (inputs, outputs, images, rows, columns, stride) in [
      (17, 33, 32, 8, 8, 1), (16, 8, 40, 8, 8, 1), (9, 12, 6, 16, 32, 1), (8, 8, 70, 16, 16, 1),
      // Groups of several chunks, the last one short.
      (80, 64, 35, 16, 16, 1),
      // Not together.
      (17, 33, 16, 4, 4, 1), (97, 100, 4, 8, 8, 1), (5, 6, 3, 9, 7, 1), (10, 11, 2, 8, 8, 2),
    ] {
      let shape = PlaneShape(channels: inputs, images: images, rows: rows, columns: columns)
      let (x, weight) = (samples.planes(shape), samples.tensor([outputs, inputs, 3, 3]))
      let dy = samples.planes(Reference.outputShape(shape, weight, stride: stride))
      let share = engine.gradientsShareWork(
        ConvolutionProblem(input: shape, outputs: outputs, kernel: 3, stride: stride))
      let canShare = kernels != .portable && min(inputs, outputs) >= 8 && min(inputs, outputs) < 96
      #expect(share == (canShare && stride == 1 && images > 5 && columns > 4), "\(inputs) to \(outputs)")
      for accumulate in [false, true] {
        let (alone, together) = (Planes(shape), Planes(shape))
        for planes in [alone, together] { engine.add(x, into: planes) }
        var gradients = [Tensor(shape: weight.shape), Tensor(shape: weight.shape)]
        engine.convolutionWeightGradient(x, dy, stride: stride, into: &gradients[0])
        engine.convolutionInputGradient(dy, weight, stride: stride, accumulate: accumulate, into: alone)
        engine.convolutionGradients(
          x, dy, weight, stride: stride, accumulate: accumulate, into: &gradients[1], inputGradient: together)
        func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
        let areSame =
          bits(gradients[0].values) == bits(gradients[1].values)
          && bits(alone.dense()) == bits(together.dense())
        #expect(areSame, "\(inputs) to \(outputs), \(shape), stride \(stride), accumulate \(accumulate)")
        #expect(together.checkBorders())
      }
    }
  }

  @Test(
    "with a stride it is the same from phases that others share", arguments: KernelClass.available, [1, 3])
  func sharedPhases(_ kernels: KernelClass, _ kernel: Int) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples(2)
    let x = samples.planes(PlaneShape(channels: 5, images: 3, rows: 9, columns: 12))
    let weight = samples.tensor([7, 5, kernel, kernel])
    let phases = Planes(engine.phaseShape(x.shape))
    engine.splitPhases(x, into: phases)
    #expect(phases.checkBorders())
    let shape = Reference.outputShape(x.shape, weight, stride: 2)
    let dy = samples.planes(shape)
    let (alone, shared) = (Planes(shape), Planes(shape))
    engine.convolve(x, weight, stride: 2, into: alone)
    engine.convolve(x, weight, stride: 2, phases: phases, into: shared)
    #expect(alone.dense() == shared.dense())
    var (gradient, same) = (weight, weight)
    engine.convolutionWeightGradient(x, dy, stride: 2, into: &gradient)
    engine.convolutionWeightGradient(x, dy, stride: 2, phases: phases, into: &same)
    #expect(gradient == same)
  }

  @Test("its input gradient is its adjoint", arguments: KernelClass.available, [1, 2])
  func adjoint(_ kernels: KernelClass, _ stride: Int) throws {
    let engine = try Engine(threads: 1, kernels: kernels)
    var samples = Samples(1)
    let x = samples.planes(PlaneShape(channels: 6, images: 2, rows: 9, columns: 12))
    let weight = samples.tensor([7, 6, 3, 3])
    let shape = Reference.outputShape(x.shape, weight, stride: stride)
    let y = samples.planes(shape)
    let convolved = Planes(shape)
    engine.convolve(x, weight, stride: stride, into: convolved)
    let gradient = Planes(x.shape)
    engine.convolutionInputGradient(y, weight, stride: stride, into: gradient)
    let left = Dense(convolved).dot(Dense(y))
    let right = Dense(x).dot(Dense(gradient))
    #expect(abs(left - right) < 1e-4 * max(1, abs(left)))
  }
}

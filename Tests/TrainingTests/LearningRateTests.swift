import Specification
import Testing

@testable import Training

@Suite("Learning rate")
struct LearningRateTests {
  @Test("constant stays")
  func constant() {
    let rate = LearningRate(train(.constant))
    #expect(rate(epoch: 0) == 0.1)
    #expect(rate(epoch: 9, progress: 0.9) == 0.1)
  }

  @Test("step falls by gamma at each milestone")
  func step() {
    let rate = LearningRate(train(.step(milestones: [3, 6], gamma: 0.1)))
    let expected = [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001]
    for (epoch, value) in expected.enumerated() {
      #expect(abs(rate(epoch: epoch, progress: 0.99) - value) < 1e-12)
    }
  }

  @Test("what follows a pruning in one shot has a rate of its own")
  func fineTuning() {
    let rate = LearningRate(train(.cosine(minimum: 0)), fineTune: .init(epochs: 3, learningRate: 0.02))
    #expect(rate(epoch: 9) == LearningRate(train(.cosine(minimum: 0)))(epoch: 9))
    #expect(rate(epoch: 10) == 0.02)
    #expect(rate(epoch: 12, progress: 0.9) == 0.02)
  }

  @Test("cosine goes from the base to the minimum")
  func cosine() {
    let rate = LearningRate(train(.cosine(minimum: 0.02)))
    #expect(rate(epoch: 0) == 0.1)
    #expect(abs(rate(epoch: 5) - 0.06) < 1e-12)
    #expect(abs(rate(epoch: 9, progress: 0.9999999) - 0.02) < 1e-9)
  }

  @Test("one cycle rises to the base and falls far below the start")
  func oneCycle() {
    let rate = LearningRate(train(.oneCycle(rise: 0.3, initialDivisor: 25, finalDivisor: 10000)))
    #expect(abs(rate(epoch: 0) - 0.1 / 25) < 1e-12)
    #expect(abs(rate(epoch: 3) - 0.1) < 1e-12)
    #expect(rate(epoch: 9, progress: 0.9999999) < 1e-5)
  }

  @Test("warm-up is a line from nearly zero to the schedule")
  func warmup() {
    let rate = LearningRate(train(.constant, warmup: 2))
    #expect(rate(epoch: 0) > 0)
    #expect(rate(epoch: 0) < 0.001)
    #expect(abs(rate(epoch: 1) - 0.05) < 1e-4)
    #expect(rate(epoch: 2) == 0.1)
  }

  private func train(_ kind: ScheduleSpec.Kind, warmup: Int = 0) -> TrainSpec {
    TrainSpec(
      epochs: 10, batchSize: 8,
      optimizer: OptimizerSpec(name: "sgd", learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0),
      schedule: ScheduleSpec(kind: kind, warmupEpochs: warmup), labelSmoothing: 0)
  }
}

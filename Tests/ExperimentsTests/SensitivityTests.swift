import Compute
import Datasets
import Foundation
import Network
import Reports
import Specification
import Testing
import Training

@testable import Experiments

@Suite("Sensitivity of layers")
struct SensitivityTests {
  private static let ratios = [0.25, 0.5, 0.9]

  private func analysis(
    _ spec: ExperimentSpec, in folder: String, ratios: [Double] = ratios, threads: Int = 1,
    interruption: Interruption = Interruption()
  ) throws -> SensitivityAnalysis {
    SensitivityAnalysis(
      spec, weights: nil, ratios: ratios, results: folder,
      engine: try Engine(threads: threads), progress: .silent, interruption: interruption)
  }

  @Test("each point is the accuracy of the model without the layer's lowest channels")
  func points() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune.criterion=l1_norm"])
    try run(spec, in: folder.path)
    let report = try analysis(spec, in: folder.path).run()
    let model = "\(folder.path)/digits/seed-0/baseline/model.safetensors"
    let network = { try spec.network(weights: model, engine: Engine(threads: 1)) }
    #expect(report.layers.map(\.name) == (try network()).channelGroups.map(\.name))
    let test = try DatasetRegistry.load(spec.dataset).test
    let accuracy = { (network: Network) in
      try Evaluation(
        of: network, on: test, normalize: spec.dataset.normalize, batchSize: spec.train.batchSize,
        precision: .float32
      ).top1
    }
    #expect(try report.top1 == accuracy(network()))
    for layer in report.layers {
      let filters = try #require(network().filters[layer.name])
      let size = filters.count / filters.shape[0]
      let norms = (0..<filters.shape[0]).map { filter in
        filters.values[filter * size..<(filter + 1) * size].reduce(0.0) { $0 + Double(abs($1)) }
      }
      let order = norms.indices.sorted { norms[$0] < norms[$1] }
      #expect(layer.points.map(\.ratio) == Self.ratios)
      for point in layer.points {
        let smaller = try network()
        #expect(point.removed == min(Int((point.ratio * Double(order.count)).rounded()), order.count - 1))
        smaller.remove(channels: [layer.name: Set(order.prefix(point.removed))])
        #expect(try point.top1 == accuracy(smaller), "\(layer.name) \(point.ratio)")
        #expect(point.macs == smaller.cost().macs)
      }
    }
  }

  @Test("gives the same files for any number of threads")
  func threads() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    let files = try [1, 3].map { threads in
      _ = try analysis(spec, in: folder.path, threads: threads).run()
      let contents = try ["json", "csv", "svg"].map {
        try bytes("\(folder.path)/digits/sensitivity/sensitivity.\($0)")
      }
      try FileManager.default.removeItem(atPath: "\(folder.path)/digits/sensitivity")
      return contents
    }
    #expect(files[0] == files[1])
  }

  @Test("resumes after the layers that are measured, unless something else is asked for")
  func resumes() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    let path = "\(folder.path)/digits/sensitivity/sensitivity.json"
    let whole = try analysis(spec, in: folder.path).run()
    var part = whole
    part.layers.removeLast(2)
    // A value that no measurement gives shows what is kept.
    part.layers[0].points[0].top1 = -1
    try Data(part.checksummed.json().utf8).write(to: URL(fileURLWithPath: path))
    let resumed = try analysis(spec, in: folder.path).run()
    #expect(resumed.layers[0].points[0].top1 == -1)
    // It is in single precision, whatever the training's is.
    let half = try analysis(digits(["train.precision=bfloat16"]), in: folder.path).run()
    #expect(half.layers[0].points[0].top1 == -1)
    #expect(resumed.layers.dropFirst() == whole.layers.dropFirst())
    // Without its own checksum nothing is trusted.
    for damaged in [part.json(), part.checksummed.json().replacing("-1", with: "-2")] {
      try Data(damaged.utf8).write(to: URL(fileURLWithPath: path))
      #expect(try analysis(spec, in: folder.path).run() == whole)
    }
    let others = try analysis(spec, in: folder.path, ratios: [0.25, 0.5]).run()
    #expect(others.layers.map { $0.points } == whole.layers.map { Array($0.points.prefix(2)) })
  }

  @Test("leaves no folder where there is no model")
  func missingModel() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: RunError.self) { try analysis(digits(), in: folder.path).run() }
    #expect(error?.description.contains("`espalier run FILE` trains it") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("stops when asked to")
  func interrupted() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    try run(spec, in: folder.path)
    let interruption = Interruption()
    interruption.request()
    #expect {
      try analysis(spec, in: folder.path, interruption: interruption).run()
    } throws: { ($0 as? RunError)?.isInterruption ?? false }
  }
}

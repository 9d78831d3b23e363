import Compute
import Foundation
import Specification
import Testing

@testable import Experiments

@Suite("Keys of stages")
struct StageKeyTests {
  @Test("are SHA-256, as FIPS 180-4's examples have it")
  func hash() {
    #expect(sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  /// Keys of the trainings of the digits experiment, baseline and pruned.
  private func keys(_ overrides: [String] = []) throws -> [StageKey] {
    var preparation = ExperimentPreparation(kernels: .portable)
    return try preparation.prepare(digits(overrides)).stages.map(\.key)
  }

  @Test(
    "stay when nothing changes that a training can see",
    arguments: [
      "name=other", "description=words", "evaluate.latency={batch_sizes: [1]}",
      "evaluate.metrics=[top1, top5]",
      "expect={accuracy_drop: {at_most: 9}}", "expect=null", "export.formats=[safetensors]",
      "dataset.normalize=null",
    ])
  func unchanged(_ override: String) throws {
    #expect(try keys() == keys([override]))
  }

  @Test("are those from before there were shards where a batch is whole")
  func wholeBatches() throws {
    #expect(try keys() == keys(["train.shards=1"]))
    #expect(try !yaml(digits()).contains("shards"))
  }

  @Test(
    "change with everything that can change a training",
    arguments: [
      "dataset.augment.horizontal_flip=true", "dataset.augment.random_crop.padding=1",
      "dataset.train_limit=299",
      "dataset.normalize={mean: [0.5]}", "architecture.width=0.5", "architecture.depth=14", "train.epochs=4",
      "train.batch_size=31", "train.optimizer.learning_rate=0.2", "train.schedule.name=constant",
      "train.label_smoothing=0.1", "train.shards=2", "evaluate.every=2",
    ])
  func changed(_ override: String) throws {
    let (before, after) = try (keys(), keys([override]))
    #expect(before.count == 2 && after.count == 2)
    #expect(Set(before).isDisjoint(with: after))
  }

  @Test(
    "of the baseline stay when only the pruning changes",
    arguments: ["prune.ratio=0.3", "prune.criterion=l1_norm", "prune.interval=2", "prune.relevance.alpha=1"])
  func pruning(_ override: String) throws {
    let (before, after) = try (keys(), keys([override]))
    #expect(before[0] == after[0])
    #expect(before[1] != after[1])
  }

  @Test("depend on the number of images to score on only where a criterion reads images")
  func samples() throws {
    for (criterion, isRead) in [("l1_norm", false), ("random", false), ("taylor", true)] {
      let criterion = "prune.criterion=\(criterion)"
      #expect(try (keys([criterion]) == keys([criterion, "prune.samples=50"])) == !isRead, "\(criterion)")
    }
  }

  @Test("that stand in for missing data differ between the networks of two ONNX files")
  func standIns() throws {
    let keys = try ["a.onnx", "b.onnx"].map { file in
      var spec = try digits()
      spec.architecture.onnx = file
      return Set(ExperimentPreparation.standIns(spec, kernels: .portable).map(\.key))
    }
    #expect(keys[0].count == 2 && keys[0].isDisjoint(with: keys[1]))
  }

  @Test("depend on the version of the ONNX import where the network is imported, and only there")
  func imports() throws {
    var spec = try digits()
    #expect(StageKey.versionLines(spec.architecture) == "code: \(StageKey.codeVersion)\n")
    spec.architecture.onnx = "a.onnx"
    let lines = "\ncode: \(StageKey.codeVersion)\nimport: \(StageKey.importVersion)\nkernels: "
    for stage in ExperimentPreparation.standIns(spec, kernels: .portable) {
      #expect(stage.key.text.contains(lines))
    }
  }

  @Test("differ between seeds, variants, kernels and data")
  func distinct() throws {
    let seeds = try keys(["seeds=[0, 1, 2]"])
    #expect(seeds.count == 6 && Set(seeds).count == 6)
    #expect(try Array(seeds[..<2]) == keys())
    let spec = try digits()
    func key(_ kernels: String, _ digest: String, weights: String? = nil) -> StageKey {
      .train(
        spec, variant: .pruned, seed: 0, kernels: kernels, decoder: "1",
        load: .load(spec.dataset, digest: digest), weights: weights)
    }
    #expect(
      Set([key("avx2", "1"), key("avx512", "1"), key("avx2", "2"), key("avx2", "1", weights: "1")]).count == 4
    )
  }

  @Test("depend on what the last bits of results do: kernels and libraries")
  func fingerprint() throws {
    let fingerprint = KernelClass.portable.fingerprint(in: .float32)
    #expect(fingerprint.contains("libm "))
    for key in try keys() { #expect(key.text.contains("kernels: \(fingerprint)\n")) }
  }

  @Test("depend on the decoder of pictures where there are pictures, and only there")
  func decoders() throws {
    func key(_ spec: ExperimentSpec, _ decoder: String) -> StageKey {
      .train(
        spec, variant: .baseline, seed: 0, kernels: "avx2", decoder: decoder,
        load: .load(spec.dataset, digest: "1"), weights: nil)
    }
    var spec = try digits()
    #expect(key(spec, "1") == key(spec, "2"))
    #expect(!key(spec, "1").text.contains("decoder"))
    spec.dataset.pictures = PictureSpec()
    #expect(key(spec, "1") != key(spec, "2"))
  }
}

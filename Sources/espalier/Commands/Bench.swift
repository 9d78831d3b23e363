import ArgumentParser
import Benchmarks
import Compute
import Datasets
import Foundation
import Specification

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures images per second of training, inference or scoring, or of decoding pictures.",
    discussion:
      "A case is an architecture, such as resnet56, resnet56:inner=0.5 (half of the inner channels), vgg16:0.6 or "
      + "mobilenet_v2@224 (images of 224x224 pixels). For --profile it can be one convolution: "
      + "convolution:inputs=144,outputs=24,kernel=1,stride=1,groups=1@32 (maps of 32x32)."
  )

  @Argument(help: "What to measure. Default: \(BenchmarkCase.standardNames.joined(separator: " ")).")
  var cases: [String] = []

  @Option(help: "train, infer or score (channels by feature relevance). Default: train and infer.")
  var mode: Throughput.Mode?

  @Option(
    help: "float32 or bfloat16, of activations and their gradients. Scoring is measured in float32 only.")
  var precision: Precision = .float32

  @Option(parsing: .unconditional, help: "Batch size.")
  var batch = 128

  @Option(parsing: .unconditional, help: "Minimum number of seconds to measure each case.")
  var seconds = 6.0

  @Option(help: "text, or json with one object per line.")
  var format: OutputFormat = .text

  @Flag(help: "Shows the time of a training step by layer and kind of work.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "Measures the decoding of a folder's JPEG and PNG pictures instead.", valueName: "folder"),
    completion: .directory, transform: path)
  var decode: String?

  @Option(parsing: .unconditional, help: "With --decode: rows and columns of the images. Default: 224.")
  var size: Int?

  @OptionGroup var compute: EngineOptions

  func validate() throws {
    guard (1...65536).contains(batch) else { throw ValidationError("--batch must be from 1 to 65536") }
    guard (0...86_400).contains(seconds) else { throw ValidationError("--seconds must be from 0 to 86400") }
    guard (1...4096).contains(size ?? 224) else { throw ValidationError("--size must be from 1 to 4096") }
    guard size == nil || decode != nil else {
      throw ValidationError("--size needs --decode; a case says its size itself, as in mobilenet_v2@224")
    }
    guard decode == nil || (cases.isEmpty && mode == nil && precision == .float32 && !profile) else {
      throw ValidationError("--decode cannot be combined with cases, --mode, --precision or --profile")
    }
    guard mode != .score || precision == .float32 else {
      throw ValidationError("--mode score supports --precision float32 only: scores are computed in float32")
    }
    guard !profile || mode == nil || mode == .train else {
      throw ValidationError("--profile supports training only")
    }
  }

  func run() throws {
    let engine = try compute.engine()
    if let decode { return try showDecoding(of: decode, threads: engine.threads) }
    do {
      let measured = try (cases.isEmpty ? BenchmarkCase.standardNames : cases).map { try BenchmarkCase($0) }
      // Before any output.
      for benchmark in measured { try benchmark.check(isProfiled: profile) }
      if profile { return try showProfiles(of: measured, engine) }
      if format == .text {
        print(row(["case", "mode", "precision"], "images/s", "peak MiB"))
      }
      for benchmark in measured {
        for mode in mode.map({ [$0] }) ?? [.train, .infer] {
          let result = try Throughput(
            of: benchmark, mode: mode, precision: precision, batch: batch, seconds: seconds, engine: engine)
          print(format == .json ? try json(result) : text(result))
          // Readers of a pipe get each result at once.
          fflush(nil)
        }
      }
    } catch let error as BenchmarkCaseError {
      throw ended(by: error, .usage)
    }
  }

  private func showProfiles(of cases: [BenchmarkCase], _ engine: Engine) throws {
    for benchmark in cases {
      let profile = try NetworkProfile(
        of: benchmark, precision: precision, batch: batch, seconds: seconds, engine: engine)
      print(format == .json ? try json(profile) : profile.text())
    }
  }

  private func showDecoding(of folder: String, threads: Int) throws {
    if format == .text { print(row(["pictures", "mode"], "images/s", "threads")) }
    do {
      for mode in DecodingThroughput.Mode.allCases {
        for threads in Set([1, threads]).sorted() {
          let result = try DecodingThroughput(
            of: folder, mode: mode, size: size ?? 224, batch: batch, seconds: seconds, threads: threads)
          let speed = String(format: "%.1f", result.imagesPerSecond)
          let names = [visible(folder), mode.rawValue]
          print(format == .json ? try json(result) : row(names, speed, "\(threads)"))
          fflush(nil)
        }
      }
    } catch let error as DatasetError {
      throw ended(by: error, .usage)
    }
  }

  private func json(_ result: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }

  private func text(_ result: Throughput) -> String {
    row(
      [result.name, result.mode.rawValue, result.precision], String(format: "%.1f", result.imagesPerSecond),
      "\(result.peakMemory)")
  }

  private func row(_ names: [String], _ speed: String, _ last: String) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return zip(names, [22, 9, 10]).map(left).joined() + right(speed, 9) + right(last, 10)
  }
}

extension Throughput.Mode: ExpressibleByArgument {}

extension Precision: ExpressibleByArgument {}

import CKernels
import Foundation

/// What this program runs on.
public struct Machine: Sendable {
  /// The processor's name in `/proc/cpuinfo`, "unknown" where there is none.
  public let processor: String
  /// Instruction sets that matter here and that the processor has.
  public let features: [String]
  /// Processors that the system offers to this process.
  public let logicalCores: Int
  /// Main memory, in bytes.
  public let memory: UInt64
  /// File of the BLAS library; nil if none could be loaded.
  public let blasLibrary: String?
  /// What OpenBLAS calls the kernels that it runs.
  public let blasCore: String?

  public static func current() -> Machine {
    let blas = try? BLAS.loaded()
    var features: [String] = []
    if ck_has_avx2() != 0 { features += ["avx2", "fma"] }
    if ck_has_avx512() != 0 { features += ["avx512f", "avx512dq", "avx512bw", "avx512vl"] }
    if ck_has_avx512_bf16() != 0 { features.append("avx512_bf16") }
    if ck_neon() != nil { features.append("neon") }
    if ck_neon_bf16() != nil { features.append("bf16") }
    return Machine(
      processor: processorName(), features: features,
      logicalCores: ProcessInfo.processInfo.activeProcessorCount,
      memory: ProcessInfo.processInfo.physicalMemory, blasLibrary: blas?.path, blasCore: blas?.coreName)
  }

  private static func processorName() -> String {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return "unknown" }
    for line in text.split(separator: "\n") where line.hasPrefix("model name") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return "unknown"
  }

  /// Billions of floating-point operations a second of a loop of multiply-adds on all of the
  /// engine's threads, best of the runs in a quarter of a second.
  public static func measuredPeak(engine: Engine) -> Double { peak(engine, engine.loops.peak) }

  /// The same of products of bfloat16 values; nil for kernels without instructions for them.
  public static func measuredPairPeak(engine: Engine) -> Double? {
    engine.kernels.multipliesPairs ? peak(engine, engine.loops.pair_peak) : nil
  }

  private static func peak(
    _ engine: Engine, _ loop: @convention(c) (Int64, UnsafeMutablePointer<Float>?) -> Double
  ) -> Double {
    let rounds: Int64 = 200_000
    var best = 0.0
    let clock = ContinuousClock()
    // Long enough for threads that were only just started.
    let end = clock.now + .milliseconds(250)
    while clock.now < end {
      var operations = [Double](repeating: 0, count: engine.threads)
      let time = operations.withUnsafeMutableBufferPointer { operations in
        nonisolated(unsafe) let operations = operations
        return clock.measure {
          engine.parallel(operations.count) { thread in
            var sink: Float = 0
            operations[thread] = loop(rounds, &sink)
          }
        }
      }
      let seconds = max(time / .seconds(1), 1e-9)
      best = max(best, operations.reduce(0, +) / seconds / 1e9)
    }
    return best
  }

  /// Billions of bytes a second that a loop over planes larger than the caches reads and writes on
  /// all of the engine's threads, best of several runs.
  public static func measuredBandwidth(engine: Engine) -> Double {
    let shape = PlaneShape(channels: 64, images: 256, rows: 32, columns: 32)
    let (x, y) = (Planes(shape), Planes(shape))
    let bytes = 3 * shape.channels * x.geometry.length * MemoryLayout<Float>.stride
    let clock = ContinuousClock()
    let best = (0..<6).map { _ in clock.measure { engine.add(x, into: y) } }.min() ?? .zero
    return Double(bytes) / max(best / .seconds(1), 1e-9) / 1e9
  }
}

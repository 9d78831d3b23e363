import Compute
import Foundation
import Network
import TestSupport
import Testing

@testable import Benchmarks

@Suite("The profile of a network")
struct NetworkProfileTests {
  /// A profile with the given numbers in place of measured ones.
  private func profile() throws -> NetworkProfile {
    var profile = try NetworkProfile(
      of: BenchmarkCase("convolution:inputs=6,groups=6,stride=2@8"), precision: .float32, batch: 2,
      seconds: 0, engine: Engine(threads: 1))
    (profile.name, profile.precision, profile.batch) = ("small", "bfloat16", 4)
    (profile.threads, profile.kernels) = (2, "avx2")
    (profile.measuredPeak, profile.measuredBandwidth) = (100, 20)
    profile.measuredPairPeak = 250
    profile.step = 10
    profile.rows = [
      NetworkProfile.Row(
        layer: "conv1", work: "forward", algorithm: "winograd", milliseconds: 2.5, megaMACs: 100,
        megabytes: 5, gigaflops: 80, shareOfPeak: 0.8),
      NetworkProfile.Row(
        layer: "everything else", work: "", milliseconds: 7.5, megaMACs: 0, megabytes: 0, gigaflops: 0,
        shareOfPeak: 0),
    ]
    return profile
  }

  @Test("is a table of layers, their sums by kind of work, and the rest")
  func text() throws {
    var profile = try profile()
    let summary =
      "small, bfloat16: 10.0 ms a step of 4 images (400.0 images/s) on 2 threads, avx2; measured peak 100 GFLOPS"
    let lines = profile.text().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(
      lines == [
        summary + " (bfloat16: 250), 20 GB/s", "",
        "layer            work     algorithm    ms   share  MMACs  GFLOPS  of peak  GB/s",
        "conv1            forward  winograd   2.50  25.0 %  100.0      80     80 %     2",
        "all layers       forward             2.50  25.0 %  100.0      80     80 %     2",
        "everything else                      7.50  75.0 %                              ",
      ])
    profile.measuredPairPeak = nil
    #expect(profile.text().hasPrefix(summary + ", 20 GB/s\n"))
  }

  @Test("is JSON with the keys and kinds of work that scripts/roofline.py reads")
  func json() throws {
    let data = try JSONEncoder().encode(try profile())
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "case", "precision", "batch", "threads", "kernels", "peak_gflops", "bfloat16_peak_gflops",
        "bandwidth_gb_per_s", "step_ms", "layers",
      ])
    let rows = try #require(object["layers"] as? [[String: Any]])
    #expect(rows.count == 2)
    let keys: Set = ["layer", "work", "algorithm", "ms", "mmacs", "mbytes", "gflops", "share_of_peak"]
    #expect(Set(rows[0].keys) == keys)
    #expect(Set(rows[1].keys) == keys.subtracting(["algorithm"]))
    #expect(rows[0]["ms"] as? Double == 2.5 && rows[0]["share_of_peak"] as? Double == 0.8)

    let script = try Repository.text("scripts/roofline.py")
    let read = Set(script.matches(of: /profile\["(\w+)"\]/).map { String($0.1) })
    #expect(read.isSuperset(of: ["peak_gflops", "layers"]) && read.isSubset(of: object.keys), "\(read)")
    let readOfRows = Set(script.matches(of: /row\["(\w+)"\]/).map { String($0.1) })
    #expect(
      readOfRows.isSuperset(of: ["mmacs", "work"]) && readOfRows.isSubset(of: rows[0].keys), "\(readOfRows)")
    let works = Set(script.matches(of: /\("([\w ]+)", "#/).map { String($0.1) })
    #expect(works.isSuperset(of: ["forward"]), "\(works)")
    #expect(works.isSubset(of: LayerProfile.Work.allCases.map(\.rawValue)), "\(works)")
  }
}

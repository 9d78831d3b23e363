import Foundation
import TestSupport
import Testing

@testable import Compute

extension TemporaryFolder {
  /// Writes a zone as Linux's powercap has it.
  fileprivate func set(
    _ zone: String, name: String, microjoules: UInt64, range: UInt64 = 1_000_000
  ) throws {
    for (file, text) in [
      ("name", name), ("energy_uj", "\(microjoules)"), ("max_energy_range_uj", "\(range)"),
    ] {
      try write((text + "\n").utf8, to: "\(zone)/\(file)")
    }
  }
}

@Suite("Energy of the processor")
struct EnergyMeterTests {
  @Test(
    "is that of packages and memory, not of a package's parts, the whole board, or the same package twice")
  func zones() throws {
    let zones = try TemporaryFolder()
    func set(_ microjoules: UInt64) throws {
      try zones.set("intel-rapl:0", name: "package-0", microjoules: microjoules)
      try zones.set("intel-rapl:1", name: "package-1", microjoules: microjoules)
      try zones.set("intel-rapl:0:0", name: "core", microjoules: microjoules)
      try zones.set("intel-rapl:0:1", name: "dram", microjoules: microjoules)
      try zones.set("intel-rapl:2", name: "psys", microjoules: microjoules)
      try zones.set("intel-rapl-mmio:0", name: "package-0", microjoules: microjoules)
    }
    try set(100)
    var meter = try #require(EnergyMeter(root: zones.path))
    try set(500_100)
    #expect(meter.joules() == 1.5)
    #expect(meter.joules() == 1.5)
  }

  @Test("goes on where a counter begins again at 0")
  func wrapAround() throws {
    let zones = try TemporaryFolder()
    try zones.set("intel-rapl:0", name: "package-0", microjoules: 900_000)
    var meter = try #require(EnergyMeter(root: zones.path))
    for (counter, total) in [(UInt64(100_000), 0.2), (600_000, 0.7), (50_000, 1.15)] {
      try zones.set("intel-rapl:0", name: "package-0", microjoules: counter)
      #expect(abs(meter.joules() - total) < 1e-9)
    }
  }

  @Test("a counter that lies about its range, or vanishes, adds nothing")
  func damaged() throws {
    let zones = try TemporaryFolder()
    try zones.set("intel-rapl:0", name: "package-0", microjoules: 2_000_000)
    var meter = try #require(EnergyMeter(root: zones.path))
    try zones.set("intel-rapl:0", name: "package-0", microjoules: 5)
    #expect(meter.joules() == 0)
    try FileManager.default.removeItem(atPath: zones.path + "/intel-rapl:0")
    #expect(meter.joules() == 0)
  }

  @Test("is not known without counters, or where one cannot be read")
  func absent() throws {
    let zones = try TemporaryFolder()
    #expect(EnergyMeter(root: zones.path) == nil)
    #expect(EnergyMeter(root: zones.path + "/nowhere") == nil)
    try zones.set("intel-rapl:0", name: "package-0", microjoules: 1)
    try zones.set("intel-rapl:1", name: "package-1", microjoules: 1)
    #expect(EnergyMeter(root: zones.path) != nil)
    try "text".write(toFile: zones.path + "/intel-rapl:1/energy_uj", atomically: true, encoding: .utf8)
    #expect(EnergyMeter(root: zones.path) == nil)
  }
}

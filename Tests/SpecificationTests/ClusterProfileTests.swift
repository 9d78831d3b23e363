import Foundation
import TestSupport
import Testing

@testable import Specification

@Suite("Cluster profiles")
struct ClusterProfileTests {
  private func load(_ text: String) throws -> ClusterProfile {
    let folder = try TemporaryFolder(texts: ["cluster.yaml": text])
    return try ClusterProfileFile.load(folder.path + "/cluster.yaml")
  }

  @Test("every key is read")
  func full() throws {
    let profile = try load(
      """
      threads: 8
      memory: 16G
      time: 1-12:30:00
      limit: 20
      setup: [module load openblas, "ulimit -c 0"]
      slurm: {partition: cpu, account: lab, signal: USR2@300, sbatch: [--qos=long]}
      kubernetes: {image: "registry:5000/espalier:1", namespace: lab, claim: data}
      """)
    #expect(profile.threads == 8 && profile.memory?.mebibytes == 16_384 && profile.limit == 20)
    #expect(profile.time?.minutes == 36 * 60 + 30)
    #expect(profile.setup == ["module load openblas", "ulimit -c 0"])
    #expect(profile.slurm.partition == "cpu" && profile.slurm.account == "lab")
    #expect(profile.slurm.signal == EarlySignal(name: "USR2", seconds: 300))
    #expect(profile.slurm.options == ["--qos=long"])
    #expect(profile.kubernetes.image == "registry:5000/espalier:1")
    #expect(profile.kubernetes.namespace == "lab" && profile.kubernetes.claim == "data")
    #expect(try load("limit: null\n") == ClusterProfile())
  }

  @Test(
    "errors name the source location, the key and what was expected",
    arguments: [
      ("partition: cpu\n", ":1:1: partition: unknown key; did you mean `slurm.partition`?"),
      ("slurm: {acount: lab}\n", ":1:9: slurm.acount: unknown key; did you mean `account`?"),
      ("threads: 300\n", ":1:10: threads: expected a whole number from 1 to 256, found `300`"),
      ("memory: 16\n", ":1:9: memory: expected a size such as `800M` or `16G`, found `16`"),
      (
        "time: soon\n",
        ":1:7: time: expected a time such as `90` (minutes), `2:30:00` or `1-12:00:00`, found `soon`"
      ),
      (
        "slurm: {signal: KILL@9}\n",
        ":1:17: slurm.signal: expected TERM, USR1 or USR2 and seconds, such as `USR1@120`, found `KILL@9`"
      ),
      (
        "setup: module load x\n",
        ":1:8: setup: expected a list of values, found `module load x`; write `[module load x]`"
      ),
      (
        "setup: {a: 1}\n",
        ":1:8: setup: expected a list of values, found a mapping"
      ),
      (
        "setup: cp a, b\n",
        ":1:8: setup: expected a list of values, found `cp a, b`; write `[\"cp a, b\"]`"
      ),
      ("threads: [1, 2]\n", ":1:10: threads: expected a whole number from 1 to 256, found a list"),
    ])
  func errors(_ text: String, _ message: String) throws {
    let error = #expect(throws: SpecificationError.self) { try load(text) }
    #expect(error?.diagnostics.count == 1)
    #expect(error?.diagnostics.first?.description.hasSuffix(message) ?? false, "\(error?.diagnostics ?? [])")
  }

  @Test(
    "times are those that Slurm reads",
    arguments: [
      ("90", 90), ("90:30", 91), ("2:30:00", 150), ("0:0:1", 1), ("1-0", 1440), ("1-12", 36 * 60),
      ("1-12:30", 36 * 60 + 30), ("0-00:00:01", 1),
    ])
  func times(_ text: String, _ minutes: Int) throws {
    let limit = try #require(TimeLimit(text))
    #expect(limit.minutes == minutes)
    #expect(TimeLimit(limit.description) == limit)
  }

  @Test("anchors may be in keys of their own")
  func anchors() throws {
    let profile = try load("x-cpu: &cpu {partition: cpu}\nslurm: {<<: *cpu, account: lab}\n")
    #expect(profile.slurm.partition == "cpu" && profile.slurm.account == "lab")
  }

  @Test(
    "other texts are no time",
    arguments: ["", "0", "-5", "1:2:3:4", "1-", "a", "1-2-3", "99999999999999999999"])
  func noTimes(_ text: String) {
    #expect(TimeLimit(text) == nil)
  }

  @Test("sizes have a unit, and do not overflow")
  func sizes() {
    #expect(MemorySize("1T")?.mebibytes == 1_048_576)
    for text in ["", "M", "0M", "-1G", "1.5G", "16g", "9223372036854775807T"] {
      #expect(MemorySize(text) == nil, "\(text)")
    }
  }
}

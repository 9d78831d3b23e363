import CMPI
import Foundation

/// The processes that mpirun has started to train one network together, or a single process.
///
/// All processes must make all calls in the same order; the calls wait for each other.
public struct ProcessGroup: Sendable {
  /// The rank, from 0; process 0 writes the results.
  public let rank: Int
  public let count: Int
  /// How many of them this machine has; nil if the launcher does not say.
  public let here: Int?
  /// The name that the MPI library reports; nil for a single process.
  public let library: String?

  public static let alone = ProcessGroup(rank: 0, count: 1, here: 1, library: nil)

  init(rank: Int, count: Int, here: Int?, library: String?) {
    (self.rank, self.count, self.here, self.library) = (rank, count, here, library)
  }

  /// Why there is no group.
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Joins the group that a ``Launcher`` started, if one did. `ESPALIER_MPI` sets the path of an
  /// MPI library.
  ///
  /// - Throws: if processes were started together but there is no MPI library, or one that does not
  ///   support the launcher.
  public static func joined(_ environment: [String: String]) throws(Failure) -> ProcessGroup {
    guard let launcher = Launcher(environment) else { return alone }
    var world = cmpi_world()
    var message = [CChar](repeating: 0, count: 1024)
    let path = libraryPath(environment)
    let code = message.withUnsafeMutableBufferPointer {
      cmpi_start(&world, path, launcher.library == .openMPI ? 1 : 0, $0.baseAddress, $0.count)
    }
    guard code == 0 else {
      let processes = launcher.processes.map(String.init) ?? "several"
      throw Failure(
        description: "mpirun started \(processes) processes, but \(text(message)); "
          + "expected Open MPI or MPICH (on Debian, openmpi-bin or mpich), or ESPALIER_MPI=path of libmpi")
    }
    let library = withUnsafeBytes(of: world.library) { text(Array($0.bindMemory(to: CChar.self))) }
    let group = ProcessGroup(
      rank: Int(world.rank), count: Int(world.ranks), here: Launcher.processesOnMachine(environment),
      library: library)
    if let processes = launcher.processes, processes != group.count {
      group.leave()
      throw Failure(
        description: "mpirun started \(processes) processes, but \(library) knows of \(group.count); "
          + "expected the MPI library that mpirun belongs to, or ESPALIER_MPI=path of its libmpi")
    }
    return group
  }

  /// The path of the MPI library that the environment names; nil if it names none.
  static func libraryPath(_ environment: [String: String]) -> String? {
    environment["ESPALIER_MPI"].flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Leaves the group when all processes do.
  public func leave() {
    if library != nil { cmpi_finish() }
  }

  /// Ends all processes of the group at once.
  public func abort(status: Int32) {
    if count > 1 { cmpi_abort(status) }
  }

  /// The contiguous part of `total` items for a rank; parts are as equal as possible.
  public func part(of total: Int, rank: Int) -> Range<Int> {
    total * rank / count..<total * (rank + 1) / count
  }

  /// This process's part.
  public func part(of total: Int) -> Range<Int> { part(of: total, rank: rank) }

  // MARK: Messages

  /// Values of all processes, in the order of their ranks.
  ///
  /// - Parameters:
  ///   - values: the values of this process.
  ///   - counts: the number of values of each process.
  public func gathered(_ values: [Double], counts: [Int]) -> [Double] {
    guard count > 1 else { return values }
    var all = [Double](repeating: 0, count: counts.reduce(0, +))
    let counts = counts.map(Int32.init)
    cmpi_gather_doubles(values, Int32(values.count), &all, counts, Self.offsets(counts))
    return all
  }

  /// Whether the condition is true in any process.
  public func any(_ condition: Bool) -> Bool {
    gathered([condition ? 1 : 0], counts: Array(repeating: 1, count: count)).contains(1)
  }

  /// The bytes of process 0, in all processes.
  public func broadcast(_ bytes: [UInt8]) -> [UInt8] {
    guard count > 1 else { return bytes }
    var length = Int64(bytes.count)
    cmpi_broadcast(&length, Int32(MemoryLayout<Int64>.size))
    var all = rank == 0 ? bytes : [UInt8](repeating: 0, count: Int(length))
    all.withUnsafeMutableBytes { buffer in
      for start in stride(from: 0, to: buffer.count, by: Self.largestMessage) {
        let count = min(Self.largestMessage, buffer.count - start)
        cmpi_broadcast(buffer.baseAddress.map { $0 + start }, Int32(count))
      }
    }
    return all
  }

  /// MPI counts are 32-bit numbers.
  private static let largestMessage = 1 << 30

  /// The sum over the leaves of all processes, each of which has a part of them. It is bitwise the
  /// same for any number of processes.
  ///
  /// Each process sums one part of the vector and sends it to the others, as a ring all-reduce does
  /// in several steps. If each process has a whole subtree, it sends and receives the vector twice,
  /// whatever the number of processes.
  ///
  /// - Parameters:
  ///   - sum: the sum of this process's leaves.
  ///   - leaves: the number of leaves of all processes.
  ///   - length: the length of the vectors.
  public func total(_ sum: consuming TreeSum, leaves: Int, length: Int) -> [Float] {
    guard count > 1 else { return sum.total() }
    let nodes = (0..<count).map { TreeSum.nodes(of: part(of: leaves, rank: $0)) }
    let segments = (0..<count).map { part(of: length, rank: $0) }
    let own = segments[rank]
    let parts = sum.parts.map(\.values)
    let sending = segments.flatMap { segment in parts.flatMap { $0[segment] } }
    let sendCounts = segments.map { Int32($0.count * parts.count) }
    let receiveCounts = nodes.map { Int32(own.count * $0.count) }
    var received = [Float](repeating: 0, count: receiveCounts.reduce(0) { $0 + Int($1) })
    cmpi_exchange(
      sending, sendCounts, Self.offsets(sendCounts), &received, receiveCounts, Self.offsets(receiveCounts))
    var all = TreeSum()
    for (index, node) in nodes.joined().enumerated() {
      all.add(Array(received[index * own.count..<(index + 1) * own.count]), node)
    }
    let segment = all.total()
    var total = [Float](repeating: 0, count: length)
    let counts = segments.map { Int32($0.count) }
    cmpi_gather_floats(segment, Int32(segment.count), &total, counts, Self.offsets(counts))
    return total
  }

  private static func offsets(_ counts: [Int32]) -> [Int32] {
    counts.reduce(into: (offsets: [], next: Int32(0))) { state, count in
      state.offsets.append(state.next)
      state.next += count
    }.offsets
  }
}

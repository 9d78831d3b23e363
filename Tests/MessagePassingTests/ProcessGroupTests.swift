import Testing

@testable import MessagePassing

/// What needs no MPI library; `make test-mpi` tries the messages with several processes.
@Suite("Groups of processes")
struct ProcessGroupTests {
  @Test("have of a process alone what it would send")
  func alone() throws {
    let group = try ProcessGroup.joined([:])
    #expect((group.rank, group.count) == (0, 1))
    #expect(group.library == nil)
    #expect(group.gathered([1, 2.5], counts: [2]) == [1, 2.5])
    #expect(group.broadcast([7, 0, 255]) == [7, 0, 255])
    #expect(group.any(true) && !group.any(false))
    var sum = TreeSum()
    for leaf in 0..<3 { sum.add([Float(leaf), 1], leaf: leaf) }
    #expect(group.total(sum, leaves: 3, length: 2) == [3, 3])
    // Neither waits for others nor ends anything.
    group.leave()
    group.abort(status: 1)
  }

  @Test("share items out in neighbouring parts that differ by one item at most", arguments: 1...9)
  func parts(_ count: Int) {
    for total in [0, 1, count - 1, count, count + 1, 1000] {
      let parts = (0..<count).map { rank in
        ProcessGroup(rank: rank, count: count, here: nil, library: nil).part(of: total)
      }
      #expect(parts.first?.lowerBound == 0 && parts.last?.upperBound == total)
      #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      let sizes = parts.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }
  }

  @Test("load the library that the environment names, which an empty text does not")
  func libraryPath() {
    #expect(ProcessGroup.libraryPath(["ESPALIER_MPI": "/opt/libmpi.so"]) == "/opt/libmpi.so")
    #expect(ProcessGroup.libraryPath(["ESPALIER_MPI": ""]) == nil)
    #expect(ProcessGroup.libraryPath([:]) == nil)
  }

  @Test("are refused where a launcher has started several and no library is to be had")
  func noLibrary() {
    let environment = ["OMPI_COMM_WORLD_SIZE": "2", "ESPALIER_MPI": "/nowhere/libmpi.so"]
    let failure = #expect(throws: ProcessGroup.Failure.self) { try ProcessGroup.joined(environment) }
    let message = failure?.description ?? ""
    #expect(message.hasPrefix("mpirun started 2 processes, but no MPI library is found"), "\(message)")
    #expect(message.hasSuffix("or ESPALIER_MPI=path of libmpi"), "\(message)")
  }
}

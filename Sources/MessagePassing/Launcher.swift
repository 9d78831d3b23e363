/// The launcher that started this process together with others, detected by its environment
/// variables.
public struct Launcher: Equatable, Sendable {
  public enum Library: Equatable, Sendable { case openMPI, mpich }

  /// The family of MPI library that the launcher is for.
  public let library: Library
  /// Nil if the launcher does not say.
  public let processes: Int?

  /// Open MPI's mpirun (`OMPI_COMM_WORLD_SIZE`), a launcher that speaks PMI, such as MPICH's and
  /// Slurm's `srun --mpi=pmi2` (`PMI_SIZE`), or one that speaks only PMIx, such as
  /// `srun --mpi=pmix` (`PMIX_RANK`; `SLURM_STEP_NUM_TASKS`), which Open MPI understands.
  ///
  /// Nil for a process that was started alone.
  public init?(_ environment: [String: String]) {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    if let size = number("OMPI_COMM_WORLD_SIZE") {
      (library, processes) = (.openMPI, size)
    } else if let size = number("PMI_SIZE") {
      (library, processes) = (.mpich, size)
    } else if environment["PMIX_RANK"] != nil {
      (library, processes) = (.openMPI, number("SLURM_STEP_NUM_TASKS"))
    } else {
      return nil
    }
    if let processes, processes < 2 { return nil }
  }

  /// Number of processes that the launcher has started on this machine; nil if it does not say.
  public static func processesOnMachine(_ environment: [String: String]) -> Int? {
    let text = environment["OMPI_COMM_WORLD_LOCAL_SIZE"] ?? environment["MPI_LOCALNRANKS"]
    return text.flatMap { Int($0) }.map { max(1, $0) }
  }
}

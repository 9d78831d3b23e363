import MessagePassing
import Testing

@Suite("Launchers of several processes")
struct LauncherTests {
  private func launcher(_ environment: [String: String]) -> String? {
    Launcher(environment).map { "\($0.library) \($0.processes.map(String.init) ?? "?")" }
  }

  @Test("are known by the variables that they set; a process alone has none")
  func variables() {
    #expect(launcher([:]) == nil)
    #expect(launcher(["OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "0"]) == "openMPI 4")
    #expect(launcher(["PMI_SIZE": "3"]) == "mpich 3")
    #expect(launcher(["PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "8"]) == "openMPI 8")
    #expect(launcher(["PMIX_RANK": "1"]) == "openMPI ?")
    for alone in [["OMPI_COMM_WORLD_SIZE": "1"], ["PMI_SIZE": "1"], ["PMI_SIZE": "x"], ["SLURM_NTASKS": "8"]]
    {
      #expect(launcher(alone) == nil)
    }
  }

  @Test("say how many processes share the machine")
  func machine() {
    #expect(Launcher.processesOnMachine([:]) == nil)
    #expect(Launcher.processesOnMachine(["OMPI_COMM_WORLD_LOCAL_SIZE": "2"]) == 2)
    #expect(Launcher.processesOnMachine(["MPI_LOCALNRANKS": "3"]) == 3)
  }
}

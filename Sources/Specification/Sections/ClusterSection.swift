/// The keys of `cluster.yaml`, and how they become a ``ClusterProfile``.
struct ClusterSection: Sendable {
  /// At most as many as an engine has.
  let threads = Field("threads", .wholeNumber(1...256), "Threads of each task.")
  let memory = Field("memory", .memory, "Memory of each task.")
  let time = Field("time", .timeLimit, "Time limit of each task.")
  let limit = Field(
    "limit", .wholeNumber(1...1_000_000), "Largest number of tasks that run at the same time.")
  let setup = Field("setup", .list(of: .line), "Shell commands to run before the program.")
  let slurm = SlurmSection()
  let kubernetes = KubernetesSection()

  var keys: [Key] {
    [
      threads.key, memory.key, time.key, limit.key, setup.key,
      .mapping("slurm", slurm.keys, "Settings for Slurm only."),
      .mapping("kubernetes", kubernetes.keys, "Settings for Kubernetes only."),
    ]
  }

  func read(_ mapping: MappingReader) -> ClusterProfile? {
    let threads = mapping.optional(threads)
    let memory = mapping.optional(memory)
    let time = mapping.optional(time)
    let limit = mapping.optional(limit)
    let setup = mapping.optional(setup)
    let slurm = mapping.mapping("slurm", self.slurm.keys).flatMap(self.slurm.read)
    let kubernetes = mapping.mapping("kubernetes", self.kubernetes.keys).flatMap(self.kubernetes.read)
    guard let threads, let memory, let time, let limit, let setup, let slurm, let kubernetes else {
      return nil
    }
    var profile = ClusterProfile()
    (profile.threads, profile.memory, profile.time, profile.limit) = (threads, memory, time, limit)
    (profile.setup, profile.slurm, profile.kubernetes) = (setup ?? [], slurm, kubernetes)
    return profile
  }
}

/// `slurm`.
struct SlurmSection: Sendable {
  let partition = Field("partition", .line, "Partition to run in.")
  let account = Field("account", .line, "Account that is charged.")
  let signal = Field("signal", .earlySignal, "Signal before the time limit, and the seconds before it.")
  let options = Field("sbatch", .list(of: .line), "Further options of sbatch.")

  var keys: [Key] { [partition.key, account.key, signal.key, options.key] }

  func read(_ mapping: MappingReader) -> ClusterProfile.Slurm? {
    let partition = mapping.optional(partition)
    let account = mapping.optional(account)
    let signal = mapping.optional(signal)
    let options = mapping.optional(options)
    guard let partition, let account, let signal, let options else { return nil }
    var slurm = ClusterProfile.Slurm()
    (slurm.partition, slurm.account, slurm.signal, slurm.options) = (
      partition, account, signal, options ?? []
    )
    return slurm
  }
}

/// `kubernetes`.
struct KubernetesSection: Sendable {
  let image = Field("image", .line, "Image that holds the program.")
  let namespace = Field("namespace", .line, "Namespace of the job.")
  let claim = Field("claim", .line, "Volume claim of the working folder, with data and results.")

  var keys: [Key] { [image.key, namespace.key, claim.key] }

  func read(_ mapping: MappingReader) -> ClusterProfile.Kubernetes? {
    let image = mapping.optional(image)
    let namespace = mapping.optional(namespace)
    let claim = mapping.optional(claim)
    guard let image, let namespace, let claim else { return nil }
    var kubernetes = ClusterProfile.Kubernetes()
    (kubernetes.image, kubernetes.namespace, kubernetes.claim) = (image, namespace, claim)
    return kubernetes
  }
}

extension ValueForm where Value == MemorySize {
  static var memory: ValueForm {
    .scalar(
      MemorySize.expectation, schema: [("type", .string("string"))],
      write: { .string($0.description) }, interpret: { MemorySize($0.text) })
  }
}

extension ValueForm where Value == TimeLimit {
  static var timeLimit: ValueForm {
    .scalar(
      TimeLimit.expectation, schema: [("type", .string("string"))],
      write: { .string($0.description) }, interpret: { TimeLimit($0.text) })
  }
}

extension ValueForm where Value == EarlySignal {
  static var earlySignal: ValueForm {
    .scalar(
      EarlySignal.expectation, schema: [("type", .string("string"))],
      write: { .string($0.description) }, interpret: { EarlySignal($0.text) })
  }
}

extension ValueForm where Value == String {
  /// A text of one line, not empty.
  static var line: ValueForm {
    .scalar(
      "a text of one line", schema: [("type", .string("string"))], write: { .string($0) },
      interpret: { scalar in
        scalar.text.isEmpty || scalar.text.contains(where: \.isNewline) ? nil : scalar.text
      })
  }
}

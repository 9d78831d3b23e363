import Specification
import TensorFiles

/// A suite as Kubernetes jobs: an Indexed Job that trains, and a Job to apply after it that writes
/// the reports.
///
/// Fields are those of batch/v1 Job; `backoffLimitPerIndex` and the action `FailIndex` are stable
/// since Kubernetes 1.33 (KEP-3850). A ConfigMap holds the resolved experiments; data and results
/// are on a volume.
public struct KubernetesJob: Sendable {
  public var command: SuiteCommand
  public var specs: [ExperimentSpec]
  /// Of each pod.
  public var memory: MemorySize
  public var setup: [String]
  public var kubernetes: ClusterProfile.Kubernetes
  public var shards: Int
  /// Pods at a time; nil for all.
  public var limit: Int?

  public static let image = "espalier"
  public static let claim = "espalier"
  /// Mount path of the volume in a pod; relative paths of experiments are relative to it.
  public static let workingFolder = "/work"
  private static let experimentFolder = "/experiments"
  /// Largest size of the resolved experiments; the API server rejects larger ConfigMaps.
  public static let largestConfiguration = 1 << 20
  /// Retries of an index, for example after a lost node.
  private static let retries = 4
  /// Seconds between the signal and the end of a pod.
  private static let graceSeconds = 120

  public init(
    command: SuiteCommand, specs: [ExperimentSpec], memory: MemorySize, setup: [String],
    kubernetes: ClusterProfile.Kubernetes, shards: Int, limit: Int?
  ) {
    self.command = command
    self.specs = specs
    self.memory = memory
    (self.setup, self.kubernetes, self.shards, self.limit) = (setup, kubernetes, shards, limit)
  }

  /// Whether a path in a pod is on the volume; other files are lost with the pod.
  public static func keeps(_ path: String) -> Bool {
    let volume = workingFolder.split(separator: "/")
    var parts = path.hasPrefix("/") ? [] : volume
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.starts(with: volume)
  }

  /// Bytes of the experiments.
  public var configurationBytes: Int { specs.map { yaml($0).utf8.count }.reduce(0, +) }

  /// The experiments and the job that trains.
  public var training: String { [configuration, job(shards: shards)].joined(separator: "---\n") }

  /// The job that writes the reports, to be applied after the other one.
  var reporting: String { job(shards: nil) }

  /// Both manifests.
  public var text: String { "# train.yaml\n\(training)---\n# report.yaml\n\(reporting)" }

  /// Writes `train.yaml` and `report.yaml` into a folder.
  ///
  /// - Returns: the commands that apply them.
  public func write(to folder: String) throws(RunError) -> String {
    try stored {
      try DurableFile.makeFolder(folder)
      try DurableFile.write(Array(training.utf8), to: "\(folder)/train.yaml")
      try DurableFile.write(Array(reporting.utf8), to: "\(folder)/report.yaml")
    }
    let namespace = kubernetes.namespace.map { " --namespace " + shellQuoted($0) } ?? ""
    return """
      kubectl apply --filename \(shellQuoted("\(folder)/train.yaml"))
      until kubectl get job/\(name)\(namespace) --output=jsonpath='{.status.conditions[*].type}' | grep -qE 'Complete|Failed'; do sleep 30; done
      kubectl apply --filename \(shellQuoted("\(folder)/report.yaml"))
      """
  }

  /// Kubernetes leaves a job of the same name as it is, so that other experiments need another one.
  private var name: String { command.name(with: specs) }

  private var metadata: String {
    "  labels: {app.kubernetes.io/name: espalier}\n"
      + (kubernetes.namespace.map { "  namespace: \(yamlQuoted($0))\n" } ?? "")
  }

  private var configuration: String {
    let files = specs.map { spec in
      let lines = yaml(spec).split(separator: "\n").map { "    \($0)\n" }.joined()
      return "  \(spec.name).yaml: |\n" + lines
    }
    return """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: \(name)
      \(metadata)data:
      \(files.joined())
      """
  }

  /// - Parameter shards: nil for the run that writes the reports.
  private func job(shards: Int?) -> String {
    var command = command
    let jobName = name + (shards == nil ? "-report" : "")
    (command.program, command.overrides) = ("espalier", [])
    command.files = specs.map { "\(Self.experimentFolder)/\($0.name).yaml" }
    let line = command.line(shard: shards.map { "$((JOB_COMPLETION_INDEX + 1))/\($0)" })
    let script = (setup + ["exec " + line]).map { "              \($0)\n" }.joined()
    let indexed = shards.map { count in
      """
        completionMode: Indexed
        completions: \(max(1, count))
        parallelism: \(max(1, min(limit ?? count, count)))
        backoffLimitPerIndex: \(Self.retries)
        maxFailedIndexes: \(max(1, count))

      """
    }
    return """
      apiVersion: batch/v1
      kind: Job
      metadata:
        name: \(jobName)
      \(metadata)spec:
      \(indexed ?? "  backoffLimit: \(Self.retries)\n")\
        podFailurePolicy:
          rules:
            # Preempted or drained: the state is saved, and it was not the suite's fault.
            - action: Ignore
              onPodConditions:
                - {type: DisruptionTarget, status: "True"}
            # 1: an expectation was missed; 2: wrong usage; 3: a run failed. None gets better by being repeated.
            - action: \(shards == nil ? "FailJob" : "FailIndex")
              onExitCodes: {containerName: espalier, operator: In, values: [1, 2, 3]}
        template:
          metadata:
            labels: {app.kubernetes.io/name: espalier}
          spec:
            restartPolicy: Never
            # After the signal that asks to stop, for the state to be saved.
            terminationGracePeriodSeconds: \(Self.graceSeconds)
            containers:
              - name: espalier
                image: \(yamlQuoted(kubernetes.image ?? Self.image))
                workingDir: \(Self.workingFolder)
                command: [/bin/sh, -c]
                # Two columns of indentation, whatever a setup line begins with.
                args:
                  - |2
      \(script)\
                env:
                  - {name: ESPALIER_JOB, value: \(jobName)}
                resources:
                  requests: {cpu: "\(command.threads)", memory: \(memory.mebibytes)Mi}
                  limits: {memory: \(memory.mebibytes)Mi}
                volumeMounts:
                  - {name: work, mountPath: \(Self.workingFolder)}
                  - {name: experiments, mountPath: \(Self.experimentFolder), readOnly: true}
            volumes:
              - name: work
                persistentVolumeClaim: {claimName: \(yamlQuoted(kubernetes.claim ?? Self.claim))}
              - name: experiments
                configMap: {name: \(name)}

      """
  }

  /// A double-quoted scalar of YAML.
  private func yamlQuoted(_ text: String) -> String { JSON.string(text).text() }
}

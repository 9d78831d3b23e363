/// A control group of Linux that this process is in, directly or by one of its groups, of version 1
/// or 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html).
struct ControlGroup {
  /// Below where its hierarchy is mounted: `/a/b`, empty for the root. Within a container the path
  /// may be the host's, and the group's files at the root.
  let path: String
  /// Of version 2, which has all controllers.
  let isUnified: Bool
  /// Of version 1: `cpu`, `memory`.
  let controllers: [Substring]

  /// The groups that the text of `/proc/self/cgroup` names, and those above them.
  static func all(_ text: String) -> [ControlGroup] {
    text.split(separator: "\n").flatMap { line -> [ControlGroup] in
      // Number of the hierarchy, controllers, path; 0 and no controllers for version 2.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let names = parts[2].split(separator: "/")
      return (0...names.count).map { depth in
        ControlGroup(
          path: names.prefix(depth).map { "/" + $0 }.joined(),
          isUnified: parts[0] == "0" && parts[1].isEmpty, controllers: parts[1].split(separator: ","))
      }
    }
  }
}

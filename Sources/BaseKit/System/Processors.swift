import CSyscalls

/// The processors that this process may use.
package enum Processors {
  /// The number of threads that can work at the same time.
  ///
  /// - Parameter root: the directory that contains `proc` and `sys`.
  /// - Returns: the number of processors that the scheduler may use for this process, limited by the processor time of
  ///   its control groups; at least 1.
  package static func count(root: String = "/") -> Int {
    let allowed = max(1, csyscalls_allowed_processors())
    return min(allowed, quota(root: root) ?? allowed)
  }

  /// The processor time that the control groups of this process allow.
  ///
  /// - Parameter root: the directory that contains `proc` and `sys`.
  /// - Returns: the number of processors, rounded up, at least 1; `nil` if no limit exists or can be found.
  static func quota(root: String) -> Int? {
    // hierarchy:controllers:path; for cgroup v2 `0::path`.
    lines("\(root)/proc/self/cgroup").compactMap { line -> Int? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let names = parts[2].split(separator: "/")
      if parts[0] == "0" {
        return smallest(in: "\(root)/sys/fs/cgroup", names) { folder in
          lines("\(folder)/cpu.max").first.flatMap { limit($0.split(separator: " ")) }
        }
      }
      guard parts[1].split(separator: ",").contains("cpu") else { return nil }
      return smallest(in: "\(root)/sys/fs/cgroup/cpu", names) { folder in
        let values = ["quota", "period"].flatMap { lines("\(folder)/cpu.cfs_\($0)_us").prefix(1) }
        return limit(values)
      }
    }.min()
  }

  /// The smallest limit of a group and of the groups above it. In a container, the path may be that of the host, and then
  /// only the top of the hierarchy exists.
  private static func smallest(
    in folder: String, _ names: [Substring], _ limit: (String) -> Int?
  ) -> Int? {
    (0...names.count).compactMap {
      limit(([Substring(folder)] + names.prefix($0)).joined(separator: "/"))
    }.min()
  }

  /// The number of processors for a quota and its period in microseconds; `nil` for no limit: `max` or -1.
  private static func limit(_ words: [Substring]) -> Int? {
    guard let first = words.first, let quota = Int(first), quota > 0, words.count == 2,
      let period = words.last.flatMap({ Int($0) }), period > 0
    else { return nil }
    return max(1, quota / period + (quota % period == 0 ? 0 : 1))
  }

  private static func lines(_ path: String) -> [Substring] {
    guard let file = try? OpenFile(reading: path), let text = try? file.contents(limit: 1 << 16)
    else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
  }
}

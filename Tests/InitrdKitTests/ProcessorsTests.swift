import Foundation
import Synchronization
import TestSupport
import Testing

@testable import BaseKit

/// The default number of threads: as many as the system lets run at once.
@Suite struct ProcessorsTests {
  private func quota(_ files: [String: String]) throws -> Int? {
    let folder = try TemporaryFolder()
    for (path, text) in files { try folder.write(path, text + "\n") }
    return Processors.quota(root: folder.url.path)
  }

  @Test(arguments: [
    ("max 100000", nil), ("200000 100000", 2), ("150000 100000", 2), ("1000 100000", 1),
    ("100001 100000", 2), ("0 100000", nil), ("x 100000", nil), ("100000", nil), ("5 0", nil),
    ("", nil), ("9223372036854775807 1", Int.max),
  ])
  func quotaOfAGroupIsRead(text: String, processors: Int?) throws {
    let found = try quota([
      "proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/b/cpu.max": text,
      "sys/fs/cgroup/a/cpu.max": "max 100000",
    ])
    #expect(found == processors)
  }

  @Test func strictestGroupDecides() throws {
    let found = try quota([
      "proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
      "sys/fs/cgroup/a/cpu.max": "300000 100000", "sys/fs/cgroup/cpu.max": "700000 100000",
    ])
    #expect(found == 3)
  }

  @Test(arguments: [("-1", nil), ("250000", 3)]) func quotaOfCgroupVersion1IsRead(
    quota: String, processors: Int?
  )
    throws
  {
    let found = try self.quota([
      "proc/self/cgroup": "5:memory:/x\n4:cpu,cpuacct:/docker/1234\n0::/",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": quota,
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    ])
    #expect(found == processors)
  }

  /// Like taskset: processors outside of the affinity are not counted.
  @Test func affinityLimitsTheCount() throws {
    let counted = Mutex<Int?>(nil)
    // A separate thread, because its affinity ends with it.
    _ = try WorkerThread {
      guard
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self"),
        let number = own.split(separator: "/").last,
        let allowed = try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
          .split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") }),
        let first = allowed.split(whereSeparator: { "\t,-".contains($0) }).dropFirst().first,
        let set = try? run("taskset", ["-cp", String(first), String(number)]), set.status == 0
      else { return }
      counted.withLock { $0 = Processors.count() }
    }
    #expect(counted.withLock { $0 } == 1)
  }

  @Test func missingGroupsMeanNoLimit() throws {
    #expect(try quota(["proc/self/cgroup": "nonsense"]) == nil)
    #expect(try quota(["x": ""]) == nil)
    #expect(Processors.count(root: "/no-such-folder") >= 1)
  }
}

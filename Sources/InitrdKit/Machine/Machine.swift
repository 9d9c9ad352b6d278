/// A running machine, as far as its start depends on it: the kernel, the file system at `/`, and what that stands on.
///
/// All of it is read from /proc, /sys, /dev and /run/udev below one folder, so that the machine may be one that a
/// test made up. What can't be read is not known, and no error: a container hides much of it.
public struct Machine: ~Copyable {
  /// The folder that is looked into: `/` for this machine.
  public let path: String
  let sysroot: Sysroot

  /// Looks at the machine whose root is `path`.
  ///
  /// - Throws: `missing` when there is no such folder.
  public init(root path: String = "/") throws(InitrdError) {
    let sysroot = try Sysroot(path)
    self.path = path
    self.sysroot = sysroot
  }

  /// The release of the kernel that runs, as `uname -r` tells it; `nil` when that can't be read.
  public var release: String? { text("proc/sys/kernel/osrelease") }

  /// The modules that are loaded, sorted by name (`/proc/modules`: name, size, users, …).
  public var loadedModules: [String] {
    lines("proc/modules").compactMap { $0.split(separator: " ").first.map(String.init) }.sorted()
  }

  // MARK: Reading

  /// The lines of a text file; none when it can't be read.
  func lines(_ path: String) -> [String] {
    let lines = try? sysroot.lines(path, limit: 16 << 20)
    return (lines ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first line of a text file without blanks around it; `nil` when there is none.
  func text(_ path: String) -> String? {
    guard let line = lines(path).first else { return nil }
    let words = line.split(separator: " ").joined(separator: " ")
    return words.isEmpty ? nil : words
  }

  /// The values of `KEY=value` lines, as uevent files and udev's database (with `E:` before the key) have them.
  func values(_ path: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in lines(path) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, !parts[1].isEmpty { values[String(parts[0])] = String(parts[1]) }
    }
    return values
  }

  /// The names in a folder, sorted; none when it can't be read.
  func names(_ path: String) -> [String] {
    ((try? sysroot.entries(path)) ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether there is anything at `path`.
  func exists(_ path: String) -> Bool {
    guard let file = try? sysroot.open(path) else { return false }
    _ = file
    return true
  }

  /// The path below the root to which the symbolic link at `path` leads; `nil` when there is no link.
  func link(_ path: String) -> String? {
    guard let target = try? sysroot.linkTarget(path) else { return nil }
    let isAbsolute = target.first == UInt8(ascii: "/")
    var parts = isAbsolute ? [] : path.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: UInt8(ascii: "/")) {
      switch String(decoding: part, as: UTF8.self) {
      case ".": continue
      case "..": _ = parts.popLast()
      case let name: parts.append(name)
      }
    }
    return parts.joined(separator: "/")
  }
}

/// The last component of a path.
func lastComponent(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The folder that holds `path`.
func parentFolder(_ path: String) -> String {
  path.split(separator: "/").dropLast().joined(separator: "/")
}

/// A running machine: the kernel, the file system at `/`, and the devices below it.
///
/// All values are read from /proc, /sys, /dev and /run/udev below one directory, so that tests can simulate a machine.
/// A value that can't be read is unknown, which is not an error: a container hides many of them.
package struct Machine: ~Copyable {
  /// The directory that contains /proc, /sys, /dev and /run: `/` for this machine.
  package let path: String
  let sysroot: Sysroot

  /// The machine whose root directory is `path`.
  ///
  /// - Throws: `missing` when there is no such directory.
  package init(root path: String = "/") throws(InitrdError) {
    let sysroot = try Sysroot(path)
    self.path = path
    self.sysroot = sysroot
  }

  /// The release of the running kernel, as `uname -r` prints it; `nil`: unknown.
  package var release: String? { text("proc/sys/kernel/osrelease") }

  /// The names of the loaded modules, sorted (`/proc/modules`: name, size, users, …).
  package var loadedModules: [String] {
    lines("proc/modules").compactMap { $0.split(separator: " ").first.map(String.init) }.sorted()
  }

  // MARK: Reading

  /// The lines of a text file; empty if it can't be read.
  func lines(_ path: String) -> [String] {
    let lines = try? sysroot.lines(path, limit: 16 << 20)
    return (lines ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first line of a text file, without leading and trailing blanks; `nil` if there is none.
  func text(_ path: String) -> String? {
    guard let line = lines(path).first else { return nil }
    let words = line.split(separator: " ").joined(separator: " ")
    return words.isEmpty ? nil : words
  }

  /// The values of `KEY=value` lines. Files `uevent` have this form, and udev's database, with `E:` before the key.
  func values(_ path: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in lines(path) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, !parts[1].isEmpty { values[String(parts[0])] = String(parts[1]) }
    }
    return values
  }

  /// The names in a directory, sorted; empty if it can't be read.
  func names(_ path: String) -> [String] {
    ((try? sysroot.entries(path)) ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a file of any kind exists at `path`.
  func exists(_ path: String) -> Bool {
    guard let file = try? sysroot.open(path) else { return false }
    _ = file
    return true
  }

  /// The target of the symbolic link at `path`, as a path below the root; `nil` if there is no link.
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

/// The directory of `path`.
func parentFolder(_ path: String) -> String {
  path.split(separator: "/").dropLast().joined(separator: "/")
}

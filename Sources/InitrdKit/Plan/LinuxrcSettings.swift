/// The files that `templates/linuxrc` reads: settings from the manifest's `init`, and tables for mount. So the script
/// itself is the same in every image.
enum LinuxrcSettings {
  /// The files and directories, with the purpose of each.
  static func entries(
    _ linuxrc: Manifest.Linuxrc, modules: [String]
  ) -> [(path: String, content: PlannedEntry.Content, mode: UInt16, purpose: Reason.Purpose)] {
    [
      ("etc/linuxrc.conf", .bytes(text(linuxrc, modules: modules)), 0o644, .initSettings),
      ("etc/fstab", .bytes(Array(fstab.utf8)), 0o644, .mountTable),
      ("etc/fstab.move", .bytes(Array(fstabMove.utf8)), 0o644, .moveTable),
      ("etc/linuxrc.wait", .node(.fifo, major: 0, minor: 0), 0o600, .waitFifo),
      ("dev", .directory, 0o755, .mountPoint("devtmpfs")),
      ("proc", .directory, 0o755, .mountPoint("proc")),
      ("sys", .directory, 0o755, .mountPoint("sysfs")),
      ("newroot", .directory, 0o755, .mountPoint("the root")),
    ]
  }

  private static let fstab = """
    proc /proc proc nosuid,nodev,noexec 0 0
    sysfs /sys sysfs nosuid,nodev,noexec 0 0
    devtmpfs /dev devtmpfs mode=0755,nosuid 0 0

    """

  private static let fstabMove = """
    /dev /newroot/dev none move 0 0
    /proc /newroot/proc none move 0 0
    /sys /newroot/sys none move 0 0

    """

  private static func text(_ linuxrc: Manifest.Linuxrc, modules: [String]) -> [UInt8] {
    let root = linuxrc.root
    var lines = [
      "modules=\(quoted(modules.joined(separator: " ")))",
      "root=\(quoted(root?.device ?? ""))",
      "rootfstype=\(quoted(root?.fstype ?? ""))",
      "rootflags=\(quoted(root?.flags ?? ""))",
      "rootwait=\(root?.timeout ?? 10)",
      "on_failure=\(linuxrc.onFailure.rawValue)",
      "shell=\(linuxrc.shell ? "yes" : "no")",
    ]
    // A function: the script calls it when it no longer needs its own variables.
    let exports = linuxrc.environment.map { "export \($0.name)=\(quoted($0.value)); " }
    lines.append("environment() { \(exports.joined()):; }")
    lines.append(
      "program() { start \(linuxrc.program.map(quoted).joined(separator: " ")) \"$@\"; }")
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// `text`, quoted as one word of the shell.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}

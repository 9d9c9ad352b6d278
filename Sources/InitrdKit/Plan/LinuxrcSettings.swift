/// The settings that the manifest's `init` hands to `templates/linuxrc`: shell assignments that the script
/// reads, so that the script itself is the same in every image.
enum LinuxrcSettings {
  /// Where the script looks for them.
  static let path = "etc/linuxrc.conf"

  /// The directories that the script mounts on.
  static let mountPoints = [
    ("dev", "devtmpfs is mounted on it"), ("proc", "proc is mounted on it"),
    ("sys", "sysfs is mounted on it"), ("newroot", "the root is mounted on it"),
  ]

  /// The file's text.
  static func text(_ linuxrc: Manifest.Linuxrc, modules: [String]) -> [UInt8] {
    let root = linuxrc.root
    var lines = [
      "modules=\(quoted(modules.joined(separator: " ")))",
      "root=\(quoted(root?.device ?? ""))",
      "rootfstype=\(quoted(root?.fstype ?? ""))",
      "rootflags=\(quoted(root?.flags ?? ""))",
      "rootwait=\(quoted(String(root?.timeout ?? 0)))",
      "program=\(quoted(linuxrc.program.map(quoted).joined(separator: " ")))",
      "on_failure=\(quoted(linuxrc.onFailure.rawValue))",
      "shell=\(quoted(linuxrc.shell ? "yes" : "no"))",
    ]
    lines += linuxrc.environment.map { "export \($0.name)=\(quoted($0.value))" }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// `text` as one word of the shell, whatever is in it.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}

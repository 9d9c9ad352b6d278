import ArgumentParser
import InitrdKit

/// `init`: a first manifest.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a starting manifest for this machine or for a kernel tree.",
    discussion: """
      Without --sysroot the manifest is for this machine: its kernel, its root file system, and the modules that \
      lead there. With it, the manifest is for a virtual machine with a kernel of that folder. Each value has a \
      comment that says why it is there.

      Example: mkinitrd-swift init -o manifest.json && mkinitrd-swift build --dry-run manifest.json
      """)

  @Option(help: "A folder with lib/modules, such as an unpacked kernel.", completion: .directory)
  var sysroot: String?

  @Option(help: "The release of the kernel to start.")
  var kernelRelease: String?

  @Option(
    help: ArgumentHelp(
      "The root's device: /dev/NAME, UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=….",
      valueName: "device"))
  var root: String?

  @Option(help: ArgumentHelp("The root's file system, such as ext4.", valueName: "type"))
  var fstype: String?

  @Option(
    name: [.short, .customLong("output")],
    help: "Where the manifest goes, in place of standard output.")
  var output: String?

  @Flag(help: "Replace a file that exists.")
  var force = false

  func validate() throws {
    for (name, value) in [
      ("--sysroot", sysroot), ("--kernel-release", kernelRelease), ("--output", output),
    ] where value?.isEmpty == true { throw ValidationError("\(name) is empty") }
    if force, output == nil { throw ValidationError("--force replaces the file that -o names") }
  }

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      var choices = StartingManifest.Choices()
      choices.kernelRelease = kernelRelease
      choices.root = root
      choices.fstype = fstype
      choices.file = output
      let start: StartingManifest
      if let sysroot {
        start = try StartingManifest(sysroot: sysroot, choices)
      } else {
        start = try StartingManifest(for: Machine(), choices)
      }
      for note in start.notes { StandardError.print("note: \(note)") }
      if let output {
        try start.write(to: output, replacing: force)
      } else {
        StandardOutput.print(manifest: start.text)
      }
    }
  }
}

extension StandardOutput {
  /// Prints a manifest: safe for a screen, and as it is everywhere else.
  fileprivate static func print(manifest text: String) {
    var output = StandardOutput()
    output.write(Array((isTerminal ? terminalSafe(text) : text).utf8))
    output.flush()
  }
}

import ArgumentParser
import InitrdKit

/// `init`: writes a starting manifest.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a starting manifest for this machine or for a kernel tree.",
    discussion: """
      Without --sysroot the manifest is for this machine: its kernel, its root file system, and the modules that \
      the root needs. With --sysroot it is for a virtual machine with a kernel from that directory. A comment \
      explains each value.

      Example: mkinitrd-swift init -o manifest.json && mkinitrd-swift build --dry-run manifest.json
      """)

  @Option(
    help: "Write a manifest for a kernel from this directory, which contains lib/modules.",
    completion: .directory)
  var sysroot: String?

  @Option(help: "Write a manifest for the kernel with this release.")
  var kernelRelease: String?

  @Option(
    help: ArgumentHelp(
      "Mount this device as the root: /dev/NAME, UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=….",
      valueName: "device"))
  var root: String?

  @Option(help: ArgumentHelp("Mount the root with this file system.", valueName: "type"))
  var fstype: String?

  @Option(
    name: [.short, .customLong("output")],
    help:
      "Write the manifest to this file. If its name ends in .jsonc, comments are written as // ….",
    completion: .file())
  var output: String?

  @Flag(help: "Replace an existing file.")
  var force = false

  @Flag(
    help: "Also write manifest.schema.json beside the manifest, for editors, and refer to it.")
  var schema = false

  @OptionGroup var json: JSONOption

  func validate() throws {
    for (name, value) in [
      ("--sysroot", sysroot), ("--kernel-release", kernelRelease), ("--output", output),
    ] where value?.isEmpty == true { throw ValidationError("\(name) is empty") }
    if force, output == nil { throw ValidationError("--force needs a file named by -o") }
    if schema, output == nil { throw ValidationError("--schema needs a file named by -o") }
    try parsed { () throws(InitrdError) in try StartingManifest.check(choices) }
  }

  private var choices: StartingManifest.Choices {
    var choices = StartingManifest.Choices()
    choices.kernelRelease = kernelRelease
    choices.root = root
    choices.fstype = fstype
    choices.file = output
    return choices
  }

  func run() throws {
    var answer = Answer(json: json.isWanted)
    try answer.run { () throws(InitrdError) in
      var choices = choices
      let schemaFile = output.map { Self.folder(of: $0) + Self.schemaName }
      let isSchemaThere = schema ? true : try schemaFile.map(Self.exists) ?? false
      if isSchemaThere { choices.schema = "./\(Self.schemaName)" }
      let start: StartingManifest
      if let sysroot {
        start = try StartingManifest(sysroot: sysroot, choices)
      } else {
        start = try StartingManifest(for: Machine(), choices)
      }
      if let output {
        try start.write(to: output, replacing: force)
        if schema, let schemaFile { try Self.writeSchema(to: schemaFile) }
        answer.done = "\(output) is written"
      }
      if answer.json { return answer.print(start.json(file: output)) }
      for note in start.notes { StandardError.print(note.description) }
      if output == nil { StandardOutput.print(manifest: start.text) }
    }
  }

  private static let schemaName = "manifest.schema.json"

  /// The directory of a file, with a slash at its end; empty for the current one.
  private static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
  }

  private static func exists(_ path: String) throws(InitrdError) -> Bool {
    try OpenFile.status(of: path) != nil
  }

  private static func writeSchema(to path: String) throws(InitrdError) {
    var file = try AtomicFile(replacing: path, mode: 0o644)
    try file.write(Schema.manifest.text.span)
    try file.commit()
  }
}

extension StartingManifest {
  /// The manifest and its notes as JSON.
  fileprivate func json(file: String?) -> JSONValue {
    .document([("file", .optional(file)), ("text", .string(text))], diagnostics: notes)
  }
}

extension StandardOutput {
  /// Prints a manifest: escaped for a terminal, unchanged for everything else.
  fileprivate static func print(manifest text: String) {
    var output = StandardOutput()
    output.write(Array((isTerminal ? terminalSafe(text) : text).utf8))
    output.flush()
  }
}

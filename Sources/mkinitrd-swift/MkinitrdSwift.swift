import ArgumentParser
import InitrdKit

/// The command; each subcommand has its own file.
@main
struct MkinitrdSwift: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mkinitrd-swift",
    abstract: "Builds Linux initramfs images from a JSON manifest, and inspects any image.",
    discussion: """
      Example: mkinitrd-swift build container-vm.json -o initrd.img

      Exit status:
        0   success; check: the image is good; diff: the images are equal
        1   failure, with an error on standard error; check: the image is bad; diff: the images differ
        2   check, diff: a file could not be read
        3   standard output could not be written; the image or files are written
        64  wrong command line
        128+N  ended by signal N; unfinished files are removed

      With --json a command prints one JSON object, also for errors: see docs/commands.md.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, BuildCommand.self, AppendCommand.self, ListCommand.self,
      InspectCommand.self, CheckCommand.self, DiffCommand.self, ExtractCommand.self,
      CatCommand.self, SchemaCommand.self,
    ])

  static func main() {
    Signals.cleanUp()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let asksForJSON = CommandLine.arguments.prefix { $0 != "--" }.contains("--json")
      if exitCode(for: error) == .validationFailure, asksForJSON {
        let usage = Diagnostic(.error, InitrdError.Code("usage"), message(for: error))
        Answer(json: true).print(.document([], diagnostics: [usage]))
      }
      exit(withError: error)
    }
  }
}

/// The option of all commands that can answer in JSON.
struct JSONOption: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Print one JSON object, also for errors.")
  var isWanted = false
}

/// The option of all commands that write an image.
struct QuietOption: ParsableArguments {
  @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print errors only.")
  var isQuiet = false

  /// Refuses to be combined with `--json`.
  func validate(_ json: JSONOption) throws {
    if isQuiet, json.isWanted {
      throw ValidationError("--quiet can't be combined with --json")
    }
  }
}

/// The limits for reading an image, which may be hostile.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Limit the memory of a decoder and of the list of entries (default: 192MiB).",
      valueName: "size"),
    transform: Self.bytes)
  var memory: UInt64?

  @Option(
    help: ArgumentHelp(
      "Limit the total size of all compressed segments after decompression (default: 4GiB).",
      valueName: "size"),
    transform: Self.bytes)
  var maxUnpacked: UInt64?

  /// The limits: the defaults, except where an option sets one.
  var values: ReadLimits {
    var limits = ReadLimits()
    if let memory { limits.memory = memory }
    if let maxUnpacked { limits.maxUncompressed = maxUnpacked }
    return limits
  }

  private static func bytes(_ text: String) throws -> UInt64 {
    guard let size = try parsed({ () throws(InitrdError) in try ByteSize(text)?.bytes }), size > 0
    else { throw ValidationError("expected a size such as 64MiB") }
    return size
  }
}

/// The option of all commands that compare sizes.
struct BaselineOption: ParsableArguments {
  @Option(
    name: .customLong("baseline"),
    help: ArgumentHelp(
      "Compare the image's size with a size in the kernel's K (19784K), another size (20MiB), or an image.",
      valueName: "size|image"),
    transform: { text in try parsed { () throws(InitrdError) in try Manifest.Baseline(text) } })
  var value: Manifest.Baseline?
}

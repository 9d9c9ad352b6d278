import ArgumentParser
import InitrdKit

/// The command: each subcommand is a thin file of its own.
@main
struct MkinitrdSwift: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mkinitrd-swift",
    abstract: "Builds Linux initramfs images from a JSON manifest, and looks into any image.",
    discussion: """
      Example: mkinitrd-swift build container-vm.json -o initrd.img

      Exit status: 0 when all went well, 1 when it did not, 2 when check or diff can't read an image, 64 for a wrong command line.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, BuildCommand.self, AppendCommand.self, ListCommand.self,
      InspectCommand.self, CheckCommand.self, DiffCommand.self, ExtractCommand.self,
      CatCommand.self,
    ])
}

/// Runs a command's work; an error of the library is printed as it is, and ends with status 1.
func reportingErrors(
  status: Int32 = 1, _ work: () throws(InitrdError) -> Void
) throws {
  do { try work() } catch {
    StandardError.print(error)
    throw ExitCode(status)
  }
}

/// What commands that write an image have in common.
struct QuietOption: ParsableArguments {
  @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print nothing but errors.")
  var isQuiet = false
}

/// How much a command reads and holds of an image that may be hostile.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most memory that a decoder, or what is held of entries, may take (default: 192MiB).",
      valueName: "size"))
  var memory: String?

  @Option(
    help: ArgumentHelp(
      "How many bytes may come out of all compressed segments (default: 4GiB).",
      valueName: "size"))
  var maxUnpacked: String?

  /// The limits that are meant.
  func values() throws(InitrdError) -> ReadLimits {
    var limits = ReadLimits()
    if let memory { limits.memory = try Self.bytes(memory) }
    if let maxUnpacked { limits.maxUncompressed = try Self.bytes(maxUnpacked) }
    return limits
  }

  private static func bytes(_ text: String) throws(InitrdError) -> UInt64 {
    guard let size = try ByteSize(text)?.bytes, size > 0 else {
      throw InitrdError(
        .manifest, "\"\(printable(text.utf8))\" is no size", remedy: "write it as 64MiB")
    }
    return size
  }
}

/// What two commands take to compare a size with.
struct BaselineOption: ParsableArguments {
  @Option(
    name: .customLong("baseline"),
    help: ArgumentHelp(
      "What the size is compared with: the kernel's K (19784K), a size (20MiB), or an image.",
      valueName: "size|image"))
  var text: String?

  /// The baseline that is meant; `nil` when none is given.
  func value() throws(InitrdError) -> Manifest.Baseline? {
    guard let text else { return nil }
    return try Manifest.Baseline(text)
  }
}

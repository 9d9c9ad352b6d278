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

      Exit status: 0 when all went well, 1 when it did not, 64 for a wrong command line.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, BuildCommand.self, AppendCommand.self, ListCommand.self,
      InspectCommand.self, ExtractCommand.self, CatCommand.self,
    ])
}

/// Runs a command's work; an error of the library is printed as it is, and ends with status 1.
func reportingErrors(_ work: () throws(InitrdError) -> Void) throws {
  do { try work() } catch {
    StandardError.print(error)
    throw ExitCode.failure
  }
}

/// What commands that write an image have in common.
struct QuietOption: ParsableArguments {
  @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Print nothing but errors.")
  var isQuiet = false
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

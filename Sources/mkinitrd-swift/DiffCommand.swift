import ArgumentParser
import InitrdKit

/// `diff`: what is different between two images.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract:
      "Compare two images: what the kernel would have of each, the order, and the segments.",
    discussion: """
      Exit status: 0 when nothing differs, 1 when something does, 2 on trouble.

      Example: mkinitrd-swift diff /boot/initrd.img.old /boot/initrd.img
      """)

  @Argument(help: "The first image; - is standard input.", completion: .file())
  var before: String

  @Argument(help: "The second image.", completion: .file())
  var after: String

  @Flag(help: "Print it as JSON.")
  var json = false

  @OptionGroup var limits: LimitOptions

  func run() throws {
    var isEmpty = true
    try reportingErrors(status: 2) { () throws(InitrdError) in
      let diff = try ImageDiff(before, after, limits: try limits.values())
      isEmpty = diff.isEmpty
      let text = json ? diff.json.text(indented: true) : diff.text
      if !text.isEmpty { StandardOutput.print(text) }
    }
    if !isEmpty { throw ExitCode(1) }
  }
}

import ArgumentParser
import InitrdKit

/// `diff`: compares two images.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract:
      "Compare two images: the files that the kernel unpacks, their order, and the segments.",
    discussion: """
      Exit status: 0 if nothing differs, 1 if something differs, 2 if an image can't be read.

      Example: mkinitrd-swift diff /boot/initrd.img.old /boot/initrd.img
      """)

  @Argument(help: "The first image; - is standard input.", completion: .file())
  var before: String

  @Argument(help: "The second image; - is standard input.", completion: .file())
  var after: String

  @OptionGroup var json: JSONOption

  @OptionGroup var limits: LimitOptions

  func run() throws {
    let answer = Answer(json: json.isWanted)
    var isEmpty = true
    try answer.run(status: ExitStatus.unreadable) { () throws(InitrdError) in
      let diff = try ImageDiff(
        Input.image(before), Input.image(after), limits: limits.values)
      isEmpty = diff.isEmpty
      if json.isWanted || !isEmpty { answer.print(diff.text, diff.json) }
    }
    if !isEmpty { throw ExitCode.failure }
  }
}

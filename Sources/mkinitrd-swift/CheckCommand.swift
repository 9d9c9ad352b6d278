import ArgumentParser
import InitrdKit

/// `check`: finds the faults of an image.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find what a kernel would refuse, drop, misread or fail to boot in an image.",
    discussion: """
      One line is printed for each finding, with its code. docs/check.md describes all codes.

      Example: mkinitrd-swift check initrd.img --kernel-image /boot/vmlinuz --kernel-config /boot/config

      Exit status: 0 if a kernel would unpack all of the image and find an init that it can run, 1 if not, 2 if a file \
      can't be read.
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Option(
    help: ArgumentHelp(
      "Take the kernel's release and configuration from its image.", valueName: "vmlinuz"),
    completion: .file())
  var kernelImage: String?

  @Option(
    help: ArgumentHelp("Take the kernel's configuration from this file.", valueName: "file"),
    completion: .file())
  var kernelConfig: String?

  @Option(
    help: ArgumentHelp(
      "Apply the rules of this kernel version, such as 6.1 (default: the strictest of all).",
      valueName: "version"),
    transform: { text in
      guard let version = KernelVersion(text) else {
        throw ValidationError("expected a version such as 6.1")
      }
      return version
    })
  var kernelVersion: KernelVersion?

  @Flag(
    help:
      "Accept an image that is appended to another one: directories, /init, libraries and modules may be missing."
  )
  var partial = false

  @OptionGroup var json: JSONOption

  @OptionGroup var limits: LimitOptions

  func run() throws {
    let answer = Answer(json: json.isWanted)
    var isGood = false
    try answer.run(status: ExitStatus.unreadable) { () throws(InitrdError) in
      var check = ImageCheck(try Input.image(image))
      check.version = kernelVersion
      check.isPartial = partial
      check.kernelImage = kernelImage
      check.kernelConfig = kernelConfig
      check.limits = limits.values
      let report = try check.run()
      isGood = report.isGood
      answer.print(report.text(image: check.image.name), report.json(image: check.image.name))
    }
    if !isGood { throw ExitCode.failure }
  }
}

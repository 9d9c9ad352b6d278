import ArgumentParser
import InitrdKit

/// `check`: what a kernel would make of an image.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find what a kernel would refuse, drop, misread or fail to boot in an image.",
    discussion: """
      One line is printed for each finding, with its code, of which docs/check.md has the meaning.

      Example: mkinitrd-swift check initrd.img --kernel-image /boot/vmlinuz --kernel-config /boot/config

      Exit status: 0 when a kernel would unpack all of it and find an init that it can run, 1 when not, 2 when a file \
      can't be read.
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Option(
    help: ArgumentHelp(
      "The kernel's image, for its release and configuration.", valueName: "vmlinuz"),
    completion: .file())
  var kernelImage: String?

  @Option(
    help: ArgumentHelp("The kernel's configuration.", valueName: "file"), completion: .file())
  var kernelConfig: String?

  @Option(
    help: ArgumentHelp(
      "The kernel whose rules count, such as 6.1; by default the strictest.", valueName: "version"))
  var kernelVersion: String?

  @Flag(help: "The image is meant to follow another, with folders and /init in that.")
  var partial = false

  @Flag(help: "Print it as JSON.")
  var json = false

  @OptionGroup var limits: LimitOptions

  func validate() throws {
    if let kernelVersion, KernelVersion(kernelVersion) == nil {
      throw ValidationError("\(kernelVersion) is no kernel version; 6.1 is one")
    }
  }

  func run() throws {
    var check = ImageCheck(image)
    check.version = kernelVersion.flatMap(KernelVersion.init)
    check.isPartial = partial
    check.kernelImage = kernelImage
    check.kernelConfig = kernelConfig
    var isGood = false
    try reportingErrors(status: 2) { () throws(InitrdError) in
      check.limits = try limits.values()
      let report = try check.run()
      isGood = report.isGood
      StandardOutput.print(
        json ? report.json(image: image).text(indented: true) : report.text(image: image))
    }
    if !isGood { throw ExitCode.failure }
  }
}

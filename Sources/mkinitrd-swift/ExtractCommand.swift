import ArgumentParser
import InitrdKit

/// `extract`: the files of an image.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Unpack an image into a folder, as the kernel would unpack it.",
    discussion: """
      Later entries win, hard links are joined, and what the kernel drops without a word is named. Nothing outside of \
      the folder is touched, whatever the image says. \\xNN in a pattern is a byte, as list prints it.

      Example: mkinitrd-swift extract initrd.img -C unpacked 'etc/*' usr/bin/busybox
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Argument(
    help: ArgumentHelp(
      "What is extracted: paths or patterns, in which * takes slashes too; a folder with all that is in it.",
      valueName: "glob"))
  var patterns: [String] = []

  @Option(
    name: [.customShort("C"), .customLong("directory")],
    help: "Where the files go: a new or an empty folder.", completion: .directory)
  var folder = "."

  @Flag(help: "Each segment by itself, into folders 0, 1 and so on.")
  var segments = false

  @Flag(help: "Into a folder that is not empty: what has the same names there is replaced.")
  var overwrite = false

  @Flag(help: "Make devices, fifos and sockets.")
  var devices = false

  @Flag(name: .customLong("set-id"), help: "Keep set-user-ID and set-group-ID bits.")
  var setID = false

  @Flag(help: "Keep owners and groups.")
  var owners = false

  @Flag(name: .shortAndLong, help: "All of the three: --devices, --set-id, --owners.")
  var preserve = false

  @Flag(help: "Print what was done as JSON, to standard output.")
  var json = false

  @OptionGroup var limits: LimitOptions

  func run() throws {
    var isWhole = true
    try reportingErrors { () throws(InitrdError) in
      var extraction = Extraction(image, into: folder)
      extraction.patterns = patterns.map { unprintable($0.utf8, isPattern: true) }
      extraction.perSegment = segments
      extraction.overwrites = overwrite
      extraction.makesDevices = devices || preserve
      extraction.setsIDBits = setID || preserve
      extraction.setsOwners = owners || preserve
      extraction.limits = try limits.values()
      let report = try extraction.run()
      if json {
        StandardOutput.print(report.json(folder: folder).text(indented: true))
      } else {
        StandardError.print(report.text(folder: folder))
      }
      if let failure = report.failure { throw failure }
      isWhole = report.counts[.refused] == nil
    }
    if !isWhole { throw ExitCode.failure }
  }
}

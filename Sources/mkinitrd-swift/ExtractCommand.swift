import ArgumentParser
import InitrdKit

/// `extract`: writes the files of an image to a directory.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Unpack an image into a directory, as the kernel would unpack it.",
    discussion: """
      Later entries win, and hard links are joined. A line is printed for each entry that the kernel would drop without \
      a message. Nothing outside of the directory is changed, whatever the image contains. \\xNN in a pattern is a byte, \
      as list prints it.

      Example: mkinitrd-swift extract initrd.img -C unpacked 'etc/*' usr/bin/busybox
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Argument(
    help: ArgumentHelp(
      "Extract only paths that match these patterns. * matches slashes too. A directory is extracted with everything in it.",
      valueName: "glob"))
  var patterns: [String] = []

  @Option(
    name: [.customShort("C"), .customLong("directory")],
    help: "Extract into this directory. It must be empty, or is created.", completion: .directory)
  var folder = "."

  @Flag(help: "Extract each segment separately, into directories 0, 1 and so on.")
  var segments = false

  @Flag(help: "Extract into a directory that is not empty, and replace files with the same names.")
  var overwrite = false

  @Flag(help: "Create devices, fifos and sockets.")
  var devices = false

  @Flag(name: .customLong("set-id"), help: "Keep set-user-ID and set-group-ID bits.")
  var setID = false

  @Flag(help: "Keep owners and groups.")
  var owners = false

  @Flag(name: .shortAndLong, help: "Same as --devices --set-id --owners.")
  var preserve = false

  @OptionGroup var json: JSONOption

  @OptionGroup var limits: LimitOptions

  func validate() throws {
    if folder.isEmpty { throw ValidationError("--directory is empty") }
  }

  func run() throws {
    let answer = Answer(json: json.isWanted)
    var report: ExtractReport?
    try answer.run { () throws(InitrdError) in
      var extraction = Extraction(try Input.image(image), into: folder)
      extraction.patterns = patterns.map { unprintable($0.utf8, isPattern: true) }
      extraction.perSegment = segments
      extraction.overwrites = overwrite
      extraction.makesDevices = devices || preserve
      extraction.setsIDBits = setID || preserve
      extraction.setsOwners = owners || preserve
      extraction.limits = limits.values
      let made = try extraction.run()
      report = made
      if json.isWanted {
        answer.print(made.json(image: extraction.image.name, directory: folder))
      } else {
        StandardError.print(made.text(folder: folder))
      }
    }
    if let failure = report?.failure { try answer.fail(failure) }
    if report?.counts[.refused] != nil { throw ExitCode.failure }
  }
}

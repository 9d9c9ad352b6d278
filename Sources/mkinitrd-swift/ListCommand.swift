import ArgumentParser
import InitrdKit

/// `list`: the paths in an image.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the entries of an image, in the order in which the kernel sees them.",
    discussion: """
      Names that a terminal could not show safely are escaped there; elsewhere they are printed as they are.

      Example: mkinitrd-swift list initrd.img | grep '\\.ko$'
      """)

  @Argument(help: "The image.", completion: .file())
  var image: String

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      let escaping = StandardOutput.isTerminal
      var output = StandardOutput()
      defer { output.flush() }
      var reader = try ImageReader(image)
      try reader.read { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        output.write(escaping ? Array(printable(entry.name).utf8) : entry.name)
        output.write([UInt8(ascii: "\n")])
      }
    }
  }
}

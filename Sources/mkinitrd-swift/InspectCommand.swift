import ArgumentParser
import InitrdKit

/// `inspect`: what an image is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the segments, sizes and entries of an image.",
    discussion: """
      What can be read is shown also when the image breaks off; the exit status is 1 then.

      Example: mkinitrd-swift inspect /boot/initrd.img --baseline 19784K
      """)

  @Argument(help: "The image.", completion: .file())
  var image: String

  @OptionGroup var baseline: BaselineOption

  @Flag(help: "Print it as JSON.")
  var json = false

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      var reader = try ImageReader(image)
      let baseline = try baseline.value() ?? .original
      var summary = ImageSummary(
        path: image, size: try SizeReport(bytes: reader.size, baseline: baseline))
      var failure: InitrdError?
      do throws(InitrdError) {
        try reader.read { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
          summary.add(entry)
        }
      } catch { failure = error }
      summary.segments = reader.segments
      StandardOutput.print(json ? summary.json.text(indented: true) : summary.text)
      if let failure { throw failure }
    }
  }
}

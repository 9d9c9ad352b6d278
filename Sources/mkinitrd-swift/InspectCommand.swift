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

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @OptionGroup var baseline: BaselineOption

  @Flag(help: "Print it as JSON.")
  var json = false

  @OptionGroup var limits: LimitOptions

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      let limits = try limits.values()
      var check = ImageCheck(image)
      check.limits = limits
      // Before the list: what it holds meanwhile is free again.
      let report = try check.run()
      let listing = try ImageListing(image, limits: limits)
      let summary = ImageSummary(
        path: image,
        size: try SizeReport(bytes: listing.size, baseline: try baseline.value() ?? .original),
        listing: listing,
        contents: ImageInventory(listing.entries, initStart: listing.initStart),
        check: report)
      if json {
        var output = StandardOutput()
        summary.json.write(indented: true) { output.write(terminalSafe($0).utf8) }
        output.write("\n".utf8)
        output.flush()
      } else {
        StandardOutput.print(summary.text(columns: StandardOutput.columns))
      }
      if let failure = listing.failure { throw failure }
    }
  }
}

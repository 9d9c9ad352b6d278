import ArgumentParser
import InitrdKit

/// `inspect`: shows the components of an image.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the segments, sizes and entries of an image.",
    discussion: """
      If the image is damaged, the part before the damage is shown, and the exit status is 1.

      Example: mkinitrd-swift inspect /boot/initrd.img --baseline 19784K
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @OptionGroup var baseline: BaselineOption

  @OptionGroup var json: JSONOption

  @OptionGroup var limits: LimitOptions

  func run() throws {
    let answer = Answer(json: json.isWanted)
    var failure: InitrdError?
    try answer.run { () throws(InitrdError) in
      let image = try Input.image(image)
      var check = ImageCheck(image)
      check.limits = limits.values
      // The check runs before the listing is made, so that only one of them holds much memory at a time.
      let report = try check.run()
      let listing = try ImageListing(image, limits: limits.values)
      let summary = ImageSummary(
        path: image.name,
        size: try SizeReport(bytes: listing.size, baseline: baseline.value ?? .original),
        listing: listing,
        contents: ImageInventory(listing.entries, initStart: listing.initStart),
        check: report)
      failure = listing.failure
      answer.print(summary.text(columns: StandardOutput.columns), summary.json)
    }
    if let failure { try answer.fail(failure) }
  }
}

import ArgumentParser
import InitrdKit

/// `cat`: prints one file of an image.
struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat",
    abstract: "Print the content of one file of an image.",
    discussion: """
      The content is that of the file that the kernel would have after it has unpacked the whole image: the last of several \
      entries counts, and links are followed. PATH can contain bytes as list prints them: \\xNN.

      Example: mkinitrd-swift cat initrd.img /etc/linuxrc.conf
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Argument(help: "The file's path in the image.")
  var path: String

  @OptionGroup var limits: LimitOptions

  func run() throws {
    try Answer().run { () throws(InitrdError) in
      var content = FileContent(try Input.image(image))
      content.limits = limits.values
      try content.read(unprintable(path.utf8)) { (piece: Span<UInt8>) throws(InitrdError) in
        StandardOutput.write(piece)
      }
    }
  }
}

import ArgumentParser
import InitrdKit

/// `append`: one more segment for an image.
struct AppendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append",
    abstract: "Add files to an image, as a segment of their own at its end.",
    discussion: """
      What the image holds already stays byte for byte; the kernel lets later entries win.

      Example: mkinitrd-swift append initrd.img --file vm7.toml:/etc/vm.toml -o vm7.img
      """)

  @Argument(help: "The image.", completion: .file())
  var image: String

  @Option(
    name: .customLong("file"),
    help: ArgumentHelp(
      "A file to add, and its path in the image; the mode is 0644, or 0755 for a program, unless it is given.",
      valueName: "source:path[:mode]"))
  var files: [String]

  @Option(
    name: [.short, .customLong("output")], help: "Where the result goes, in place of the image.")
  var output: String?

  @Option(
    help:
      "How the segment is compressed: \(Compression.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var compression = "none"

  @OptionGroup var quiet: QuietOption

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      var append = ImageAppend(image, output: output)
      guard let compression = Compression(rawValue: compression) else {
        throw InitrdError(.manifest, "unknown compression \"\(printable(compression.utf8))\"")
      }
      append.compression = compression
      var files: [Manifest.File] = []
      for text in self.files { files.append(try Manifest.File(option: text)) }
      let line = ProgressLine(quiet: quiet.isQuiet)
      defer { line.clear() }
      let report = try append.append(files, options: WriteOptions(progress: line.update))
      line.clear()
      if quiet.isQuiet { return }
      StandardOutput.print(
        "\(append.output): \(report.entries) entries at byte \(grouped(report.offset)),"
          + " \(grouped(report.bytes)) bytes now")
    }
  }
}

extension Manifest.File {
  /// A file as `source:path` or `source:path:mode`; the source is one of the machine's own.
  fileprivate init(option text: String) throws(InitrdError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard 2...3 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw InitrdError(
        .manifest, "\"\(printable(text.utf8))\" names no file",
        remedy: "write --file SOURCE:PATH or --file SOURCE:PATH:MODE")
    }
    var ownership = Manifest.Ownership()
    if parts.count == 3 {
      guard let mode = UInt16(parts[2], radix: 8), mode <= 0o7777 else {
        throw InitrdError(.manifest, "\"\(parts[2])\" is no octal mode from 0 to 7777")
      }
      ownership.mode = mode
    }
    // A relative path is one of this folder, and not of a sysroot.
    let source = parts[0].utf8.first == UInt8(ascii: "/") ? String(parts[0]) : "./\(parts[0])"
    self.init(.path(source), dest: try ImagePath(String(parts[1])), ownership: ownership)
  }
}

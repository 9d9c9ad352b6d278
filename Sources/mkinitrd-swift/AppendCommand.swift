import ArgumentParser
import InitrdKit

/// `append`: adds a segment to an image.
struct AppendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append",
    abstract: "Add files to an image, as a new segment at its end.",
    discussion: """
      The existing bytes of the image do not change. When the kernel unpacks the image, later entries replace earlier \
      ones. A replaced image keeps its owner, permissions and extended attributes.

      Example: mkinitrd-swift append initrd.img --file vm7.toml:/etc/vm.toml -o vm7.img
      """)

  @Argument(help: "The image; - is standard input (requires -o).", completion: .file())
  var image: String

  @Option(
    name: .customLong("file"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Add a file or pipe with a path in the image. The default mode is 0755 if the owner may execute the file, else 0644.",
      valueName: "source:path[:mode]"),
    transform: AddedFile.init(option:))
  var files: [AddedFile]

  @Option(
    name: [.short, .customLong("output")],
    help: "Write the result to this file, and keep the image; - is standard output.",
    completion: .file())
  var output: String?

  @Option(help: "Compress the segment with this codec.")
  var compression = Compression.uncompressed

  @OptionGroup var json: JSONOption

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    try quiet.validate(json)
    if output == "-" { try StandardOutput.requireNoTerminal() }
    if output?.isEmpty == true { throw ValidationError("--output is empty") }
    if output == nil, Input.isStandardInput(image) {
      throw ValidationError("an image from standard input needs -o")
    }
  }

  func run() throws {
    var answer = Answer(json: json.isWanted, isBesideImage: output == "-")
    try answer.run { () throws(InitrdError) in
      if output == nil, try Input.isPipe(image) {
        throw InitrdError(
          .conflict, "the image comes through a pipe, which can't be replaced",
          at: .init(file: image), remedy: "name an output file with -o")
      }
      var append = ImageAppend(try Input.image(image), output: output ?? image)
      append.compression = compression
      var files: [Manifest.File] = []
      for file in self.files { files.append(try file.read()) }
      let line = ProgressLine(quiet: quiet.isQuiet)
      defer { line.clear() }
      let options = WriteOptions(progress: line.update)
      let report =
        output == "-"
        ? try append.append(files, toDescriptor: 1, options: options)
        : try append.append(files, options: options)
      line.clear()
      if quiet.isQuiet { return }
      let name = output == "-" ? nil : append.output
      answer.done = name.map { "\($0) is written" }
      answer.print(report.text(name), report.json(name, append))
    }
  }
}

/// The value of `--file`: `source:path` or `source:path:mode`.
struct AddedFile {
  private let source: String
  private let path: ImagePath
  private var ownership = Manifest.Ownership()

  init(option text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard 2...3 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("expected SOURCE:PATH or SOURCE:PATH:MODE")
    }
    if parts.count == 3 {
      guard let mode = UInt16(parts[2], radix: 8), mode <= 0o7777 else {
        throw ValidationError(
          "invalid mode \"\(parts[2])\"; expected an octal number from 0 to 7777")
      }
      ownership.mode = mode
    }
    source = String(parts[0])
    path = try parsed { () throws(InitrdError) in try ImagePath(String(parts[1])) }
  }

  /// The limit for the content of a pipe, which is held in memory.
  private static let pipeLimit = 256 << 20

  /// The file for the plan; the content of a pipe is read now.
  func read() throws(InitrdError) -> Manifest.File {
    if let bytes = try Input.pipeContents(source, limit: Self.pipeLimit) {
      return Manifest.File(.content(bytes), dest: path, ownership: ownership)
    }
    // A relative path counts from the current directory, not from a sysroot.
    let isAbsolute = source.utf8.first == UInt8(ascii: "/")
    return Manifest.File(
      .path(isAbsolute ? source : "./\(source)"), dest: path, ownership: ownership)
  }
}

extension AppendReport {
  /// The report as text; `name` is the image's file.
  fileprivate func text(_ name: String?) -> String {
    "\(name ?? "standard output"): \(counted(entries, "entry", "entries")) at byte"
      + " \(grouped(offset)), \(counted(bytes, "byte", "bytes")) now"
  }

  /// The report as JSON.
  fileprivate func json(_ name: String?, _ append: ImageAppend) -> JSONValue {
    .document([
      ("image", .optional(name)), ("bytes", .count(bytes)),
      (
        "segment",
        .segment(
          name: "appended", offset: offset, compression: append.compression,
          level: append.compression == .uncompressed ? nil : append.compression.defaultLevel,
          bytes: bytes - offset, unpackedBytes: unpackedBytes, entryCount: entries)
      ),
    ])
  }
}

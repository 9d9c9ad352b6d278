import ArgumentParser
import InitrdKit

/// `append`: adds segments to an image.
struct AppendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "append",
    abstract: "Add files to an image, as a new segment at its end.",
    discussion: """
      The existing bytes of the image do not change. When the kernel unpacks the image, later entries replace earlier \
      ones. A replaced image keeps its owner, permissions and extended attributes.

      Options can be repeated. Everything goes into one segment, except that each manifest has its own.

      Example: mkinitrd-swift append initrd.img --file vm7.toml:/etc/vm.toml --symlink /etc/vm:vm.toml -o vm7.img
      """)

  @Argument(help: "The image; - is standard input (requires -o).", completion: .file())
  var image: String

  @Option(
    name: .customLong("file"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Add a file, pipe, directory or pattern with a path in the image. The default mode is 0755 if the owner may execute the file, else 0644.",
      valueName: "source:path[:mode]"),
    transform: Addition.init(file:))
  var files: [Addition] = []

  @Option(
    name: .customLong("dir"),
    help: ArgumentHelp(
      "Add a directory. The mode is 0755 unless it is given.", valueName: "path[:mode]"),
    transform: Addition.init(directory:))
  var directories: [Addition] = []

  @Option(
    name: .customLong("symlink"),
    help: ArgumentHelp("Add a symbolic link.", valueName: "path:target"),
    transform: Addition.init(symlink:))
  var symlinks: [Addition] = []

  @Option(
    name: .customLong("tree"),
    help: ArgumentHelp(
      "Add a directory with everything in it, at the root of the image or at a path.",
      valueName: "directory[:path]"),
    completion: .directory, transform: Addition.init(tree:))
  var trees: [Addition] = []

  @Option(
    name: .customLong("manifest"),
    help: ArgumentHelp(
      "Add the entries of a manifest with \"partial\": true, as a segment of their own.",
      valueName: "file"),
    completion: .file(extensions: ["json", "jsonc"]), transform: Addition.init(manifest:))
  var manifests: [Addition] = []

  @Option(
    help: ArgumentHelp(
      "Owner and group of what --file, --dir and --tree add. (default: 0:0; for --tree those of its files)",
      valueName: "uid:gid"),
    transform: Addition.owner)
  var owner: Manifest.Owner?

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
    if additions.isEmpty {
      throw ValidationError("nothing to add; use --file, --dir, --symlink, --tree or --manifest")
    }
    if output == "-" { try StandardOutput.requireNoTerminal() }
    if output?.isEmpty == true { throw ValidationError("--output is empty") }
    if output == nil, Input.isStandardInput(image) {
      throw ValidationError("an image from standard input needs -o")
    }
  }

  /// What is added, in the order of the command line.
  private var additions: [Addition] {
    (files + directories + symlinks + trees + manifests).sorted { $0.number < $1.number }
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
      let manifests = try Addition.manifests(of: additions, owner: owner)
      let line = ProgressLine(quiet: quiet.isQuiet)
      defer { line.clear() }
      let options = WriteOptions(progress: line.update)
      let report =
        output == "-"
        ? try append.append(manifests, toDescriptor: 1, options: options)
        : try append.append(manifests, options: options)
      line.clear()
      if quiet.isQuiet { return }
      let name = output == "-" ? nil : append.output
      answer.done = name.map { "\($0) is written" }
      answer.print(report.text(name), report.json(name, append))
    }
  }
}

extension AppendReport {
  /// The report as text; `name` is the image's file.
  fileprivate func text(_ name: String?) -> String {
    let total =
      "\(name ?? "standard output"): \(counted(entries, "entry", "entries")) at byte"
      + " \(grouped(offset)), \(counted(bytes, "byte", "bytes")) now"
    return ([total] + notes.map(\.description)).joined(separator: "\n")
  }

  /// The report as JSON.
  fileprivate func json(_ name: String?, _ append: ImageAppend) -> JSONValue {
    let segments = segments.map { segment in
      JSONValue.segment(
        name: "appended", offset: segment.offset, compression: append.compression,
        level: append.compression == .uncompressed ? nil : append.compression.defaultLevel,
        bytes: segment.bytes, unpackedBytes: segment.unpackedBytes, entryCount: segment.entries)
    }
    return .document(
      [
        ("image", .optional(name)), ("bytes", .count(bytes)),
        ("segment", segments.first ?? .null), ("segments", .array(segments)),
      ], diagnostics: notes)
  }
}

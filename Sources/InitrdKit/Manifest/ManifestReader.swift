public import SystemPackage

/// Reads a manifest from JSON. Unknown keys and values are errors, and never ignored.
///
/// All errors are reported at once; only a text that is not JSON stops the reading. `docs/manifest.md` describes the
/// keys, and `docs/schema/manifest.schema.json` is the schema for editors.
struct ManifestReader {
  var manifest = Manifest()
  var diagnostics = Diagnostics()

  /// Reads the text of the file at `file`.
  ///
  /// - Throws: one error that contains all others.
  static func read(_ bytes: [UInt8], file: String) throws(InitrdError) -> Manifest {
    var reader = ManifestReader()
    if let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) {
      reader.manifest.folder = slash == file.startIndex ? "/" : String(file[..<slash])
    }
    reader.readManifest(try JSONReader.read(bytes, file: file))
    try reader.diagnostics.requireNoErrors()
    return reader.manifest
  }

  private mutating func readManifest(_ node: JSONNode) {
    let built = [
      "$schema", "manifestVersion", "name", "arch", "sysroot", "kernel", "modules", "firmware",
      "busybox",
      "binaries", "files",
      "directories", "symlinks", "nodes", "init", "early", "segments", "compression", "output",
      "budget", "baseline", "partial", "trees",
    ]
    let planned = ["extends"]
    guard let fields = fields(node, built: built, planned: planned) else { return }

    if let version = fields["manifestVersion"] {
      if let number = integer(version, in: ManifestRules.positive), number != 1 {
        report(
          "manifestVersion \(number) is not supported; this version of the program supports 1",
          version)
      }
    } else {
      report("\"manifestVersion\" is missing", node, remedy: "add \"manifestVersion\": 1")
    }
    if let value = fields["$schema"] { _ = text(value) }
    if let value = fields["name"], let name = text(value) { manifest.name = name }
    if let value = fields["arch"], let name = text(value) {
      manifest.arch = Architecture(name: name)
      if manifest.arch == nil {
        let names = Architecture.allCases.map(\.rawValue)
        report(
          "unknown machine \"\(printable(name.utf8))\"", value, remedy: suggestion(name, names))
      }
    }
    if let value = fields["sysroot"] { readSysroot(value) }
    if let value = fields["kernel"] { readKernel(value) }
    if let value = fields["modules"] { readModules(value) }
    if let value = fields["firmware"] { readFirmware(value) }
    if let value = fields["init"] { readInit(value) }
    readBusybox(fields["busybox"])
    if let value = fields["binaries"] { readBinaries(value) }
    if let value = fields["files"] { readFiles(value) }
    if let value = fields["trees"] { readTrees(value) }
    if let value = fields["directories"] { readDirectories(value) }
    if let value = fields["symlinks"] { readSymlinks(value) }
    if let value = fields["nodes"] { readNodes(value) }
    if let value = fields["early"] { readEarly(value) }
    if let value = fields["segments"] { readSegments(value) }
    if let value = fields["compression"], let choice = compression(value) {
      manifest.compression = choice
    }
    if let value = fields["output"] { readOutput(value) }
    if let value = fields["partial"], let flag = flag(value) { manifest.isPartial = flag }
    if let value = fields["budget"] { readBudget(value) }
    if let value = fields["baseline"] { readBaseline(value) }
  }

  private mutating func readSysroot(_ node: JSONNode) {
    if case .array(let nodes) = node.value {
      if nodes.isEmpty { report("\"sysroot\" is an empty list", node) }
      let paths = nodes.compactMap { text($0, ManifestRules.path) }
      if paths.count == nodes.count { manifest.layers = paths.map(layer) }
    } else if let path = text(node, ManifestRules.path) {
      manifest.layers = [layer(path)]
    }
  }

  /// A layer as the program's current directory sees it; the path of a container image follows a prefix.
  private func layer(_ path: String) -> String {
    for prefix in ["oci:", "oci-archive:"] where path.hasPrefix(prefix) {
      return prefix + besideManifest(String(path.dropFirst(prefix.count)))
    }
    return besideManifest(path)
  }

  private mutating func readKernel(_ node: JSONNode) {
    if case .null = node.value {
      manifest.kernel = nil
      return
    }
    guard let fields = fields(node, built: ["release", "config", "image"]) else { return }
    var kernel = Manifest.Kernel()
    kernel.location = node.location
    if let value = fields["release"] {
      kernel.release = text(value)
      kernel.location = value.location
    }
    if let value = fields["config"] { kernel.config = item(value) }
    if let value = fields["image"] { kernel.image = item(value) }
    manifest.kernel = kernel
  }

  private mutating func readOutput(_ node: JSONNode) {
    guard let fields = fields(node, built: ["path", "mode", "align"], planned: ["lock"]) else {
      return
    }
    if let value = fields["path"], let path = text(value, ManifestRules.path) {
      manifest.output.path = besideManifest(path)
    }
    if let value = fields["mode"], let mode = mode(value) { manifest.output.mode = mode }
    if let value = fields["align"], let number = integer(value, ManifestRules.alignment) {
      manifest.output.alignment = Int(number)
    }
  }

  private mutating func readBaseline(_ node: JSONNode) {
    switch node.value {
    case .null: manifest.baseline = nil
    case .integer, .number:
      if let bytes = integer(node, in: ManifestRules.positive) {
        manifest.baseline = .bytes(UInt64(bytes))
      }
    default:
      guard let text = text(node) else { return }
      do throws(InitrdError) {
        manifest.baseline = try Manifest.Baseline(text)
        if case .image(let path) = manifest.baseline {
          manifest.baseline = .image(besideManifest(path))
        }
      } catch { report(error.message, node, remedy: error.remedy) }
    }
  }

  private mutating func readBudget(_ node: JSONNode) {
    guard let fields = fields(node, built: ["image", "unpacked", "entries"]) else { return }
    manifest.budget.image = fields["image"].flatMap { size($0) }
    manifest.budget.unpacked = fields["unpacked"].flatMap { size($0) }
    manifest.budget.entries = fields["entries"].flatMap { integer($0, in: ManifestRules.positive) }
      .map {
        Int($0)
      }
  }

  /// The path relative to the current directory, for a path relative to the manifest's directory.
  private func besideManifest(_ path: String) -> String {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    return isAbsolute || manifest.folder == "." ? path : "\(manifest.folder)/\(path)"
  }
}

extension Manifest {
  /// Reads a manifest from the text of a JSON file.
  ///
  /// - Parameters:
  ///   - json: the text, in UTF-8.
  ///   - file: its path, for messages; relative paths are looked up in its directory.
  /// - Throws: an ``InitrdError`` with line and column, which contains all other errors.
  public init(json: [UInt8], file: String) throws(InitrdError) {
    self = try ManifestReader.read(json, file: file)
  }

  /// Reads the manifest in the file at `path`.
  ///
  /// - Throws: an ``InitrdError`` as ``init(json:file:)`` does; with the code `system` if the file can't be read.
  public init(contentsOf path: FilePath) throws(InitrdError) {
    let path = path.string
    let file = try OpenFile(reading: path, waiting: true)
    guard try file.status().kind != .directory else {
      throw InitrdError(.badInput, "not a manifest: this is a directory", at: .init(file: path))
    }
    try self.init(json: try file.contents(limit: 16 << 20), file: path)
    self.file = path
  }
}

extension Manifest.Baseline {
  /// A baseline in text form: `19784K` in the kernel's K, `20MiB` in bytes, or the path of an image.
  ///
  /// Digits followed by letters are always a size, so that a misspelled unit is not read as a path.
  ///
  /// - Throws: `manifest` for an empty text, an unknown unit, zero, and a number that is too large.
  public init(_ text: String) throws(InitrdError) {
    if text.isEmpty { throw InitrdError(.manifest, "the baseline is empty") }
    let size: ByteSize?
    do throws(InitrdError) { size = try ByteSize(text) } catch {
      var error = error
      error.remedy = error.remedy.map { "\($0); write ./\(text) for an image with this name" }
      throw error
    }
    guard let size else {
      self = .image(text)
      return
    }
    self = size.isKernelK ? .kernelK(size.bytes >> 10) : .bytes(size.bytes)
  }
}

/// The facts about a file's content that the rules need; the content itself is not kept.
enum FileSummary: Sendable {
  /// A program or library; with its applets if it may be busybox.
  case program(ELFLinks, applets: [String])
  /// A script, with its first line, and whether it is the init that this library includes.
  case script(ScriptLine, isLinuxrc: Bool)
  /// A kernel module, with its machine and the release that it is built for; `nil` for what is unknown.
  case module(Architecture?, release: String?)
  /// A list that depmod wrote (of `modules.alias` only the file systems), the settings of our init, or the configuration
  /// of a dynamic linker.
  case list([UInt8])

  /// The largest file that is read, in bytes. Files are held in memory one at a time.
  static let sizeLimit: UInt32 = 32 << 20
  /// The largest list that is kept, in bytes; depmod's lists are smaller.
  private static let listLimit = 8 << 20

  /// The approximate size of the text in the summary, in bytes.
  var held: Int {
    switch self {
    case .program(let links, _): links.held
    case .script(let line, _): line.interpreter.count + line.argument.count
    case .module: 0
    case .list(let text): text.count
    }
  }

  private static let aliases = Array("modules.alias".utf8)
  private static let lists =
    ["modules.dep", "modules.builtin", "etc/linuxrc.conf", "etc/modprobe.d/linuxrc.conf"]
    .map { Array($0.utf8) } + [aliases]
  /// Names of files that tell where libraries are: ld.so.conf, the files that it includes, ld-musl-x86_64.path.
  private static let linkerLists = ["etc/ld.so.conf", "etc/ld-musl-"].map { Array($0.utf8) }
  /// The first lines of our init, which are the same in all versions and in no other init.
  private static let linuxrc = PackageResources.linuxrc.prefix { $0 != UInt8(ascii: ":") }

  /// Whether the rest of a file that begins with `start` has to be read.
  static func isWanted(_ name: [UInt8], _ start: Span<UInt8>) -> Bool {
    guard ModuleFile.compression(name) == nil, !isList(name) else { return true }
    guard start.count >= 2 else { return true }
    return start[0] == 0x7F && start[1] == 0x45 || start[0] == 0x23 && start[1] == 0x21
  }

  private static func isList(_ path: [UInt8]) -> Bool {
    if lists.contains(where: { path.reversed().starts(with: $0.reversed()) }) { return true }
    let plain = plainPath(path)
    return linkerLists.contains { plain.starts(with: $0) }
  }

  /// Summarizes a file of an image.
  ///
  /// - Parameters:
  ///   - path: the file's name in the image.
  ///   - content: the whole content.
  ///   - isLinked: whether the file also has other names.
  ///   - memoryLimit: the memory that a decoder may use for a compressed module, in bytes; `nil`: compressed modules are
  ///     not read.
  init?(
    _ path: [UInt8], _ content: [UInt8], isLinked: Bool, unpackingWithin memoryLimit: UInt64?
  ) {
    if let compression = ModuleFile.compression(path) {
      var module = content
      if compression != .uncompressed {
        guard let memoryLimit,
          let unpacked = try? Decompressor.decompressWhole(
            content, format: compression, limit: Int(Self.sizeLimit), memoryLimit: memoryLimit)
        else {
          self = .module(nil, release: nil)
          return
        }
        module = unpacked
      }
      let elf = try? ELF(module)
      self = .module(elf?.architecture, release: try? elf?.moduleRelease(module))
    } else if Self.isList(path) {
      guard content.count <= Self.listLimit else { return nil }
      let isAliases = path.reversed().starts(with: Self.aliases.reversed())
      self = .list(isAliases ? Self.fileSystems(content) : content)
    } else {
      let name = path.split(separator: UInt8(ascii: "/")).last ?? []
      // The data of a busybox with many names can be with any of these names.
      let isModprobe = isLinked || ["busybox", "modprobe"].contains { name.elementsEqual($0.utf8) }
      guard let summary = try? Self(program: content, hasApplets: isModprobe) else { return nil }
      self = summary
    }
  }

  /// Summarizes a program, library or script; `nil` for any other file.
  ///
  /// - Throws: `bad-input` for a damaged program, and errors of reading the file.
  init?(
    program source: borrowing some ByteSource & ~Copyable, hasApplets: Bool = false
  ) throws(InitrdError) {
    let start = try source.bytes(at: 0, count: ScriptLine.limit)
    if start.starts(with: "#!".utf8) {
      guard let line = ScriptLine(start) else { return nil }
      self = .script(line, isLinuxrc: start.starts(with: Self.linuxrc))
    } else if let elf = try ELF(source) {
      let links = try ELFLinks(elf, source)
      var applets: [String] = []
      if hasApplets {
        let whole = try source.bytes(at: 0, count: Int(clamping: source.byteCount))
        applets = BusyboxBinary.applets(in: whole.span)
      }
      self = .program(links, applets: applets)
    } else {
      return nil
    }
  }

  /// The lines of `modules.alias` with the aliases by which the kernel requests file systems.
  private static func fileSystems(_ text: [UInt8]) -> [UInt8] {
    var lines: [UInt8] = []
    for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "alias fs-".utf8)
    {
      lines += line
      lines.append(UInt8(ascii: "\n"))
    }
    return lines
  }
}

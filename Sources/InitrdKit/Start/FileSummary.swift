/// What the rules need to know of a file's content, once it has gone by.
enum FileSummary: Sendable {
  /// A program or library, with the applets of one that may be busybox.
  case program(ELFLinks, applets: [String])
  /// A script, with the program of its first line, and whether it is the init that this program carries.
  case script(interpreter: [UInt8], isLinuxrc: Bool)
  /// A kernel module, with its machine and the release that it is for as far as they are known.
  case module(Architecture?, release: String?)
  /// A list of depmod's, of `modules.alias` only the file systems; or the settings of our init.
  case list([UInt8])

  /// Files are held in memory one at a time, up to this size; larger ones are not looked at.
  static let sizeLimit: UInt32 = 32 << 20
  /// No list of depmod's is as large.
  private static let listLimit = 8 << 20

  /// Bytes of text in it.
  var held: Int {
    switch self {
    case .program(let links, _):
      (links.libraries + links.searchPaths).reduce(links.interpreter?.count ?? 0) {
        // An array takes some bytes of its own.
        $0 + $1.count + 32
      }
    case .script(let interpreter, _): interpreter.count
    case .module: 0
    case .list(let text): text.count
    }
  }

  private static let aliases = Array("modules.alias".utf8)
  private static let lists =
    ["modules.dep", "modules.builtin", "etc/linuxrc.conf", "etc/modprobe.d/linuxrc.conf"]
    .map { Array($0.utf8) } + [aliases]
  /// The first lines of our init, which tell it from others in all versions.
  private static let linuxrc = PackageResources.linuxrc.prefix { $0 != UInt8(ascii: ":") }

  /// Whether the rest of a file that begins with `start` is of any interest.
  static func isWanted(_ name: [UInt8], _ start: Span<UInt8>) -> Bool {
    guard ModuleFile.compression(name) == nil, !isList(name) else { return true }
    guard start.count >= 2 else { return true }
    return start[0] == 0x7F && start[1] == 0x45 || start[0] == 0x23 && start[1] == 0x21
  }

  private static func isList(_ path: [UInt8]) -> Bool {
    lists.contains { path.reversed().starts(with: $0.reversed()) }
  }

  /// What is known of a file in an image.
  ///
  /// - Parameters:
  ///   - path: the file's name in the image.
  ///   - content: all of it.
  ///   - isLinked: whether the file has other names, too.
  ///   - memoryLimit: what a decoder may take for a compressed module; `nil` for one that is not worth the time.
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
      // A busybox with many names has its data with any one of them.
      let isModprobe = isLinked || ["busybox", "modprobe"].contains { name.elementsEqual($0.utf8) }
      guard let summary = try? Self(program: content, hasApplets: isModprobe) else { return nil }
      self = summary
    }
  }

  /// What is known of a program, library or script; `nil` for any other file.
  ///
  /// - Throws: `bad-input` for a damaged program, and what reading the file says.
  init?(
    program source: borrowing some ByteSource & ~Copyable, hasApplets: Bool = false
  ) throws(InitrdError) {
    let start = try source.bytes(at: 0, count: 256)
    if start.starts(with: "#!".utf8) {
      let line = start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 0x0D }
      guard let interpreter = words.first else { return nil }
      self = .script(
        interpreter: Array(interpreter), isLinuxrc: start.starts(with: Self.linuxrc))
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

  /// The lines of `modules.alias` by which the kernel asks for file systems.
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

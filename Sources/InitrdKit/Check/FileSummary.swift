/// What the rules need to know of a file's content, once it has gone by.
enum FileSummary: Sendable {
  /// A program or library.
  case program(ELFLinks, applets: [String])
  /// A script, with the program of its first line.
  case script(interpreter: [UInt8])
  /// A kernel module, with its machine and the release that it is for as far as they are known.
  case module(Architecture?, release: String?)
  /// One of depmod's lists.
  case list([UInt8])

  /// Files are held in memory one at a time, up to this size; larger ones are not looked at.
  static let sizeLimit: UInt32 = 32 << 20
  /// No list of depmod's is as large.
  private static let listLimit = 8 << 20

  /// Bytes of text in it.
  var held: Int {
    switch self {
    case .program(let links, _):
      (links.libraries + links.searchPaths).reduce(links.interpreter?.count ?? 0) { $0 + $1.count }
    case .script(let interpreter): interpreter.count
    case .module: 0
    case .list(let text): text.count
    }
  }

  /// The kinds of module files by how they end.
  static let modules: [(suffix: String, compression: Compression)] = [
    (".ko", .none), (".ko.gz", .gzip), (".ko.xz", .xz), (".ko.zst", .zstd),
  ]

  /// How a module of this name is compressed; `nil` for what is no module.
  static func moduleCompression(_ name: [UInt8]) -> Compression? {
    modules.first { name.reversed().starts(with: $0.suffix.utf8.reversed()) }?.compression
  }

  private static let lists = ["modules.dep", "modules.builtin"].map { Array($0.utf8) }

  /// Whether the rest of a file that begins with `start` is of any interest.
  static func isWanted(_ name: [UInt8], _ start: Span<UInt8>) -> Bool {
    guard moduleCompression(name) == nil, !isList(name) else { return true }
    guard start.count >= 2 else { return true }
    return start[0] == 0x7F && start[1] == 0x45 || start[0] == 0x23 && start[1] == 0x21
  }

  private static func isList(_ path: [UInt8]) -> Bool {
    lists.contains { path.reversed().starts(with: $0.reversed()) }
  }

  /// - Parameters:
  ///   - path: the file's name in the image.
  ///   - content: all of it.
  ///   - isLinked: whether the file has other names, too.
  ///   - memoryLimit: what a decoder may take for a compressed module; `nil` for one that is not worth the time.
  init?(
    _ path: [UInt8], _ content: [UInt8], isLinked: Bool, unpackingWithin memoryLimit: UInt64?
  ) {
    if let compression = Self.moduleCompression(path) {
      var module = content
      if compression != .none {
        guard let memoryLimit,
          let unpacked = try? Decompressor.decompressWhole(
            content, format: compression, limit: Int(Self.sizeLimit), memoryLimit: memoryLimit)
        else {
          self = .module(nil, release: nil)
          return
        }
        module = unpacked
      }
      self = .module(ELFLinks(module)?.architecture, release: Self.release(module.span))
    } else if Self.isList(path) {
      guard content.count <= Self.listLimit else { return nil }
      self = .list(content)
    } else if content.starts(with: "#!".utf8) {
      let line = content.dropFirst(2).prefix(254).prefix { $0 != UInt8(ascii: "\n") }
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 0x0D }
      guard let interpreter = words.first else { return nil }
      self = .script(interpreter: Array(interpreter))
    } else if let links = ELFLinks(content) {
      let name = path.split(separator: UInt8(ascii: "/")).last ?? []
      // A busybox with many names has its data with any one of them.
      let isModprobe = isLinked || ["busybox", "modprobe"].contains { name.elementsEqual($0.utf8) }
      self = .program(links, applets: isModprobe ? BusyboxBinary.applets(in: content.span) : [])
    } else {
      return nil
    }
  }

  /// The release in a module's `vermagic`, which is one of the NUL-terminated texts of its section `.modinfo`.
  private static func release(_ module: Span<UInt8>) -> String? {
    let key = Array("vermagic=".utf8)
    guard module.count > key.count else { return nil }
    for start in 0..<(module.count - key.count) where module[start] == key[0] {
      guard key.indices.allSatisfy({ module[start + $0] == key[$0] }) else { continue }
      var end = start + key.count
      while end < module.count, module[end] > 0x20, end - start < 256 { end += 1 }
      return String(decoding: (start + key.count..<end).map { module[$0] }, as: UTF8.self)
    }
    return nil
  }
}

/// The cache of glibc's dynamic linker, /etc/ld.so.cache, with only the libraries that the linker does not find without
/// it: it reads no ld.so.conf.
///
///     glibc-ld.so.cache1.1 | libraries (4) | bytes of text (4) | byte order (1) | 0 (3) | extensions (4) | 0 (12)
///     for each library: kind (4) | offset of the name (4) | offset of the path (4) | 0 (4) | 0 (8)
///     text: names and paths, each with a NUL
///
/// Described in dl-cache.h of glibc. Offsets count from the start of the file. The linker bisects the names, which are
/// sorted downwards.
enum LoaderCache {
  /// A library by the name by which programs need it.
  struct Library: Hashable, Sendable {
    var name: [UInt8]
    var path: [UInt8]
    var architecture: Architecture
  }

  /// The content of a cache.
  static func bytes(_ libraries: Set<Library>) -> [UInt8] {
    let sorted = libraries.sorted { left, right in
      let order = compare(left.name, right.name)
      return order == 0 ? left.path.lexicographicallyPrecedes(right.path) : order > 0
    }
    let isBig = sorted.first?.architecture == .s390x
    let order: ByteOrder = isBig ? .big : .little
    let start = 48 + 24 * sorted.count
    var text: [UInt8] = []
    var entries: [UInt8] = []
    for library in sorted {
      let name = start + text.count
      text += library.name + [0]
      let path = start + text.count
      text += library.path + [0]
      for number in [library.architecture.cacheKind, UInt32(name), UInt32(path), 0, 0, 0] {
        entries += number.bytes(order)
      }
    }
    return Array("glibc-ld.so.cache1.1".utf8) + UInt32(sorted.count).bytes(order)
      + UInt32(text.count).bytes(order) + [isBig ? 3 : 2] + [UInt8](repeating: 0, count: 19)
      + entries + text
  }

  /// The order of names: digits count as numbers (_dl_cache_libcmp).
  static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    var (left, right) = (left[...], right[...])
    while let first = left.first {
      let other = right.first ?? 0
      if isDigit(first), isDigit(other) {
        func number(_ text: inout ArraySlice<UInt8>) -> Int {
          var value: Int32 = 0
          while let byte = text.first, isDigit(byte) {
            value = value &* 10 &+ Int32(byte - 0x30)
            text = text.dropFirst()
          }
          return Int(value)
        }
        let (one, two) = (number(&left), number(&right))
        if one != two { return one - two }
      } else if isDigit(first) {
        return 1
      } else if isDigit(other) {
        return -1
      } else if first != other {
        return Int(first) - Int(other)
      } else {
        (left, right) = (left.dropFirst(), right.dropFirst())
      }
    }
    return right.isEmpty ? 0 : -Int(right.first ?? 0)
  }
}

extension Architecture {
  /// The kind of the machine's libraries in a cache (FLAG_ELF_LIBC6 and the machine's flag in ldconfig.h).
  fileprivate var cacheKind: UInt32 {
    switch self {
    case .x86_64: 0x0303
    case .i686: 0x0003
    case .aarch64: 0x0A03
    case .armv7l: 0x0903
    case .riscv64: 0x1003
    case .ppc64le: 0x0503
    case .s390x: 0x0403
    case .loongarch64: 0x1203
    }
  }
}

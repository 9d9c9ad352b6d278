/// What the kernel's decoders refuse and ours don't, as far as a member's first bytes tell.
enum CodecRules {
  /// Memory for a window or dictionary from which on small guests fail.
  private static let muchMemory: UInt64 = 64 << 20

  /// A member's findings; after one that is refused the kernel does not read on.
  static func findings(_ compression: Compression, _ head: [UInt8]) -> [Finding] {
    switch compression {
    case .gzip: gzip(head)
    case .xz: xz(head)
    case .zstd: zstd(head)
    case .lzma: memory("dictionary", min(number(head, 1, 4), number(head, 5, 8)))
    case .lz4 where LZ4FrameDecompressor.begins(head):
      [Finding(.lz4Frame, "the modern frame of lz4, which the kernel refuses")]
    case .none, .bzip2, .lzo, .lz4: []
    }
  }

  private static func gzip(_ head: [UInt8]) -> [Finding] {
    guard head.count >= 10 else { return [] }
    let flags: [(UInt8, String)] = [
      (2, "a checksum of its own"), (4, "an extra field"), (16, "a comment"),
    ]
    if head[1] != 0x8B { return [Finding(.gzipHeader, "the older magic 1f 9e")] }
    if head[2] != 8 { return [Finding(.gzipHeader, "a gzip member that is not deflate")] }
    return flags.first { head[3] & $0.0 != 0 }.map {
      [Finding(.gzipHeader, "a gzip header with \($0.1), which the kernel takes for data")]
    } ?? []
  }

  /// Stream header: magic (6), 0, check (1), sum (4); block header: size (1), flags (1), sizes, filters.
  private static func xz(_ head: [UInt8]) -> [Finding] {
    guard head.count > 24 else { return [] }
    switch head[7] {
    case 0, 1: break
    case 4: return [Finding(.xzCheck, "a CRC64 check, which the kernel refuses")]
    case 10: return [Finding(.xzCheck, "a SHA-256 check, which the kernel refuses")]
    default: return [Finding(.xzCheck, "check \(head[7]), which the kernel refuses")]
    }
    var rest = head[14...].prefix((Int(head[12]) + 1) * 4 - 2)
    for flag: UInt8 in [0x40, 0x80] where head[13] & flag != 0 { _ = vli(&rest) }
    var findings: [Finding] = []
    for _ in 0...(head[13] & 3) {
      let (id, size) = (vli(&rest), vli(&rest))
      let properties = rest.prefix(Int(min(size, 16)))
      rest = rest.dropFirst(properties.count)
      switch id {
      case 0x21:
        guard let bits = properties.first, bits < 40 else { break }
        findings += memory("dictionary", UInt64(2 | bits & 1) << (bits / 2 + 11))
      case 4...9: break
      case 3: findings.append(Finding(.xzFilter, "the delta filter, which the kernel refuses"))
      case 10, 11:
        findings.append(
          Finding(
            .xzFilter,
            "the filter for \(id == 10 ? "ARM64" : "RISC-V") code, which only newer kernels know"))
      default: findings.append(Finding(.xzFilter, "filter \(id), which the kernel refuses"))
      }
    }
    return findings
  }

  /// Magic (4), descriptor (1), window (0 or 1), dictionary's number (0 to 4), content's size (0 to 8).
  private static func zstd(_ head: [UInt8]) -> [Finding] {
    guard head.count >= 18 else { return [] }
    let isSingle = head[4] & 0x20 != 0
    let dictionarySize = [0, 1, 2, 4][Int(head[4] & 3)]
    var position = isSingle ? 5 : 6
    if number(head, position, dictionarySize) != 0 {
      return [Finding(.zstdDictionary, "a frame that needs a dictionary")]
    }
    position += dictionarySize
    let sizeFlag = Int(head[4] >> 6)
    let sizeLength = sizeFlag == 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag
    let content =
      sizeLength == 0 ? nil : number(head, position, sizeLength) &+ (sizeLength == 2 ? 256 : 0)
    // The kernel decodes in one go what fits its buffer of 128 KiB.
    if let content, content <= 128 << 10 { return [] }
    let base = UInt64(1) << (10 + UInt64(head[5] >> 3))
    let window = isSingle ? content ?? 0 : base + (base >> 3) * UInt64(head[5] & 7)
    if window > 1 << 27 {
      return [Finding(.zstdWindow, "a window of \(window) bytes; the kernel takes 2^27 at most")]
    }
    return memory("window", window)
  }

  private static func memory(_ what: String, _ size: UInt64) -> [Finding] {
    size < muchMemory
      ? []
      : [Finding(.decoderMemory, "a \(what) of \(size) bytes, for which a guest needs the memory")]
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    guard offset + width <= bytes.count else { return 0 }
    return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of xz: seven bits in each byte, the low ones first.
  private static func vli(_ bytes: inout ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      guard let byte = bytes.popFirst() else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { break }
    }
    return value
  }
}

/// What matters of a compressed member's parameters, as far as its first bytes tell.
enum MemberParameters {
  /// The parameters in few words: `window 8 MiB, checksum`; empty where there is nothing to tell.
  static func text(_ compression: Compression, _ head: [UInt8]) -> String {
    switch compression {
    case .none: ""
    case .gzip: gzip(head)
    case .bzip2: byte(head, 3).map { "blocks of \(Int($0) - 0x30)00 kB" } ?? ""
    case .lzma: "dictionary \(size(number(head, 1, 4)))"
    case .xz: xz(head)
    case .lzo: byte(head, 16).map { "level \($0)" } ?? ""
    case .lz4:
      LZ4FrameDecompressor.begins(head) ? "modern frame, which no kernel reads" : "legacy frame"
    case .zstd: zstd(head)
    }
  }

  private static func gzip(_ head: [UInt8]) -> String {
    let effort = [2: "best", 4: "fastest"][byte(head, 8) ?? 0]
    let name = (byte(head, 3) ?? 0) & 8 != 0 ? "with a file's name" : nil
    let time = number(head, 4, 4) != 0 ? "with a time" : nil
    return [effort, name, time].compactMap(\.self).joined(separator: ", ")
  }

  /// Stream header: magic (6), 0, check (1), sum (4).
  private static func xz(_ head: [UInt8]) -> String {
    let checks: [UInt8: String] = [0: "no check", 1: "CRC32", 4: "CRC64", 10: "SHA-256"]
    return byte(head, 7).flatMap { checks[$0 & 15] } ?? ""
  }

  /// Magic (4), descriptor (1), window (1, unless the frame is one segment), dictionary, content's size.
  private static func zstd(_ head: [UInt8]) -> String {
    guard let descriptor = byte(head, 4) else { return "" }
    let isOneSegment = descriptor & 0x20 != 0
    let dictionary = [0, 1, 2, 4][Int(descriptor & 3)]
    let contentAt = 5 + (isOneSegment ? 0 : 1) + dictionary
    let content: UInt64? =
      switch descriptor >> 6 {
      case 0: isOneSegment ? number(head, contentAt, 1) : nil
      case 1: number(head, contentAt, 2) + 256
      case 2: number(head, contentAt, 4)
      default: number(head, contentAt, 8)
      }
    var parts: [String] = []
    if isOneSegment {
      parts.append("window \(size(content ?? 0))")
    } else if let window = byte(head, 5) {
      let base = UInt64(1) << (10 + UInt64(window >> 3))
      parts.append("window \(size(base + base / 8 * UInt64(window & 7)))")
    }
    if descriptor & 4 != 0 { parts.append("checksum") }
    if content == nil { parts.append("no size") }
    return parts.joined(separator: ", ")
  }

  private static func byte(_ head: [UInt8], _ offset: Int) -> UInt8? {
    offset < head.count ? head[offset] : nil
  }

  private static func number(_ head: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    guard offset + width <= head.count else { return 0 }
    return head[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func size(_ bytes: UInt64) -> String {
    if bytes >= 1 << 20, bytes % (1 << 20) == 0 { return "\(bytes >> 20) MiB" }
    if bytes >= 1 << 10, bytes % (1 << 10) == 0 { return "\(bytes >> 10) KiB" }
    return "\(bytes) bytes"
  }
}

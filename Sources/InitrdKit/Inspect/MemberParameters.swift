/// The important parameters of a compressed member, from its first bytes.
enum MemberParameters {
  /// The parameters in a few words: `window 8 MiB, checksum`; empty if there are none.
  static func text(_ compression: Compression, _ head: [UInt8]) -> String {
    switch compression {
    case .uncompressed: ""
    case .gzip: GzipHeader(head.span).map(text) ?? ""
    case .bzip2:
      // The level follows "BZh": `1` to `9`.
      head.span.number(at: 3, width: 1).map { "blocks of \($0 &- 0x30)00 kB" } ?? ""
    case .lzma: LZMAHeader(head.span).map { "dictionary \(size($0.dictionarySize))" } ?? ""
    case .xz: XZHeader(head.span).flatMap { checks[$0.check] } ?? ""
    case .lzo: LZOHeader.level(head.span).map { "level \($0)" } ?? ""
    case .lz4:
      LZ4FrameDecompressor.begins(head) ? "modern frame, which no kernel reads" : "legacy frame"
    case .zstd: ZstdFrameHeader(head.span).map(text) ?? ""
    }
  }

  private static let checks: [UInt8: String] = [
    0: "no check", 1: "CRC32", 4: "CRC64", 10: "SHA-256",
  ]

  private static func text(_ header: GzipHeader) -> String {
    let effort = [2: "best", 4: "fastest"][header.effort]
    let name = header.flags.contains(.name) ? "with a file's name" : nil
    let time = header.modified != 0 ? "with a time" : nil
    return [effort, name, time].compactMap(\.self).joined(separator: ", ")
  }

  private static func text(_ header: ZstdFrameHeader) -> String {
    var parts = ["window \(size(header.windowSize))"]
    if header.hasChecksum { parts.append("checksum") }
    if header.contentSize == nil { parts.append("no size") }
    return parts.joined(separator: ", ")
  }

  private static func size(_ bytes: UInt64) -> String {
    if bytes >= 1 << 20, bytes % (1 << 20) == 0 { return "\(bytes >> 20) MiB" }
    if bytes >= 1 << 10, bytes % (1 << 10) == 0 { return "\(bytes >> 10) KiB" }
    return "\(bytes) bytes"
  }
}

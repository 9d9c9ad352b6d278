/// Rules for members that the kernel's decoders refuse and ours accept, by the first bytes of a member.
enum CodecRules {
  /// The size of a window or dictionary, in bytes, that is too large for small guests.
  private static let muchMemory: UInt64 = 64 << 20

  /// The findings about a member. The kernel stops at the first one that it refuses.
  static func findings(_ compression: Compression, _ head: [UInt8]) -> [Finding] {
    switch compression {
    case .gzip: GzipHeader(head.span).map(gzip) ?? []
    case .xz: XZHeader(head.span).map(xz) ?? []
    case .zstd: ZstdFrameHeader(head.span).map(zstd) ?? []
    case .lzma:
      LZMAHeader(head.span).map { memory("dictionary", min($0.dictionarySize, $0.contentSize)) }
        ?? []
    case .lz4 where LZ4FrameDecompressor.begins(head):
      [Finding(.lz4Frame, "this is the modern frame of lz4, which the kernel refuses")]
    case .uncompressed, .bzip2, .lzo, .lz4: []
    }
  }

  private static func gzip(_ header: GzipHeader) -> [Finding] {
    let refused: [(GzipHeader.Flags, String)] = [
      (.headerChecksum, "a header checksum"), (.extraField, "an extra field"),
      (.comment, "a comment"),
    ]
    if !header.hasUsualMagic {
      return [
        Finding(.gzipHeader, "the gzip header has the old magic 1f 9e, which the kernel refuses")
      ]
    }
    if !header.isDeflate {
      return [Finding(.gzipHeader, "the method of the gzip member is not deflate")]
    }
    return refused.first { header.flags.contains($0.0) }.map {
      [Finding(.gzipHeader, "the gzip header has \($0.1), which the kernel reads as data")]
    } ?? []
  }

  private static func xz(_ header: XZHeader) -> [Finding] {
    switch header.check {
    case 0, 1: break
    case 4: return [refused(.xzCheck, "a CRC64 check")]
    case 10: return [refused(.xzCheck, "a SHA-256 check")]
    case let check: return [refused(.xzCheck, "the check \(check)")]
    }
    return header.filters.flatMap { filter -> [Finding] in
      switch filter.id {
      case XZHeader.Filter.lzma2: filter.dictionarySize.map { memory("dictionary", $0) } ?? []
      case 4...9: []
      case 3: [refused(.xzFilter, "the delta filter")]
      case 10, 11:
        [
          Finding(
            .xzFilter,
            "the xz stream has the filter for \(filter.id == 10 ? "ARM64" : "RISC-V") code, which only"
              + " newer kernels support")
        ]
      default: [refused(.xzFilter, "the filter \(filter.id)")]
      }
    }
  }

  private static func refused(_ code: FindingCode, _ what: String) -> Finding {
    Finding(code, "the xz stream has \(what), which the kernel refuses")
  }

  private static func zstd(_ header: ZstdFrameHeader) -> [Finding] {
    if header.dictionary != 0 {
      return [
        Finding(
          .zstdDictionary, "the zstd frame needs a dictionary, which the kernel does not have")
      ]
    }
    // The kernel needs no window for content that fits in its buffer of 128 KiB.
    if let content = header.contentSize, content <= 128 << 10 { return [] }
    let window = header.windowSize
    if window > 1 << 27 {
      return [Finding(.zstdWindow, "a window of \(window) bytes; the kernel allows at most 2^27")]
    }
    return memory("window", window)
  }

  private static func memory(_ what: String, _ size: UInt64) -> [Finding] {
    size < muchMemory
      ? []
      : [Finding(.decoderMemory, "a \(what) of \(size) bytes, for which the guest needs memory")]
  }
}

/// What the kernel's decoders refuse and ours don't, as far as a member's first bytes tell.
enum CodecRules {
  /// Memory for a window or dictionary from which on small guests fail.
  private static let muchMemory: UInt64 = 64 << 20

  /// A member's findings; after one that is refused the kernel does not read on.
  static func findings(_ compression: Compression, _ head: [UInt8]) -> [Finding] {
    switch compression {
    case .gzip: GzipHeader(head.span).map(gzip) ?? []
    case .xz: XZHeader(head.span).map(xz) ?? []
    case .zstd: ZstdFrameHeader(head.span).map(zstd) ?? []
    case .lzma:
      LZMAHeader(head.span).map { memory("dictionary", min($0.dictionarySize, $0.contentSize)) }
        ?? []
    case .lz4 where LZ4FrameDecompressor.begins(head):
      [Finding(.lz4Frame, "the modern frame of lz4, which the kernel refuses")]
    case .uncompressed, .bzip2, .lzo, .lz4: []
    }
  }

  private static func gzip(_ header: GzipHeader) -> [Finding] {
    let refused: [(GzipHeader.Flags, String)] = [
      (.headerChecksum, "a checksum of its own"), (.extraField, "an extra field"),
      (.comment, "a comment"),
    ]
    if !header.hasUsualMagic { return [Finding(.gzipHeader, "the older magic 1f 9e")] }
    if !header.isDeflate { return [Finding(.gzipHeader, "a gzip member that is not deflate")] }
    return refused.first { header.flags.contains($0.0) }.map {
      [Finding(.gzipHeader, "a gzip header with \($0.1), which the kernel takes for data")]
    } ?? []
  }

  private static func xz(_ header: XZHeader) -> [Finding] {
    switch header.check {
    case 0, 1: break
    case 4: return [Finding(.xzCheck, "a CRC64 check, which the kernel refuses")]
    case 10: return [Finding(.xzCheck, "a SHA-256 check, which the kernel refuses")]
    case let check: return [Finding(.xzCheck, "check \(check), which the kernel refuses")]
    }
    return header.filters.flatMap { filter -> [Finding] in
      switch filter.id {
      case XZHeader.Filter.lzma2: filter.dictionarySize.map { memory("dictionary", $0) } ?? []
      case 4...9: []
      case 3: [Finding(.xzFilter, "the delta filter, which the kernel refuses")]
      case 10, 11:
        [
          Finding(
            .xzFilter,
            "the filter for \(filter.id == 10 ? "ARM64" : "RISC-V") code, which only newer kernels"
              + " know")
        ]
      default: [Finding(.xzFilter, "filter \(filter.id), which the kernel refuses")]
      }
    }
  }

  private static func zstd(_ header: ZstdFrameHeader) -> [Finding] {
    if header.dictionary != 0 {
      return [Finding(.zstdDictionary, "a frame that needs a dictionary")]
    }
    // The kernel decodes in one go what fits its buffer of 128 KiB.
    if let content = header.contentSize, content <= 128 << 10 { return [] }
    let window = header.windowSize
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
}

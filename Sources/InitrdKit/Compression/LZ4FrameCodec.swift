private import CLZ4

/// Reads the modern frame of lz4 (doc/lz4_Frame_format.md of lz4), which lz4(1) writes by default and no kernel reads.
///
/// `@unchecked`: this value is the only owner of the context.
struct LZ4FrameDecompressor: DecompressorCodec, ~Copyable, @unchecked Sendable {
  private static let magic: [UInt8] = [0x04, 0x22, 0x4D, 0x18]
  /// The maximum memory: two blocks of 4 MiB, the largest of the format, and 64 KiB before a block.
  private static let mostMemory: UInt64 = 9 << 20

  private let context: OpaquePointer
  private let output = CodecBuffer()

  /// Whether a member starts with the magic of such a frame.
  static func begins(_ member: [UInt8]) -> Bool { member.starts(with: magic) }

  init(memoryLimit: UInt64) throws(InitrdError) {
    guard memoryLimit >= Self.mostMemory else {
      throw InitrdError(
        .limit, "lz4 needs \(Self.mostMemory) bytes of memory, over the limit of \(memoryLimit)")
    }
    var context: OpaquePointer?
    _ = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard let context else { throw .noMemory("lz4") }
    self.context = context
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress {
    var consumed = 0
    while true {
      let rest = UnsafeBufferPointer(rebasing: input[consumed...])
      var (taken, given) = (rest.count, output.size)
      let left = LZ4F_decompress(context, output.start, &given, rest.baseAddress, &taken, nil)
      if LZ4F_isError(left) != 0 {
        throw .malformed(
          "broken lz4 frame: \(String(cString: LZ4F_getErrorName(left)))",
          at: offset + UInt64(consumed))
      }
      consumed += taken
      guard try output.show(given, to: sink) == .goOn else { return .stopped }
      if left == 0 { return .init(consumed: consumed, ended: true) }
      // If the output buffer is not full, all input has been read.
      if consumed == input.count, given < output.size {
        return .init(consumed: consumed, ended: false)
      }
    }
  }

  func finish(at offset: UInt64) throws(InitrdError) { throw .truncated("lz4 frame", at: offset) }
}

/// A way in which the kernel takes an initramfs compressed (`lib/decompress.c` has the table).
public enum Compression: String, CaseIterable, Sendable {
  /// Plain cpio.
  case uncompressed = "none"
  /// One deflate member.
  case gzip
  /// One bzip2 stream.
  case bzip2
  /// One `.lzma` stream.
  case lzma
  /// An xz stream with CRC32 checks.
  case xz
  /// A file as `lzop` writes it.
  case lzo
  /// The legacy frame, as `lz4 -l` writes it.
  case lz4
  /// One zstd frame.
  case zstd

  /// The kernel option that must be `y` for the kernel to decode it; `nil` for ``uncompressed``.
  public var kernelOption: String? {
    self == .uncompressed ? nil : "CONFIG_RD_\(rawValue.uppercased())"
  }

  /// The levels that can be asked for; `nil` for ``uncompressed``.
  public var levels: ClosedRange<Int>? {
    switch self {
    case .uncompressed: nil
    case .gzip, .bzip2, .lzo: 1...9
    case .lzma, .xz: 0...9
    case .lz4: 1...12
    case .zstd: 1...22
    }
  }

  /// The level that is used where none is asked for; 0 for ``uncompressed``.
  public var defaultLevel: Int {
    switch self {
    case .uncompressed: 0
    case .gzip, .bzip2, .lzo, .lz4: 9
    case .lzma, .xz: 6
    case .zstd: 19
    }
  }

  /// Where a ``Compressor`` or ``Decompressor`` puts its bytes: called with one piece after the
  /// other, each of which lives only as long as the call.
  package typealias Sink = (Span<UInt8>) throws(InitrdError) -> Void
}

extension Compression {
  /// The compression that the first bytes of a member name, by the two bytes that the kernel
  /// looks at.
  ///
  /// - Parameter first: the member, or its first two bytes or more.
  /// - Returns: never ``uncompressed``; `nil` for anything else than these formats.
  package static func detect(_ first: some Collection<UInt8>) -> Compression? {
    guard let magic = twoBytes(first) else { return nil }
    // The kernel also takes 1f9e (an ancient gzip) here, and its inflate then refuses it: saying
    // "gzip" leads to the same end.
    return switch magic {
    case 0x1f8b, 0x1f9e: .gzip
    case 0x425a: .bzip2
    case 0x5d00: .lzma
    case 0xfd37: .xz
    case 0x894c: .lzo
    case 0x0221: .lz4
    case 0x28b5: .zstd
    default: nil
    }
  }

  /// The compression that the first bytes of a member name, as for a collection.
  ///
  /// - Parameter first: the member, or its first two bytes or more.
  /// - Returns: as for a collection.
  package static func detect(_ first: Span<UInt8>) -> Compression? {
    first.count < 2 ? nil : detect(CollectionOfOne(first[0]) + [first[1]])
  }

  private static func twoBytes(_ bytes: some Collection<UInt8>) -> UInt16? {
    var iterator = bytes.makeIterator()
    guard let high = iterator.next(), let low = iterator.next() else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }
}

extension Compression: CustomStringConvertible {
  /// The name, as a manifest has it.
  public var description: String { rawValue }
}

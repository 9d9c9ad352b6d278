/// A compression that the kernel can decode in an initramfs (`lib/decompress.c` has the table).
public enum Compression: String, CaseIterable, Sendable {
  /// A plain cpio archive.
  case uncompressed = "none"
  /// One gzip member.
  case gzip
  /// One bzip2 stream.
  case bzip2
  /// One `.lzma` stream.
  case lzma
  /// An xz stream with CRC32 checks.
  case xz
  /// A file in the format of `lzop`.
  case lzo
  /// The legacy frame of lz4, which `lz4 -l` writes.
  case lz4
  /// One zstd frame.
  case zstd

  /// The kernel option that must be `y`, so that the kernel can decode it; `nil` for ``uncompressed``.
  public var kernelOption: String? {
    self == .uncompressed ? nil : "CONFIG_RD_\(rawValue.uppercased())"
  }

  /// The allowed levels; `nil` for ``uncompressed``.
  public var levels: ClosedRange<Int>? {
    switch self {
    case .uncompressed: nil
    case .gzip, .bzip2, .lzo: 1...9
    case .lzma, .xz: 0...9
    case .lz4: 1...12
    case .zstd: 1...22
    }
  }

  /// The level that is used if none is given; 0 for ``uncompressed``.
  public var defaultLevel: Int {
    switch self {
    case .uncompressed: 0
    case .gzip, .bzip2, .lzo, .lz4: 9
    case .lzma, .xz: 6
    case .zstd: 19
    }
  }

  /// Receives the output of a ``Compressor`` or ``Decompressor``, in pieces. A piece is valid only during the call.
  package typealias Sink = (Span<UInt8>) throws(InitrdError) -> Void
}

extension Compression {
  /// Detects the compression of a member by its first two bytes, as the kernel does.
  ///
  /// - Parameter first: the member, or at least its first two bytes.
  /// - Returns: the compression, never ``uncompressed``; `nil` for all other formats.
  package static func detect(_ first: some Collection<UInt8>) -> Compression? {
    guard let magic = twoBytes(first) else { return nil }
    // The kernel detects 1f9e (an old gzip format) as gzip, too, and its decoder then refuses the data.
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

  /// Detects the compression of a member by its first two bytes, as the kernel does.
  ///
  /// - Parameter first: the member, or at least its first two bytes.
  /// - Returns: the compression, never ``uncompressed``; `nil` for all other formats.
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
  /// The name of the compression in a manifest.
  public var description: String { rawValue }
}

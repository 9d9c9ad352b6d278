/// A way in which the kernel takes an initramfs compressed (`lib/decompress.c` has the table).
public enum Compression: String, CaseIterable, Sendable {
  /// Plain cpio.
  case none
  /// One deflate member.
  case gzip
  /// An xz stream with CRC32 checks.
  case xz
  /// The legacy frame, as `lz4 -l` writes it.
  case lz4
  /// One zstd frame.
  case zstd

  /// The kernel option that must be `y` for the kernel to decode it; `nil` for ``none``.
  public var kernelOption: String? { self == .none ? nil : "CONFIG_RD_\(rawValue.uppercased())" }

  /// The levels that can be asked for; `nil` for ``none``.
  public var levels: ClosedRange<Int>? {
    switch self {
    case .none: nil
    case .gzip: 1...9
    case .xz: 0...9
    case .lz4: 1...12
    case .zstd: 1...22
    }
  }

  /// The level that is used where none is asked for; 0 for ``none``.
  public var defaultLevel: Int {
    switch self {
    case .none: 0
    case .gzip, .lz4: 9
    case .xz: 6
    case .zstd: 19
    }
  }
}

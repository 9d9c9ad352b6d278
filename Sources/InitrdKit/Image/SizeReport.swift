/// A size and what it is compared with, in the K that the kernel prints.
public struct SizeReport: Equatable, Sendable {
  /// The file's size in bytes.
  public var bytes: UInt64
  /// What the file is compared with, in the kernel's K.
  public var baselineK: UInt64
  /// What the baseline is: `the original`, a file's path, or empty for a plain number.
  public var baselineName: String

  /// The size in the K that x86 kernels print as "Freeing initrd memory": whole pages of 4 KiB.
  public var kernelK: UInt64 { Self.kernelK(bytes) }

  /// How many times larger the baseline is.
  public var factor: Double {
    kernelK == 0 ? 0 : Double(baselineK) / Double(kernelK)
  }

  /// Compares `bytes` with `baseline`.
  ///
  /// - Throws: `missing` when the baseline is an image that is not there.
  public init(bytes: UInt64, baseline: Manifest.Baseline) throws(InitrdError) {
    self.bytes = bytes
    switch baseline {
    case .kernelK(let k):
      baselineK = k
      baselineName = baseline == .original ? "the original" : ""
    case .bytes(let bytes):
      baselineK = Self.kernelK(bytes)
      baselineName = ""
    case .image(let file):
      guard let status = try OpenFile.status(of: file) else {
        throw InitrdError(
          .missing, "no image to compare with", at: .init(file: file),
          remedy: "give --baseline a size, as in 19784K, or an image")
      }
      guard status.kind == .regular else {
        throw InitrdError(.badInput, "not a file to compare with", at: .init(file: file))
      }
      baselineK = Self.kernelK(status.size)
      baselineName = file
    }
  }

  /// One line: `960K against the original 19784K: 20.6 times smaller`.
  public var comparison: String {
    let name = baselineName.isEmpty ? "" : baselineName + " "
    let start = "\(kernelK)K against \(name)\(baselineK)K: "
    guard kernelK > 0, baselineK > 0 else { return start + "nothing to compare" }
    if kernelK == baselineK { return start + "the same size" }
    return kernelK < baselineK
      ? start + "\(Self.oneDecimal(baselineK, by: kernelK)) times smaller"
      : start + "\(Self.oneDecimal(kernelK, by: baselineK)) times larger"
  }

  private static func kernelK(_ bytes: UInt64) -> UInt64 {
    (bytes / 4096 + (bytes % 4096 == 0 ? 0 : 1)) * 4
  }

  /// A quotient with one decimal, rounded.
  private static func oneDecimal(_ large: UInt64, by small: UInt64) -> String {
    let tenths = (Double(large) / Double(small) * 10).rounded()
    return "\(UInt64(tenths) / 10).\(UInt64(tenths) % 10)"
  }
}

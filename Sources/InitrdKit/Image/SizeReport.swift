/// The size of an image, compared with a baseline, in bytes and in the kernel's K.
public struct SizeReport: Equatable, Sendable {
  /// A size to compare with.
  public struct Baseline: Equatable, Sendable {
    /// Its size in the kernel's K.
    public var kernelK: UInt64
    /// Its name: `the original`, a file's path, or empty for a plain number.
    public var name: String
  }

  /// The file's size in bytes.
  public var bytes: UInt64
  /// The size to compare with; `nil`: none.
  public var baseline: Baseline?

  /// The size in the K that x86 kernels print as "Freeing initrd memory": whole pages of 4 KiB.
  public var kernelK: UInt64 { Self.kernelK(bytes) }

  /// The baseline's size divided by this size; 0 for an empty file, `nil` without a baseline.
  public var factor: Double? {
    baseline.map { kernelK == 0 ? 0 : Double($0.kernelK) / Double(kernelK) }
  }

  /// Compares `bytes` with `baseline`, if there is one.
  ///
  /// - Throws: `missing` when the baseline is an image that does not exist.
  public init(bytes: UInt64, baseline: Manifest.Baseline?) throws(InitrdError) {
    self.bytes = bytes
    switch baseline {
    case nil: break
    case .kernelK(let k):
      self.baseline = Baseline(kernelK: k, name: baseline == .original ? "the original" : "")
    case .bytes(let bytes): self.baseline = Baseline(kernelK: Self.kernelK(bytes), name: "")
    case .image(let file):
      guard let status = try OpenFile.status(of: file) else {
        throw InitrdError(
          .missing, "the baseline image does not exist", at: .init(file: file),
          remedy: "give a size such as 19784K, or an existing image")
      }
      guard status.kind == .regular else {
        throw InitrdError(
          .badInput, "the baseline is not a regular file", at: .init(file: file),
          remedy: "give a size such as 19784K, or an image")
      }
      self.baseline = Baseline(kernelK: Self.kernelK(status.size), name: file)
    }
  }

  /// One line: `960K against the original 19784K: 20.6 times smaller`; without a baseline the size alone.
  public var comparison: String {
    guard let baseline else { return "\(kernelK)K" }
    let name = baseline.name.isEmpty ? "" : baseline.name + " "
    let start = "\(kernelK)K against \(name)\(baseline.kernelK)K: "
    guard kernelK > 0, baseline.kernelK > 0 else { return start + "nothing to compare" }
    if kernelK == baseline.kernelK { return start + "the same size" }
    return kernelK < baseline.kernelK
      ? start + "\(Self.oneDecimal(baseline.kernelK, by: kernelK)) times smaller"
      : start + "\(Self.oneDecimal(kernelK, by: baseline.kernelK)) times larger"
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

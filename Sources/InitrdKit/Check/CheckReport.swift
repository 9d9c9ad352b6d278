/// The result of a check.
public struct CheckReport: Sendable {
  /// The findings in the order of the image; at most 1,000 of each code.
  public internal(set) var findings: [Finding] = []
  /// The number of findings of each code.
  public internal(set) var counts: [FindingCode: Int] = [:]
  /// The segments that were read.
  public internal(set) var segments: [ImageSegment] = []
  /// The number of entries that were read.
  public internal(set) var entries = 0
  /// The size of the image in bytes.
  public internal(set) var bytes: UInt64 = 0

  /// Whether no finding is an error: a kernel unpacks the whole image, and can run its init.
  public var isGood: Bool { !findings.contains { $0.severity == .error } }

  mutating func add(_ finding: Finding) {
    if counts[finding.code, default: 0] < 1000 { findings.append(finding) }
    counts[finding.code, default: 0] += 1
  }
}

/// The result of a check.
public struct CheckReport: Sendable {
  /// The findings in the order of the image; 1,000 of each code at most.
  public internal(set) var findings: [Finding] = []
  /// How many of each code there are.
  public internal(set) var counts: [FindingCode: Int] = [:]
  /// The segments, as far as they were read.
  public internal(set) var segments: [ImageSegment] = []
  /// The entries that were read.
  public internal(set) var entries = 0
  /// Bytes of the image.
  public internal(set) var bytes: UInt64 = 0

  /// Whether a kernel unpacks all of the image, and finds an init that it can run.
  public var isGood: Bool { !findings.contains { $0.severity == .error } }

  mutating func add(_ finding: Finding) {
    if counts[finding.code, default: 0] < 1000 { findings.append(finding) }
    counts[finding.code, default: 0] += 1
  }
}

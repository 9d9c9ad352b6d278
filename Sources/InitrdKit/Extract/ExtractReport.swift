/// The result of an extraction.
public struct ExtractReport: Equatable, Sendable {
  /// The number of names that were created, including directories.
  public var entries = 0
  /// The bytes of all files.
  public var bytes: UInt64 = 0
  /// The entries that were not extracted: at most 1,000 of each kind.
  public var remarks: [ExtractRemark] = []
  /// The number of remarks of each kind, including those above 1,000.
  public var counts: [ExtractRemark.Kind: Int] = [:]
  /// The number of files and directories that have a set-user-ID or set-group-ID bit in the image, and were created
  /// without it.
  public var setIDCleared = 0
  /// Why the image could not be read to its end; the entries before that were extracted. `nil`: it was.
  public var failure: InitrdError?

  mutating func add(_ remark: ExtractRemark) {
    if counts[remark.kind, default: 0] < ExtractRemark.kept { remarks.append(remark) }
    counts[remark.kind, default: 0] += 1
  }

  mutating func add(_ dropped: [ExtractRemark], count: Int) {
    remarks += dropped
    counts[.dropped] = count > 0 ? count : nil
  }
}

/// The result of an extraction.
public struct ExtractReport: Equatable, Sendable {
  /// How many names were made, folders too.
  public var entries = 0
  /// Bytes of the files.
  public var bytes: UInt64 = 0
  /// What was not extracted; 1,000 of each kind at most.
  public var remarks: [ExtractRemark] = []
  /// How many of each kind there are.
  public var counts: [ExtractRemark.Kind: Int] = [:]
  /// How many files and folders have a set-user-ID or set-group-ID bit in the image, and were made without it.
  public var setIDCleared = 0
  /// Why the image could not be read to its end, as by the kernel; what came before was extracted.
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

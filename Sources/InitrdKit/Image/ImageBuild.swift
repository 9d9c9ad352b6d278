/// What a build did.
public struct BuildReport: Sendable {
  /// What was built.
  public var plan: Plan
  /// Where the image is.
  public var path: String
  /// The image's size, and what it is compared with.
  public var size: SizeReport
  /// The SHA-256 of the image, 32 bytes.
  public var sha256: [UInt8]
  /// How long planning and writing took.
  public var nanoseconds: UInt64

  /// How many times smaller than the archive the image is.
  public var ratio: Double { Double(plan.archiveSize) / Double(max(1, size.bytes)) }
}

extension Manifest {
  /// Plans the image, and writes it to ``output``.
  ///
  /// - Returns: what was built, for a report.
  /// - Throws: an ``InitrdError``; whatever is at the output's path is then as it was.
  public func build() throws(InitrdError) -> BuildReport {
    let start = monotonicNanoseconds()
    let plan = try Planner.plan(self)
    // A baseline that is not there, or no place to write to, should not cost a compression first.
    _ = try SizeReport(bytes: 0, baseline: plan.baseline)
    guard let path = plan.output.path else {
      throw InitrdError(
        .missing, "no place to write the image to",
        hint: "give -o FILE, or \"output\": {\"path\": …} in the manifest")
    }
    let result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode)
    return BuildReport(
      plan: plan, path: path, size: try SizeReport(bytes: result.bytes, baseline: plan.baseline),
      sha256: result.sha256, nanoseconds: monotonicNanoseconds() - start)
  }
}

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
  /// Plans the image without writing anything.
  ///
  /// - Returns: every entry with its reason, and how they are compressed.
  /// - Throws: an ``InitrdError`` with all that is missing or can't be.
  public func plan() throws(InitrdError) -> Plan { try Planner.plan(self) }

  /// Plans the image, and writes it to ``output``.
  ///
  /// - Parameter depfile: where a Makefile-style list of all inputs goes, for make, ninja and the like;
  ///   `nil`: nowhere.
  /// - Returns: what was built, for a report.
  /// - Throws: an ``InitrdError``; whatever is at the output's path is then as it was.
  public func build(depfile: String? = nil) throws(InitrdError) -> BuildReport {
    let start = monotonicNanoseconds()
    let plan = try plan()
    // A baseline that is not there, or no place to write to, should not cost a compression first.
    _ = try SizeReport(bytes: 0, baseline: plan.baseline)
    guard let path = plan.output.path else {
      throw InitrdError(
        .missing, "no place to write the image to",
        hint: "give -o FILE, or \"output\": {\"path\": …} in the manifest")
    }
    let rule = try depfile.map { _ throws(InitrdError) in
      try Depfile.rule(target: path, inputs: (file.map { [$0] } ?? []) + plan.inputs)
    }
    let result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode)
    if let depfile, let rule {
      var file = try AtomicFile(replacing: depfile, mode: 0o644)
      try file.write(rule.span)
      try file.commit()
    }
    return BuildReport(
      plan: plan, path: path, size: try SizeReport(bytes: result.bytes, baseline: plan.baseline),
      sha256: result.sha256, nanoseconds: monotonicNanoseconds() - start)
  }
}

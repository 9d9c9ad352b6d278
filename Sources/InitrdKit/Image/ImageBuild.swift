/// What a build did.
public struct BuildReport: Sendable {
  /// What was built.
  public var plan: Plan
  /// Where the image is; `nil` when it was written to an open file or pipe.
  public var path: String?
  /// The image's size, and what it is compared with.
  public var size: SizeReport
  /// Where in the image each archive of the plan is.
  public var segments: [ImageWriter.Segment]
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
  /// - Parameters:
  ///   - depfile: where a Makefile-style list of all inputs goes, for make, ninja and the like; `nil`: nowhere.
  ///   - options: threads, and who is told how far it is.
  /// - Returns: what was built, for a report.
  /// - Throws: an ``InitrdError``; whatever is at the output's path is then as it was, unless the message says that the
  ///   new image is in place.
  public func build(
    depfile: String? = nil, options: WriteOptions = .init()
  ) throws(InitrdError) -> BuildReport {
    let start = monotonicNanoseconds()
    let plan = try plan()
    // The baseline may be the image that is about to be replaced.
    var size = try SizeReport(bytes: 0, baseline: plan.baseline)
    guard let path = plan.output.path else {
      throw InitrdError(
        .missing, "no place to write the image to",
        remedy: "give -o FILE, or \"output\": {\"path\": …} in the manifest")
    }
    let inputs = (file.map { [$0] } ?? []) + plan.inputs
    try Self.requireDistinct([path] + (depfile.map { [$0] } ?? []), from: inputs)
    // All that can go wrong with the list goes wrong before the image is replaced.
    let result: ImageWriter.Result
    if let depfile {
      var list = try AtomicFile(replacing: depfile, mode: 0o644)
      let rule = try Depfile.rule(target: path, inputs: inputs)
      try list.write(rule.span)
      result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode, options: options)
      do throws(InitrdError) { try list.commit() } catch {
        var error = error
        error.message = "the image is written, but not the list of its inputs: \(error.message)"
        throw error
      }
    } else {
      result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode, options: options)
    }
    size.bytes = result.bytes
    return BuildReport(
      plan: plan, path: path, size: size, segments: result.segments, sha256: result.sha256,
      nanoseconds: monotonicNanoseconds() - start)
  }

  /// Plans the image, and writes it to an open file, pipe or socket, which is not closed, from where it stands.
  ///
  /// - Parameters:
  ///   - descriptor: the open file's number.
  ///   - options: threads, and who is told how far it is.
  /// - Returns: what was built, for a report.
  /// - Throws: an ``InitrdError``; some of the image may have been written by then.
  public func build(
    toDescriptor descriptor: Int32, options: WriteOptions = .init()
  ) throws(InitrdError) -> BuildReport {
    let start = monotonicNanoseconds()
    let plan = try plan()
    var size = try SizeReport(bytes: 0, baseline: plan.baseline)
    let result = try ImageWriter.write(plan, toDescriptor: descriptor, options: options)
    try plan.requireBudget(imageSize: result.bytes)
    size.bytes = result.bytes
    return BuildReport(
      plan: plan, path: nil, size: size, segments: result.segments, sha256: result.sha256,
      nanoseconds: monotonicNanoseconds() - start)
  }

  /// Refuses to write over what is read, or twice to one file.
  private static func requireDistinct(
    _ outputs: [String], from inputs: [String]
  ) throws(InitrdError) {
    if outputs.count == 2, outputs[0] == outputs[1] {
      throw InitrdError(
        .conflict, "the image and the list of its inputs can't be one file",
        at: .init(file: outputs[0]))
    }
    for output in outputs {
      guard let target = try OpenFile.status(of: output) else { continue }
      for input in inputs {
        guard let status = try OpenFile.status(of: input), status.inode == target.inode,
          status.device == target.device
        else { continue }
        throw InitrdError(
          .conflict, "the output is \(input), which the image is made from",
          at: .init(file: output), remedy: "name another file with -o")
      }
    }
  }
}

public import SystemPackage

extension Manifest {
  /// Plans the image. Nothing is written.
  ///
  /// - Returns: every entry with its reasons, and the compression of each archive.
  /// - Throws: one ``InitrdError`` that lists everything that is missing or wrong.
  public func plan() throws(InitrdError) -> Plan { try Planner.plan(self) }

  /// The asynchronous form of `plan()`.
  public func plan() async throws(InitrdError) -> Plan {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in try plan() }
  }

  /// Plans the image, and writes it to ``output``.
  ///
  /// - Parameters:
  ///   - depfile: a file for the list of all inputs, in the form of a Makefile, for make and ninja; `nil`: none.
  ///   - options: the number of threads, and a closure for the progress.
  /// - Returns: the plan, and the image's size, segments and SHA-256.
  /// - Throws: an ``InitrdError``. The output file is then as it was before, unless the message says that the new image
  ///   is in place.
  @discardableResult
  public func build(
    depfile: FilePath? = nil, options: WriteOptions = .init()
  ) throws(InitrdError) -> BuildReport {
    let start = ContinuousClock.now
    let depfile = depfile?.string
    let plan = try plan()
    // The baseline may be the image that is about to be replaced.
    var size = try SizeReport(bytes: 0, baseline: plan.baseline)
    guard let path = plan.output.path else {
      throw InitrdError(
        .missing, "no output file",
        remedy: "add -o FILE, or \"output\": {\"path\": …} in the manifest")
    }
    let inputs = (file.map { [$0] } ?? []) + plan.inputs
    try Self.requireDistinct([path] + (depfile.map { [$0] } ?? []), from: inputs)
    // The list is written first, so that most of its errors happen before the image is replaced.
    let result: WrittenImage
    if let depfile {
      var list = try AtomicFile(replacing: depfile, mode: 0o644)
      let rule = try Depfile.rule(target: path, inputs: inputs)
      try list.write(rule.span)
      result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode, options: options)
      do throws(InitrdError) { try list.commit() } catch {
        var error = error
        error.message = "the image is written, but the list of its inputs is not: \(error.message)"
        throw error
      }
    } else {
      result = try ImageWriter.write(plan, toFile: path, mode: plan.output.mode, options: options)
    }
    size.bytes = result.bytes
    return BuildReport(
      plan: plan, path: FilePath(path), size: size, segments: result.segments,
      sha256: result.sha256,
      duration: ContinuousClock.now - start)
  }

  /// The asynchronous form of `build(depfile:options:)`; `cancelled` when the task is cancelled.
  @discardableResult
  public func build(
    depfile: FilePath? = nil, options: WriteOptions = .init()
  ) async throws(InitrdError) -> BuildReport {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      try build(depfile: depfile, options: options.ending(with: cancellation))
    }
  }

  /// Plans the image, and writes it to an open file, pipe or socket, from its current offset. The descriptor stays open.
  ///
  /// - Parameters:
  ///   - descriptor: the open file.
  ///   - options: the number of threads, and a closure for the progress.
  /// - Returns: the plan, and the image's size, segments and SHA-256.
  /// - Throws: an ``InitrdError``. Part of the image may have been written by then.
  @discardableResult
  public func build(
    to descriptor: FileDescriptor, options: WriteOptions = .init()
  ) throws(InitrdError) -> BuildReport {
    let start = ContinuousClock.now
    let plan = try plan()
    var size = try SizeReport(bytes: 0, baseline: plan.baseline)
    let result = try plan.write(to: descriptor, options: options)
    try plan.requireBudget(imageSize: result.bytes)
    size.bytes = result.bytes
    return BuildReport(
      plan: plan, path: nil, size: size, segments: result.segments, sha256: result.sha256,
      duration: ContinuousClock.now - start)
  }

  /// Refuses to overwrite a source, and to write two outputs to one file.
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
          .conflict, "the output is \(input), a source of the image",
          at: .init(file: output), remedy: "name another file with -o")
      }
    }
  }
}

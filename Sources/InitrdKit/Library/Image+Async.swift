public import SystemPackage

// Each works on a thread of its own, so that no thread of Swift's cooperative pool waits for files.
extension Image {
  /// The asynchronous form of ``listing(withDigests:)``.
  public func listing(
    withDigests digests: Bool = false
  ) async throws(InitrdError) -> ImageListing {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in
      try listing(withDigests: digests)
    }
  }

  /// The asynchronous form of ``contents(of:)``.
  public func contents(of file: String) async throws(InitrdError) -> [UInt8] {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in try contents(of: file) }
  }

  /// The asynchronous form of ``check(_:)``.
  public func check(
    _ options: CheckOptions = .init()
  ) async throws(InitrdError) -> ImageCheck.Report {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in try check(options) }
  }

  /// The asynchronous form of ``extract(to:_:)``.
  @discardableResult
  public func extract(
    to directory: FilePath, _ options: ExtractOptions = .init()
  ) async throws(InitrdError) -> Extraction.Report {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in
      try extract(to: directory, options)
    }
  }

  /// The asynchronous form of ``diff(from:)``.
  public func diff(from older: Image) async throws(InitrdError) -> ImageDiff {
    try await onOwnThread { (_: Cancellation) throws(InitrdError) in try diff(from: older) }
  }
}

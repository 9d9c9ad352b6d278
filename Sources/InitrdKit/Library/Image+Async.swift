public import SystemPackage

// Each method works on a separate thread, so that no thread of Swift's cooperative pool waits for files. When the task
// is cancelled, the work ends with an error of the code `cancelled`.
extension Image {
  /// The asynchronous form of `listing(withDigests:)`.
  public func listing(
    withDigests digests: Bool = false
  ) async throws(InitrdError) -> ImageListing {
    try await reading { (image) throws(InitrdError) in try image.listing(withDigests: digests) }
  }

  /// The asynchronous form of `contents(of:)`.
  public func contents(of file: String) async throws(InitrdError) -> [UInt8] {
    try await reading { (image) throws(InitrdError) in try image.contents(of: file) }
  }

  /// The asynchronous form of `check(_:)`.
  public func check(_ options: CheckOptions = .init()) async throws(InitrdError) -> CheckReport {
    try await reading { (image) throws(InitrdError) in try image.check(options) }
  }

  /// The asynchronous form of `extract(to:_:)`.
  @discardableResult
  public func extract(
    to directory: FilePath, _ options: ExtractOptions = .init()
  ) async throws(InitrdError) -> ExtractReport {
    try await reading { (image) throws(InitrdError) in try image.extract(to: directory, options) }
  }

  /// The asynchronous form of `diff(from:)`.
  public func diff(from older: Image) async throws(InitrdError) -> ImageDiff {
    try await reading { (image) throws(InitrdError) in try image.diff(from: older) }
  }

  /// The asynchronous form of `append(_:to:compression:level:)`.
  @discardableResult
  public func append(
    _ files: [Manifest.File], to output: FilePath? = nil,
    compression: Compression = .uncompressed, level: Int? = nil
  ) async throws(InitrdError) -> AppendReport {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      try append(
        [Manifest(partial: files)], to: output, compression, level,
        WriteOptions().ending(with: cancellation))
    }
  }

  /// The asynchronous form of the `append` that takes a partial manifest.
  @discardableResult
  public func append(
    _ manifest: Manifest, to output: FilePath? = nil,
    compression: Compression = .uncompressed, level: Int? = nil
  ) async throws(InitrdError) -> AppendReport {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      try append(
        [manifest], to: output, compression, level, WriteOptions().ending(with: cancellation))
    }
  }

  private func reading<Value: Sendable>(
    _ work: @escaping @Sendable (Image) throws(InitrdError) -> Value
  ) async throws(InitrdError) -> Value {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      var image = self
      image.limits.cancellation = cancellation
      return try work(image)
    }
  }
}

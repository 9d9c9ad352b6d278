public import SystemPackage

extension Plan {
  /// Writes the image to a file. The file keeps its old content until the new image is complete.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - mode: its permissions, 0 to 0o7777.
  ///   - options: the number of threads, and a closure for the progress.
  /// - Returns: the image's size, segments and SHA-256.
  /// - Throws: `system`, `missing`, `conflict`; `no-space` before anything is written, where the file system is known to
  ///   be too small; `budget` when the image is larger than its ``budget``; `changed` when a source changed after the
  ///   plan was made.
  @discardableResult
  public func write(
    to path: FilePath, mode: UInt16 = 0o600, options: WriteOptions = .init()
  ) throws(InitrdError) -> WrittenImage {
    try ImageWriter.write(self, toFile: path.string, mode: mode, options: options)
  }

  /// Writes the image to an open file, pipe or socket, from its current offset. The descriptor stays open.
  ///
  /// - Parameters:
  ///   - descriptor: the open file.
  ///   - options: the number of threads, and a closure for the progress.
  /// - Returns: the image's size, segments and SHA-256.
  /// - Throws: as ``write(options:to:)``, and `system`. Part of the image may have been written by then.
  @discardableResult
  public func write(
    to descriptor: FileDescriptor, options: WriteOptions = .init()
  ) throws(InitrdError) -> WrittenImage {
    try write(options: options) { (bytes: Span<UInt8>) throws(InitrdError) in
      try OpenFile.write(bytes, toDescriptor: descriptor.rawValue)
    }
  }

  /// Passes the image to a closure, in pieces of up to about a megabyte.
  ///
  /// - Parameters:
  ///   - options: the number of threads, and a closure for the progress.
  ///   - sink: gets the pieces, in their order; each is valid during the call.
  /// - Returns: the image's size, segments and SHA-256.
  /// - Throws: `changed` when a source changed after the plan was made, and the errors of `sink`.
  @discardableResult
  public func write(
    options: WriteOptions = .init(), to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> WrittenImage {
    try ImageWriter.write(self, options: options, to: sink)
  }

  /// The asynchronous form of `write(to:mode:options:)`; `cancelled` when the task is cancelled, and the file then
  /// keeps its old content.
  @discardableResult
  public func write(
    to path: FilePath, mode: UInt16 = 0o600, options: WriteOptions = .init()
  ) async throws(InitrdError) -> WrittenImage {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      try write(to: path, mode: mode, options: options.ending(with: cancellation))
    }
  }

  /// The asynchronous form of `write(to:options:)`; `cancelled` when the task is cancelled.
  @discardableResult
  public func write(
    to descriptor: FileDescriptor, options: WriteOptions = .init()
  ) async throws(InitrdError) -> WrittenImage {
    try await onOwnThread { (cancellation: Cancellation) throws(InitrdError) in
      try write(to: descriptor, options: options.ending(with: cancellation))
    }
  }
}

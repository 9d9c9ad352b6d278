/// The progress of writing an image.
public struct WriteProgress: Equatable, Sendable {
  /// The number of entries that were started.
  public var entries: Int
  /// The number of entries in the plan.
  public var totalEntries: Int
  /// The bytes of contents that were read, before compression.
  public var bytes: UInt64
  /// The bytes of all contents, before compression.
  public var totalBytes: UInt64
  /// The path of the last started entry.
  public var path: ImagePath
}

/// Options for writing an image. They do not change the image.
public struct WriteOptions: Sendable {
  /// The number of threads that compress, from 1; `nil`: the number of processors.
  public var threads: Int?
  /// Called about once for each entry and each megabyte, and at the end.
  ///
  /// The thread that compresses or writes calls it: one thread at a time, and without a lock, so the closure may wait or
  /// call the library. Other threads go on meanwhile; the next call reports their progress.
  public var progress: (@Sendable (WriteProgress) -> Void)?
  /// Ends the work when its result is no longer wanted.
  var cancellation: Cancellation?

  /// The default options, or others.
  public init(threads: Int? = nil, progress: (@Sendable (WriteProgress) -> Void)? = nil) {
    self.threads = threads
    self.progress = progress
  }

  /// The same options, with this cancellation.
  func ending(with cancellation: Cancellation) -> WriteOptions {
    var options = self
    options.cancellation = cancellation
    return options
  }
}

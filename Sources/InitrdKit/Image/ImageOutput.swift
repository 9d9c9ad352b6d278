import Crypto

/// The destination of an image's bytes: a file, or a caller's closure.
protocol ImageTarget: ~Copyable {
  /// Writes the image's next bytes.
  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError)

  /// Copies up to `count` bytes of `file` from `offset` on, inside of the kernel.
  ///
  /// - Returns: the number of bytes copied, less than `count` only at the file's end; `nil` if the destination can't do
  ///   that.
  mutating func copy(
    _ file: borrowing OpenFile, from offset: UInt64, count: UInt64
  ) throws(InitrdError) -> UInt64?
}

/// Counts the bytes of an image and buffers them, so that a small piece costs no system call.
struct ImageOutput<Target: ImageTarget & ~Copyable>: ~Copyable {
  var target: Target
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var filled = 0
  private var flushed: UInt64 = 0

  init(_ target: consuming Target) { self.target = target }

  /// The number of bytes of the image so far.
  var bytes: UInt64 { flushed + UInt64(filled) }

  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    if bytes.count > buffer.count - filled { try flush() }
    if bytes.count > buffer.count {
      try target.write(bytes)
      flushed += UInt64(bytes.count)
      return
    }
    let start = filled
    bytes.withUnsafeBufferPointer { source in
      buffer.withUnsafeMutableBufferPointer {
        _ = UnsafeMutableBufferPointer(rebasing: $0[start...]).update(from: source)
      }
    }
    filled += bytes.count
  }

  /// Whether the kernel should copy the next bytes: if a file's data starts at a block boundary (`output.align`), file
  /// systems can share the blocks. Elsewhere large writes cost the same (measured on ext4: 126 ms of processor time
  /// for 69 MB both ways), and fewer calls are needed.
  private func isWorthSharing(_ count: UInt64) -> Bool { count >= 64 << 10 && bytes % 4096 == 0 }

  /// Writes up to `count` bytes of `file` from `offset` on.
  ///
  /// - Returns: the number of bytes written, less than `count` only at the file's end.
  mutating func copy(
    _ file: borrowing OpenFile, from offset: UInt64, count: UInt64
  ) throws(InitrdError) -> UInt64 {
    if isWorthSharing(count) {
      try flush()
      if let copied = try target.copy(file, from: offset, count: count) {
        flushed += copied
        return copied
      }
    }
    var left = count
    while left > 0 {
      if filled == buffer.count { try flush() }
      let room = Int(min(left, UInt64(buffer.count - filled)))
      let came = try file.read(
        into: &buffer, from: filled, at: offset + (count - left), count: room)
      if came == 0 { break }
      filled += came
      left -= UInt64(came)
    }
    return count - left
  }

  /// Adds NULs up to a multiple of `count`.
  mutating func pad(to count: Int) throws(InitrdError) {
    let beyond = Int(bytes % UInt64(count))
    guard beyond > 0 else { return }
    let zeros = [UInt8](repeating: 0, count: count - beyond)
    try write(zeros.span)
  }

  mutating func flush() throws(InitrdError) {
    guard filled > 0 else { return }
    try Self.write(buffer, count: filled, to: &target)
    flushed += UInt64(filled)
    filled = 0
  }

  /// Static, because the call reads the buffer of `self` and changes its target at the same time.
  private static func write(
    _ buffer: [UInt8], count: Int, to target: inout Target
  ) throws(InitrdError) {
    try target.write(buffer.span.extracting(first: count))
  }
}

/// Passes the image to a closure, in pieces.
struct SinkTarget: ImageTarget {
  let sink: Compression.Sink
  private var hash = SHA256()

  init(_ sink: @escaping Compression.Sink) { self.sink = sink }

  /// The SHA-256 of the bytes so far.
  var digest: SHA256Sum { SHA256Sum(hash) }

  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    try sink(bytes)
  }

  func copy(_ file: borrowing OpenFile, from offset: UInt64, count: UInt64) -> UInt64? { nil }
}

/// Writes the image to a temporary file, which is renamed at the end.
struct FileTarget: ImageTarget, ~Copyable {
  private var file: AtomicFile
  private let follower: FileFollower
  private var written: UInt64 = 0

  init(_ file: consuming AtomicFile) throws(InitrdError) {
    follower = try FileFollower(try file.reader())
    self.file = file
  }

  mutating func write(_ bytes: Span<UInt8>) throws(InitrdError) {
    try file.write(bytes)
    written += UInt64(bytes.count)
    follower.follow(to: written)
  }

  mutating func copy(
    _ source: borrowing OpenFile, from offset: UInt64, count: UInt64
  ) throws(InitrdError) -> UInt64? {
    let copied = try file.copy(source, from: offset, count: count)
    written += copied
    follower.follow(to: written)
    return copied
  }

  /// Renames the file to its final name; returns its SHA-256.
  mutating func commit() throws(InitrdError) -> SHA256Sum {
    follower.end()
    try file.flush()
    let digest = try follower.digest()
    try file.commit()
    return digest
  }
}

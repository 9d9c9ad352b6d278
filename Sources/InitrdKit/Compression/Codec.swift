/// One compressor: that of a C library, or our own for LZO.
///
/// It gets plain buffers: only ``Compressor`` turns spans into pointers, and it has checked levels and sizes before.
protocol CompressorCodec: ~Copyable, Sendable {
  mutating func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError)
  mutating func finish(to sink: Compression.Sink) throws(InitrdError)
}

/// One decompressor: that of a C library, or our own for LZO.
protocol DecompressorCodec: ~Copyable, Sendable {
  /// Decodes `input`, which is not empty and starts at `offset` of the member.
  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress

  /// Checks whether the input may end here, at `offset` of a member without an end of its own.
  ///
  /// - Throws: `malformed` if it may not.
  mutating func finish(at offset: UInt64) throws(InitrdError)
}

/// A buffer for the output of a C library, which is passed to a sink and reused for the whole stream.
///
/// `@unchecked`: the value can't be copied, so its memory has only one owner.
struct CodecBuffer: ~Copyable, @unchecked Sendable {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  /// The size in bytes of the output pieces of a compressor or decompressor.
  static let outputSize = 256 << 10

  init(_ size: Int = outputSize) { bytes = .allocate(capacity: size) }

  deinit { bytes.deallocate() }

  var size: Int { bytes.count }

  /// The address of the first byte. `allocate` always returns one, although its type allows `nil`.
  var start: UnsafeMutablePointer<UInt8> {
    guard let start = bytes.baseAddress else { preconditionFailure("a buffer without memory") }
    return start
  }

  /// Passes the first `count` bytes to a sink, if there are any.
  func show(_ count: Int, to sink: Compression.Sink) throws(InitrdError) {
    if count > 0 { try sink(UnsafeBufferPointer(rebasing: bytes[..<count]).span) }
  }

  /// Passes the first `count` bytes to a sink, if there are any; returns whether it wants more.
  func show(_ count: Int, to sink: Decompressor.Sink) throws(InitrdError) -> ReadStep {
    count > 0 ? try sink(UnsafeBufferPointer(rebasing: bytes[..<count]).span) : .goOn
  }
}

/// Joins units of a known size that are spread over several inputs.
struct UnitCollector: ~Copyable {
  private let pending: CodecBuffer
  private var count = 0

  /// - Parameter largest: the maximum size of a unit in bytes.
  init(largest: Int) { pending = CodecBuffer(largest) }

  /// The bytes of an incomplete unit so far.
  var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: pending.bytes[..<count]) }

  /// Takes the next unit. It is not copied if the input contains all of it.
  ///
  /// - Parameters:
  ///   - size: the size of the unit in bytes; the same value until the unit is complete.
  ///   - input: the bytes; those before `consumed` were already used.
  ///   - consumed: grows by the number of bytes taken.
  /// - Returns: the unit, valid until the input or this value changes; `nil` if more bytes are needed.
  mutating func next(
    _ size: Int, of input: UnsafeBufferPointer<UInt8>, from consumed: inout Int
  ) -> UnsafeBufferPointer<UInt8>? {
    let piece = UnsafeBufferPointer(rebasing: input[consumed...].prefix(size - count))
    consumed += piece.count
    if piece.count == size { return piece }
    _ = UnsafeMutableBufferPointer(rebasing: pending.bytes[count...]).update(from: piece)
    count += piece.count
    guard count == size else { return nil }
    count = 0
    return UnsafeBufferPointer(rebasing: pending.bytes[..<size])
  }
}

/// The stream struct of a C library, at a fixed address: zlib's state contains a pointer to it.
///
/// `@unchecked`: for the same reason as ``CodecBuffer``.
struct StableCell<Value>: ~Copyable, @unchecked Sendable {
  let address: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    address = .allocate(capacity: 1)
    address.initialize(to: value)
  }

  deinit {
    address.deinitialize(count: 1)
    address.deallocate()
  }
}

extension InitrdError {
  /// A member violates its format at `offset`.
  static func malformed(
    _ message: String, at offset: UInt64, remedy: String? = nil
  ) -> InitrdError {
    InitrdError(.malformed, message, at: Location(offset: offset), remedy: remedy)
  }

  /// The input ended inside a member.
  static func truncated(_ format: String, at offset: UInt64) -> InitrdError {
    .malformed("truncated \(format): the input ends after \(offset) of its bytes", at: offset)
  }

  /// A C library could not set up its state.
  static func noMemory(_ codec: String) -> InitrdError {
    InitrdError(.system, "out of memory for the \(codec) codec")
  }

  /// A C library failed in a way that only a fault of this program can cause.
  static func codec(_ codec: String, _ what: String) -> InitrdError {
    InitrdError(.system, "the \(codec) codec failed: \(what)")
  }
}

/// The maximum number of bytes in one call of a C library: zlib counts in 32 bits.
let codecPiece = 1 << 30

/// One compressor: a C library's, or LZO's, which is our own. It gets plain buffers: ``Compressor``
/// is the one place where spans become pointers, and it has checked levels and sizes before.
protocol CompressorCodec: ~Copyable, Sendable {
  mutating func write(
    _ input: UnsafeBufferPointer<UInt8>, to sink: Compression.Sink
  ) throws(InitrdError)
  mutating func finish(to sink: Compression.Sink) throws(InitrdError)
}

/// One decompressor: a C library's, or LZO's.
protocol DecompressorCodec: ~Copyable, Sendable {
  /// Decodes `input`, which is not empty and lies `offset` bytes into the member.
  mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64, to sink: Decompressor.Sink
  ) throws(InitrdError) -> Decompressor.Progress

  /// Says whether the input may end here, `offset` bytes into a member that has not ended itself.
  mutating func finish(at offset: UInt64) throws(InitrdError)
}

/// What a C library fills and a sink is shown: one buffer, reused for the whole stream.
///
/// `@unchecked`: the value can't be copied, so whoever holds it is the memory's only owner.
struct CodecBuffer: ~Copyable, @unchecked Sendable {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  /// The size of a compressor's or decompressor's output pieces.
  static let outputSize = 256 << 10

  init(_ size: Int = outputSize) { bytes = .allocate(capacity: size) }

  deinit { bytes.deallocate() }

  var size: Int { bytes.count }

  /// The buffer's first byte. `allocate` always gives an address, which its type can't say.
  var start: UnsafeMutablePointer<UInt8> {
    guard let start = bytes.baseAddress else { preconditionFailure("a buffer without memory") }
    return start
  }

  /// Shows the first `count` bytes, if there are any.
  func show(_ count: Int, to sink: Compression.Sink) throws(InitrdError) {
    if count > 0 { try sink(UnsafeBufferPointer(rebasing: bytes[..<count]).span) }
  }

  /// Shows the first `count` bytes, if there are any; returns whether more is wanted.
  func show(_ count: Int, to sink: Decompressor.Sink) throws(InitrdError) -> ReadStep {
    count > 0 ? try sink(UnsafeBufferPointer(rebasing: bytes[..<count]).span) : .goOn
  }
}

/// Puts units of a known size together, however they are cut into inputs.
struct UnitCollector: ~Copyable {
  private let pending: CodecBuffer
  private var count = 0

  /// - Parameter largest: how many bytes a unit has at most.
  init(largest: Int) { pending = CodecBuffer(largest) }

  /// What there is of a unit that is not whole.
  var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: pending.bytes[..<count]) }

  /// Takes the next unit; where it lies whole in the input nothing is copied.
  ///
  /// - Parameters:
  ///   - size: how many bytes it has; the same until it is whole.
  ///   - input: bytes, of which those before `consumed` are done with.
  ///   - consumed: grows by what is taken.
  /// - Returns: the unit, as long as neither the input nor this value changes; `nil` if more is needed.
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

/// A C library's stream struct at an address that stays: zlib's state points back at it.
///
/// `@unchecked`: as with ``CodecBuffer``.
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
  /// Bytes that are not what the format says, `offset` bytes into a member.
  static func malformed(
    _ message: String, at offset: UInt64, remedy: String? = nil
  ) -> InitrdError {
    InitrdError(.malformed, message, at: Location(offset: offset), remedy: remedy)
  }

  /// The input ended inside a member.
  static func truncated(_ format: String, at offset: UInt64) -> InitrdError {
    .malformed("truncated \(format): the input ends after \(offset) bytes of it", at: offset)
  }

  /// A C library could not set up its state.
  static func noMemory(_ codec: String) -> InitrdError {
    InitrdError(.system, "out of memory for the \(codec) codec")
  }

  /// A C library failed where only a fault of ours can make it fail.
  static func codec(_ codec: String, _ what: String) -> InitrdError {
    InitrdError(.system, "the \(codec) codec failed: \(what)")
  }
}

/// What a C library's struct is given at once at most: zlib counts in 32 bits.
let codecPiece = 1 << 30

/// The order of the bytes of a number.
@usableFromInline
package enum ByteOrder: Sendable {
  /// The lowest byte first, as x86 has numbers.
  case little
  /// The highest byte first, as networks and IBM Z have them.
  case big
}

extension Span where Element == UInt8 {
  /// The unsigned number in `width` bytes at `offset`: the library's only reader of binary numbers.
  ///
  /// - Parameters:
  ///   - offset: where it starts; may be any number that was read from the same bytes.
  ///   - width: 1 to 8 bytes.
  ///   - order: which byte comes first.
  /// - Returns: the number; `nil` where it does not lie inside of the bytes.
  @inlinable
  package func number(
    at offset: some BinaryInteger, width: Int, _ order: ByteOrder = .little
  ) -> UInt64? {
    guard let start = Int(exactly: offset), start >= 0, start <= count, width <= count - start
    else { return nil }
    var value: UInt64 = 0
    for index in 0..<width {
      let byte = self[order == .little ? start + width - 1 - index : start + index]
      value = value << 8 | UInt64(byte)
    }
    return value
  }
}

extension UInt32 {
  /// The number's bytes, for a header that is written.
  package func bytes(_ order: ByteOrder) -> [UInt8] {
    let bytes = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: self >> $0) }
    return order == .little ? bytes : bytes.reversed()
  }
}

/// The order of the bytes of a number.
@usableFromInline
package enum ByteOrder: Sendable {
  /// The lowest byte comes first, as on x86.
  case little
  /// The highest byte comes first, as in network protocols and on IBM Z.
  case big
}

extension Span where Element == UInt8 {
  /// The unsigned number in `width` bytes at `offset`. All binary numbers of the library are read with it.
  ///
  /// - Parameters:
  ///   - offset: the offset of the number; any value is allowed, also one that was read from the same bytes.
  ///   - width: 1 to 8 bytes.
  ///   - order: the order of the bytes.
  /// - Returns: the number; `nil` if it is not completely inside of the bytes.
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
  /// The bytes of the number.
  package func bytes(_ order: ByteOrder) -> [UInt8] {
    let bytes = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: self >> $0) }
    return order == .little ? bytes : bytes.reversed()
  }
}

/// The order in which a number's bytes stand.
package enum ByteOrder: Sendable {
  /// The lowest byte first, as x86 has numbers.
  case little
  /// The highest byte first, as networks and IBM Z have them.
  case big
}

extension Span where Element == UInt8 {
  /// The unsigned number in `width` bytes at `offset`.
  ///
  /// - Parameters:
  ///   - offset: where it starts; may be any number that was read from the same bytes.
  ///   - width: 1 to 8 bytes.
  ///   - order: which byte comes first.
  /// - Returns: the number; `nil` where it does not lie inside of the bytes.
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

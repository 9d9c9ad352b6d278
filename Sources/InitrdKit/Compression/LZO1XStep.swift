/// The best choice at one position of a stretch. Costs are the bytes up to the end of the stretch.
///
/// Not private to the encoder, because the compiler (6.3.1, debug) fails for a private type in a table.
struct LZO1XStep {
  /// The smallest cost after the end of a match, and the number of literals that come first then.
  var cost: Int32 = 0
  var literals: Int32 = 0
  /// The best choices that begin with a match: after no literals, after 1 to 3, and after more.
  var afterNone = Option()
  var afterFew = Option()
  var afterMany = Option()

  struct Option {
    var cost: Int32 = 0
    var match = LZO1XMatch()

    /// An option that costs more than any block.
    static let impossible = Option(cost: 1 << 29)

    /// Takes a match if it is cheaper, including the cost of everything after it.
    ///
    /// - Parameters:
    ///   - length: its length.
    ///   - distance: its distance; 0: no match.
    ///   - bytes: the bytes of its instruction.
    ///   - here: the step of the position, followed by the steps of later positions.
    ///   - room: the number of bytes up to the end of the stretch.
    @inline(__always)
    mutating func consider(
      _ length: Int, _ distance: UInt16, bytes: Int32, before here: UnsafePointer<LZO1XStep>,
      room: Int
    ) {
      if distance == 0 || length > room { return }
      let total = bytes &+ here[length].cost
      if total >= cost { return }
      cost = total
      match = LZO1XMatch(length: UInt16(truncatingIfNeeded: length), distance: distance)
    }
  }
}

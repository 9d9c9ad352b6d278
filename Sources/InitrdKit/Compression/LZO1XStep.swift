/// What is best at one position of a stretch of a block; bytes are counted up to the stretch's end.
///
/// Not private to the encoder: the compiler (6.3.1, debug) can't have a private type in a table.
struct LZO1XStep {
  /// The fewest bytes where a match has just ended, and how many literals come first then.
  var cost: Int32 = 0
  var literals: Int32 = 0
  /// The best that begin with a match: after no literals, after 1 to 3, and after more.
  var afterNone = Option()
  var afterFew = Option()
  var afterMany = Option()

  struct Option {
    var cost: Int32 = 0
    var match = LZO1XMatch()

    /// What costs more than any block.
    static let impossible = Option(cost: 1 << 29)

    /// Takes a match if it is cheaper, with all that follows it.
    ///
    /// - Parameters:
    ///   - length: how long it is.
    ///   - distance: how far back; 0 for no match.
    ///   - bytes: what its instruction needs.
    ///   - here: the position's step, behind which those of later positions are.
    ///   - room: how many bytes there are to the stretch's end.
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

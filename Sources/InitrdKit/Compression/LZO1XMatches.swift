/// A copy of earlier bytes of the block; a length of 0 means no match.
struct LZO1XMatch {
  var length: UInt16 = 0
  var distance: UInt16 = 0
}

extension LZO1XMatch {
  @inline(__always)
  init(length: Int, distance: Int) {
    self.init(
      length: UInt16(truncatingIfNeeded: length), distance: UInt16(truncatingIfNeeded: distance))
  }
}

/// The matches that begin at one position of a block.
struct LZO1XMatches {
  /// The longest match in the reach of each instruction, if it is longer than the matches in shorter reaches.
  private(set) var near = LZO1XMatch()
  private(set) var middle = LZO1XMatch()
  private(set) var far = LZO1XMatch()
  /// The distances of matches of 2 and of 3 bytes for the instructions with these names; 0: there is none.
  var near2: UInt16 = 0
  var near3: UInt16 = 0

  /// The longest match.
  private(set) var longest = LZO1XMatch()

  /// Adds a match that is not nearer than the earlier ones. A match that is not longer than all of them is ignored.
  @inline(__always)
  mutating func add(_ match: LZO1XMatch) {
    // Only near2 can copy fewer than 3 bytes.
    if match.length <= max(2, longest.length) { return }
    longest = match
    if match.distance <= LZO1X.Reach.near {
      near = match
    } else if match.distance <= LZO1X.Reach.middle {
      middle = match
    } else {
      far = match
    }
  }
}

/// Memory for plain values, with one owner.
///
/// `@unchecked`: for the same reason as ``CodecBuffer``.
struct LZO1XTable<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  let start: UnsafeMutablePointer<Element>
  private let count: Int

  init(_ count: Int) {
    start = .allocate(capacity: count)
    self.count = count
  }

  deinit { start.deallocate() }

  func fill(_ value: Element) { start.update(repeating: value, count: count) }
}

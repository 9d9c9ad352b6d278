/// A copy of bytes that came before; its length is 0 where there is none.
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
  /// The longest match within the reach of each instruction, where it is longer than that of the
  /// one before.
  private(set) var near = LZO1XMatch()
  private(set) var middle = LZO1XMatch()
  private(set) var far = LZO1XMatch()
  /// The distance of a match of 2 bytes, and of one of 3 bytes, that the instructions of these names
  /// can tell; 0 where there is none.
  var near2: UInt16 = 0
  var near3: UInt16 = 0

  /// The longest of them.
  private(set) var longest = LZO1XMatch()

  /// Adds a match that is not nearer than those before it; it counts if it is longer.
  @inline(__always)
  mutating func add(_ match: LZO1XMatch) {
    // There is no instruction for fewer, but for near2.
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

/// Memory for plain values, of one owner.
///
/// `@unchecked`: as with ``CodecBuffer``.
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

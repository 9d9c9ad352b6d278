/// Encodes blocks, stretch by stretch: finds all matches of a stretch, then computes the cheapest sequence of instructions
/// from its end to its start.
///
/// A stretch ends at a match that is long enough to be used without comparing. The level sets this length, and the
/// effort of the search for matches.
struct LZO1XEncoder: ~Copyable {
  private let finder: LZO1XMatchFinder
  /// The matches and the best choice for each position of a stretch.
  private let matches: LZO1XTable<LZO1XMatches>
  private let steps: LZO1XTable<LZO1XStep>

  /// - Parameters:
  ///   - level: 1 to 9.
  ///   - blockSize: the maximum size of a block in bytes.
  init(level: Int, blockSize: Int) {
    let effort = Self.efforts[level - 1]
    finder = LZO1XMatchFinder(depth: effort.depth, enough: effort.enough)
    matches = LZO1XTable(blockSize + 1)
    steps = LZO1XTable(blockSize + 1)
  }

  /// For each level: the number of examined nodes of the finder's trees, and the length of a match that ends a stretch.
  private static let efforts: [(depth: Int, enough: Int)] = [
    (1, 4), (1, 8), (2, 8), (2, 16), (4, 32), (8, 32), (16, 64), (24, 96), (48, 128),
  ]

  /// Encodes a block.
  ///
  /// - Parameters:
  ///   - input: the block, not empty.
  ///   - output: memory for ``LZO1X/bound(_:)`` bytes.
  /// - Returns: the size of the encoded block in bytes.
  func encode(
    _ input: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    guard let bytes = input.baseAddress else { return 0 }
    finder.reset()
    var writer = LZO1XWriter(bytes, to: output)
    var start = 0
    var position = 0
    while position < input.count {
      let found = finder.find(at: position, in: input)
      matches.start[position] = found
      if found.longest.length < finder.enough {
        position &+= 1
        continue
      }
      write(start..<position, to: &writer)
      writer.put(found.longest, at: position)
      start = position + Int(found.longest.length)
      // Only its last bytes are entered: the others can be found at the source of the match.
      finder.skip(max(position + 1, start - finder.enough)..<start, in: input)
      position = start
    }
    write(start..<position, to: &writer)
    writer.finish(at: position)
    return writer.count
  }

  /// Writes the matches of a stretch. Literals at its end are written with the next match.
  private func write(_ stretch: Range<Int>, to writer: inout LZO1XWriter) {
    plan(stretch)
    var position = stretch.lowerBound
    while position < stretch.upperBound {
      let count = Int(steps.start[position].literals)
      position &+= count
      if position == stretch.upperBound { return }
      let step = steps.start[position]
      let option = count == 0 ? step.afterNone : count < 4 ? step.afterFew : step.afterMany
      writer.put(option.match, at: position)
      position &+= Int(option.match.length)
    }
  }

  /// Computes the best choice for each position of a stretch, from its end to its start.
  private func plan(_ stretch: Range<Int>) {
    let end = stretch.upperBound
    let steps = steps.start
    steps[end] = LZO1XStep()
    // The end of the best run of 4 literals or more, and its cost without the part that is the same for all runs from
    // one position.
    var runEnd = end
    var runCost = LZO1XStep.Option.impossible.cost
    var position = end
    while position > stretch.lowerBound {
      position &-= 1
      let room = end &- position
      let here = steps + position
      let found = matches.start[position]
      let option = cheapest(found, before: here, room: room)
      var step = LZO1XStep(
        cost: option.cost, afterNone: option, afterFew: option, afterMany: option)
      step.afterFew.consider(2, found.near2, bytes: 2, before: here, room: room)
      step.afterMany.consider(3, found.near3, bytes: 2, before: here, room: room)

      var count = 1
      while count <= min(3, room) {
        let cost = here[count].afterFew.cost &+ Int32(truncatingIfNeeded: count)
        if cost < step.cost {
          step.cost = cost
          step.literals = Int32(truncatingIfNeeded: count)
        }
        count &+= 1
      }
      if room >= 4 {
        let newCost = here[4].afterMany.cost &+ Int32(truncatingIfNeeded: position &+ 4)
        // If the costs are equal, the shorter run is better: its length needs no more bytes.
        if newCost <= runCost { (runCost, runEnd) = (newCost, position &+ 4) }
        let count = runEnd &- position
        let cost =
          runCost &- Int32(truncatingIfNeeded: position) &+ 1
          &+ moreBytes(count, LZO1X.Short.literals)
        if cost < step.cost {
          step.cost = cost
          step.literals = Int32(truncatingIfNeeded: count)
        }
      }
      here.pointee = step
    }
  }

  /// The cheapest of the matches that may follow any number of literals.
  @inline(__always)
  private func cheapest(
    _ found: LZO1XMatches, before here: UnsafePointer<LZO1XStep>, room: Int
  ) -> LZO1XStep.Option {
    var best = LZO1XStep.Option.impossible
    if room < 3 { return best }
    // The longest of the lengths with the same cost is used: the remaining cost nearly always falls along the block.
    // Trying four lengths saved only 0.03 %.
    func consider(_ match: LZO1XMatch, upTo short: Int) {
      let length = min(Int(match.length), room)
      best.consider(min(length, short), match.distance, bytes: 3, before: here, room: room)
      if length > short {
        best.consider(
          length, match.distance, bytes: 3 &+ moreBytes(length, short), before: here, room: room)
      }
    }
    let near = min(Int(found.near.length), LZO1X.Short.near, room)
    best.consider(near, found.near.distance, bytes: 2, before: here, room: room)
    if found.near.length > LZO1X.Short.near { consider(found.near, upTo: LZO1X.Short.middle) }
    consider(found.middle, upTo: LZO1X.Short.middle)
    consider(found.far, upTo: LZO1X.Short.far)
    return best
  }
}

/// The number of additional bytes that a length needs after its instruction.
@inline(__always)
private func moreBytes(_ length: Int, _ short: Int) -> Int32 {
  length > short ? Int32(truncatingIfNeeded: (length &- short &+ 254) / 255) : 0
}

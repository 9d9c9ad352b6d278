/// Finds the matches of a block: the nearest ones of 2 and of 3 bytes, and longer ones with binary trees.
///
/// There is a tree for each hash of 4 bytes. Its nodes are positions, sorted by the bytes that follow them. Its root is
/// the latest position, and every node is later than its sons. So the path from the root to a new position contains the
/// nearest match of each length.
struct LZO1XMatchFinder: ~Copyable {
  /// The maximum number of examined nodes of a tree.
  let depth: Int
  /// The length of a match that ends the search.
  let enough: Int

  /// The latest positions with a hash of 2, 3 and 4 bytes.
  private let pairs = LZO1XTable<Int32>(1 << 12)
  private let triples = LZO1XTable<Int32>(1 << 14)
  private let quads = LZO1XTable<Int32>(1 << 15)
  /// The two sons of each position, smaller and larger. The index is the position modulo 65536, more than any distance.
  private let sons = LZO1XTable<Int32>(2 << 16)

  /// A position before the block that is too far away for a match.
  private static let nowhere: Int32 = -1 << 16

  init(depth: Int, enough: Int) {
    self.depth = depth
    self.enough = enough
  }

  /// Forgets the previous block.
  func reset() {
    pairs.fill(Self.nowhere)
    triples.fill(Self.nowhere)
    quads.fill(Self.nowhere)
  }

  /// Enters a position, which must be after all entered ones, and finds its matches.
  func find(at position: Int, in input: UnsafeBufferPointer<UInt8>) -> LZO1XMatches {
    var found = LZO1XMatches()
    guard let bytes = input.baseAddress, input.count &- position >= 4 else { return found }
    let here = bytes + position
    let most = min(input.count &- position, Int(UInt16.max))
    let (pair, triple, quad) = enter(position, here)
    let pairDistance = position &- pair
    if pairDistance <= LZO1X.Reach.near2, word(bytes + pair) << 16 == word(here) << 16 {
      found.near2 = UInt16(truncatingIfNeeded: pairDistance)
    }
    let distance = position &- triple
    if distance <= LZO1X.Reach.far, word(bytes + triple) << 8 == word(here) << 8 {
      let length = matchLength(bytes + triple, here, from: 3, most: most)
      found.add(LZO1XMatch(length: length, distance: distance))
      if LZO1X.Reach.near < distance, distance <= LZO1X.Reach.near3 {
        found.near3 = UInt16(truncatingIfNeeded: distance)
      }
    }
    let limit = min(enough, most)
    if let node = plant(position, bytes, under: quad, limit: limit, &found) {
      let length = matchLength(bytes + node, here, from: limit, most: most)
      found.add(LZO1XMatch(length: length, distance: position &- node))
    }
    return found
  }

  /// Enters positions without looking for their matches.
  func skip(_ positions: Range<Int>, in input: UnsafeBufferPointer<UInt8>) {
    guard let bytes = input.baseAddress else { return }
    var ignored = LZO1XMatches()
    var position = positions.lowerBound
    while position < positions.upperBound, input.count &- position >= 4 {
      let quad = enter(position, bytes + position).quad
      let limit = min(enough, input.count &- position)
      _ = plant(position, bytes, under: quad, limit: limit, &ignored)
      position &+= 1
    }
  }

  /// Enters the hashes of a position; returns the previous positions with the same hashes.
  @inline(__always)
  private func enter(
    _ position: Int, _ here: UnsafePointer<UInt8>
  ) -> (pair: Int, triple: Int, quad: Int) {
    let bytes = word(here)
    let pair = pairs.start + Int((bytes << 16 &* 0x9e37_79b1) >> 20)
    let triple = triples.start + Int((bytes << 8 &* 0x9e37_79b1) >> 18)
    let quad = quads.start + Int((bytes &* 0x9e37_79b1) >> 17)
    let before = (Int(pair.pointee), Int(triple.pointee), Int(quad.pointee))
    let entry = Int32(truncatingIfNeeded: position)
    pair.pointee = entry
    triple.pointee = entry
    quad.pointee = entry
    return before
  }

  /// Makes a position the new root of the tree with the root `root`, and adds the matches on its path that are shorter
  /// than `limit`. Returns the node of the first longer match, which the position replaces.
  @inline(__always)
  private func plant(
    _ position: Int, _ bytes: UnsafePointer<UInt8>, under root: Int, limit: Int,
    _ found: inout LZO1XMatches
  ) -> Int? {
    let here = bytes + position
    let sons = sons.start
    // The places for the next smaller node and for the next larger node.
    var smaller = sons + 2 &* (position & 0xffff)
    var larger = smaller + 1
    // All nodes between two nodes share with the position at least the smaller number of their common bytes.
    var smallerLength = 0
    var largerLength = 0
    var node = root
    var left = depth
    while left > 0, position &- node <= LZO1X.Reach.far {
      left &-= 1
      let length = matchLength(
        bytes + node, here, from: min(smallerLength, largerLength), most: limit)
      let pair = sons + 2 &* (node & 0xffff)
      if length == limit {
        smaller.pointee = pair[0]
        larger.pointee = pair[1]
        return node
      }
      found.add(LZO1XMatch(length: length, distance: position &- node))
      let isSmaller = bytes[node &+ length] < here[length]
      if isSmaller {
        smaller.pointee = Int32(truncatingIfNeeded: node)
        smaller = pair + 1
        smallerLength = length
      } else {
        larger.pointee = Int32(truncatingIfNeeded: node)
        larger = pair
        largerLength = length
      }
      node = Int(isSmaller ? pair[1] : pair[0])
    }
    smaller.pointee = Self.nowhere
    larger.pointee = Self.nowhere
    return nil
  }
}

/// The number of equal bytes at two places. The first `from` bytes are known to be equal; at most `most` are compared.
@inline(__always)
private func matchLength(
  _ before: UnsafePointer<UInt8>, _ here: UnsafePointer<UInt8>, from: Int, most: Int
) -> Int {
  var length = from
  while length &+ 8 <= most {
    let a = UnsafeRawPointer(before + length).loadUnaligned(as: UInt64.self)
    let b = UnsafeRawPointer(here + length).loadUnaligned(as: UInt64.self)
    if a != b { return length &+ (a ^ b).littleEndian.trailingZeroBitCount / 8 }
    length &+= 8
  }
  while length < most, before[length] == here[length] { length &+= 1 }
  return length
}

/// 4 bytes as a number, the first one lowest.
@inline(__always)
private func word(_ place: UnsafePointer<UInt8>) -> UInt32 {
  UInt32(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt32.self))
}

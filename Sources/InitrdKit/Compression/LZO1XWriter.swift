/// Writes the instructions of one block. The output must have room for ``LZO1X/bound(_:)`` bytes.
struct LZO1XWriter {
  private let input: UnsafePointer<UInt8>
  private let output: UnsafeMutablePointer<UInt8>
  /// The number of bytes of the block that the instructions cover so far.
  private(set) var covered = 0
  private(set) var count = 0

  init(_ input: UnsafePointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) {
    self.input = input
    self.output = output
  }

  /// Writes a match at `position`, and the literals before it.
  mutating func put(_ match: LZO1XMatch, at position: Int) {
    let length = Int(match.length)
    let distance = Int(match.distance)
    let literals = position - covered
    putLiterals(until: position)
    covered = position + length
    typealias Reach = LZO1X.Reach
    if length == 2 {
      putTwo(0, distance - 1, bits: 2)
    } else if length == 3, literals >= 4, Reach.near + 1...Reach.near3 ~= distance {
      putTwo(0, distance - Reach.near - 1, bits: 2)
    } else if length <= LZO1X.Short.near, distance <= Reach.near {
      putTwo((length - 1) << 5, distance - 1, bits: 3)
    } else if distance <= Reach.middle {
      putLength(32, length - 2, most: 31)
      putDistance(distance - 1)
    } else {
      let distance = distance - Reach.middle
      putLength(16 | distance >> 11 & 8, length - 2, most: 7)
      putDistance(distance)
    }
  }

  /// Writes the literals up to the end of the block, and the end instruction.
  mutating func finish(at end: Int) {
    putLiterals(until: end)
    for byte in LZO1X.end { put(Int(byte)) }
  }

  private mutating func putLiterals(until end: Int) {
    let literals = end - covered
    if literals == 0 { return }
    if covered == 0, literals <= LZO1X.Short.firstLiterals {
      put(17 + literals)
    } else if literals <= 3 {
      // The second-to-last byte of every match instruction contains SS.
      output[count - 2] |= UInt8(literals)
    } else {
      putLength(0, literals - 3, most: 15)
    }
    (output + count).update(from: input + covered, count: literals)
    count += literals
  }

  /// Writes an instruction of two bytes. The first contains the low `bits` of the distance.
  private mutating func putTwo(_ code: Int, _ distance: Int, bits: Int) {
    put(code | (distance & (1 << bits - 1)) << 2)
    put(distance >> bits)
  }

  private mutating func putLength(_ code: Int, _ length: Int, most: Int) {
    if length <= most { return put(code | length) }
    put(code)
    var rest = length - most
    while rest > 255 {
      put(0)
      rest -= 255
    }
    put(rest)
  }

  private mutating func putDistance(_ distance: Int) {
    put(distance << 2 & 0xff)
    put(distance >> 6 & 0xff)
  }

  private mutating func put(_ byte: Int) {
    output[count] = UInt8(truncatingIfNeeded: byte)
    count += 1
  }
}

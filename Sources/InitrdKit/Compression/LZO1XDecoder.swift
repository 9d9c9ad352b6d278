extension LZO1X {
  /// Decodes a block that must fill `output` exactly.
  ///
  /// - Parameters:
  ///   - input: the block.
  ///   - offset: the offset of the block in the member, for errors.
  ///   - output: the memory to fill.
  /// - Throws: ``InitrdError`` with the code `malformed` and the offset of the invalid instruction.
  static func decode(
    _ input: UnsafeBufferPointer<UInt8>, at offset: UInt64,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(InitrdError) {
    guard let source = input.baseAddress, let target = output.baseAddress else {
      throw .malformed("broken lzo block: the block is empty", at: offset)
    }
    var decoder = LZO1XDecoder(
      input: source, inputEnd: input.count, output: target, outputEnd: output.count)
    do throws(LZO1XDecoder.Fault) {
      try decoder.run()
    } catch {
      throw .malformed(
        "broken lzo block: \(error.rawValue)", at: offset + UInt64(decoder.instruction))
    }
  }
}

/// The state of decoding one block. Every read and write is checked before.
private struct LZO1XDecoder {
  let input: UnsafePointer<UInt8>
  let inputEnd: Int
  let output: UnsafeMutablePointer<UInt8>
  let outputEnd: Int
  /// The offset of the current instruction.
  var instruction = 0
  var read = 0
  var written = 0

  /// The fault of a block. Such a small error costs no time if it is not thrown.
  enum Fault: String, Error {
    case cut = "the block ends inside an instruction"
    case distance = "a match starts before the block"
    case long = "the content is longer than the header says"
    case short = "the content is shorter than the header says"
    case trailing = "bytes follow the end"
  }

  mutating func run() throws(Fault) {
    // The number of literals before this instruction; 4 stands for 4 or more.
    var literals = 0
    if inputEnd > 0, input[0] > 17 {
      read = 1
      literals = Int(input[0]) - 17
      try copyLiterals(literals)
    }
    while true {
      instruction = read
      // At least 3 bytes are left: those of this instruction, or those of the end.
      guard inputEnd - read >= 3 else { throw .cut }
      let code = Int(input[read])
      read += 1
      var length: Int
      var distance: Int
      if code >= 64 {
        length = code >> 5 + 1
        distance = (Int(input[read]) << 3 | code >> 2 & 7) + 1
        read += 1
        literals = code & 3
      } else if code >= 16 {
        let isFar = code < 32
        let mask = isFar ? 7 : 31
        length = code & mask
        if length == 0 { length = try longLength(mask) }
        length += 2
        guard inputEnd - read >= 2 else { throw .cut }
        let word = Int(input[read]) | Int(input[read + 1]) << 8
        read += 2
        literals = word & 3
        distance = word >> 2 + 1
        if isFar {
          distance += LZO1X.Reach.middle - 1 + (code & 8) << 11
          if distance == LZO1X.Reach.middle { return try end(length) }
        }
      } else if literals == 0 {
        try copyLiterals(3 + (code == 0 ? try longLength(15) : code))
        literals = 4
        continue
      } else {
        length = literals < 4 ? 2 : 3
        distance = (Int(input[read]) << 2 | code >> 2) + 1
        if literals >= 4 { distance += LZO1X.Reach.near }
        read += 1
        literals = code & 3
      }
      try copyMatch(length, distance)
      try copyLiterals(literals)
    }
  }

  private func end(_ length: Int) throws(Fault) {
    // The kernel accepts the end only in this form.
    guard length == 3 else { throw .distance }
    guard read == inputEnd else { throw .trailing }
    guard written == outputEnd else { throw .short }
  }

  /// A length that does not fit in its instruction: `base` plus the values of the next bytes.
  private mutating func longLength(_ base: Int) throws(Fault) -> Int {
    // The sum can't overflow: the size of the input limits it.
    var length = base
    while read < inputEnd {
      let byte = Int(input[read])
      read += 1
      if byte != 0 { return length + byte }
      length += 255
    }
    throw .cut
  }

  @inline(__always)
  private mutating func copyLiterals(_ count: Int) throws(Fault) {
    guard count <= inputEnd &- read else { throw .cut }
    guard count <= outputEnd &- written else { throw .long }
    let source = input + read
    let target = output + written
    if count <= 8, inputEnd &- read >= 8, outputEnd &- written >= 8 {
      copyWord(source, target)
    } else {
      target.update(from: source, count: count)
    }
    read &+= count
    written &+= count
  }

  @inline(__always)
  private mutating func copyMatch(_ length: Int, _ distance: Int) throws(Fault) {
    guard distance <= written else { throw .distance }
    guard length <= outputEnd &- written else { throw .long }
    let target = output + written
    let source = UnsafePointer(target - distance)
    if distance >= 8, outputEnd &- written &- length >= 8 {
      // Copying words may write up to 7 extra bytes, which later instructions overwrite.
      var done = 0
      repeat {
        copyWord(source + done, target + done)
        done &+= 8
      } while done < length
    } else if distance == 1 {
      target.update(repeating: source[0], count: length)
    } else {
      // If source and target overlap, the match repeats itself.
      for index in 0..<length { target[index] = source[index] }
    }
    written &+= length
  }
}

@inline(__always)
private func copyWord(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) {
  let word = UnsafeRawPointer(source).loadUnaligned(as: UInt64.self)
  UnsafeMutableRawPointer(target).storeBytes(of: word, as: UInt64.self)
}

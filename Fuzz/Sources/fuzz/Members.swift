import InitrdKit

/// The largest accepted content of a member, in bytes.
private let room = 4 << 20

/// Decompresses a member at once and in pieces, which must give the same. Then reads it as a file and as an
/// image.
func fuzzMember(_ bytes: [UInt8], _ format: Compression) {
  let size = 1 + bytes.count % 127
  let whole = unpacked(bytes, format, inPiecesOf: max(1, bytes.count))
  let pieces = unpacked(bytes, format, inPiecesOf: size)
  switch (whole, pieces) {
  case (.success(let whole), .success(let pieces)):
    if whole != pieces { broken("a member read in pieces of \(size) bytes has the same content") }
  case (.failure, .failure): break
  // A whole frame is decoded without a window, so it needs less memory.
  case (.success, .failure(let error)) where format == .zstd && error.code == .limit: break
  default: broken("a member read in pieces of \(size) bytes ends the same way")
  }
  _ = outcome { () throws(InitrdError) in
    try Decompressor.decompressWhole(
      bytes, format: format, limit: room, memoryLimit: limits.memory)
  }
  // Images are read by decoders that check less; `list` has its own decoder for gzip.
  let path = InputFile.holding(bytes)
  _ = check(path)
  if format == .gzip {
    _ = outcome { () throws(InitrdError) in try ImageListing(path, limits: limits) }
  }
}

private func unpacked(
  _ bytes: [UInt8], _ format: Compression, inPiecesOf size: Int
) -> Outcome<[UInt8]> {
  outcome { () throws(InitrdError) in
    var result: [UInt8] = []
    var member = try Decompressor(format, memoryLimit: limits.memory)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + size)
      let progress = try member.decompress(bytes.span.extracting(start..<end)) {
        (piece) throws(InitrdError) in
        guard piece.count <= room - result.count else { throw InitrdError(.limit, "enough") }
        piece.withUnsafeBufferPointer { result += $0 }
      }
      if progress.ended { break }
      if progress.consumed != end - start { broken("a member without an end consumes all bytes") }
      start = end
    }
    try member.finish()
    return result
  }
}

/// Compresses content in pieces, decompresses it and compares. The first byte chooses the format, the second
/// one the level and the size of the pieces.
func fuzzPacking(_ bytes: [UInt8]) {
  guard bytes.count >= 2 else { return }
  let formats = Compression.allCases.filter { $0 != .uncompressed }
  let format = formats[Int(bytes[0]) % formats.count]
  guard let levels = format.levels else { return }
  // Higher levels need much memory and time.
  let level = levels.lowerBound + Int(bytes[1]) % min(levels.count, format == .zstd ? 12 : 9)
  let content = Array(bytes.dropFirst(2))
  let size = 1 + Int(bytes[1]) * 31
  let result = outcome { () throws(InitrdError) in
    var packed: [UInt8] = []
    let sink = { (piece: Span<UInt8>) throws(InitrdError) in
      piece.withUnsafeBufferPointer { packed += $0 }
    }
    var compressor = try Compressor(
      format, level: level, contentSize: UInt64(content.count), x86Filter: format == .xz)
    for start in stride(from: 0, to: content.count, by: size) {
      let end = min(content.count, start + size)
      try compressor.write(content.span.extracting(start..<end), to: sink)
    }
    try compressor.finish(to: sink)
    return try Decompressor.decompressWhole(packed, format: format, limit: room)
  }
  guard case .success(content) = result else {
    broken("\(format) at level \(level) restores its content: \(result)")
  }
}

extension Result where Success == [UInt8] {
  /// Matches a success with this value.
  fileprivate static func ~= (pattern: Success, value: Self) -> Bool {
    if case .success(let found) = value { found == pattern } else { false }
  }
}

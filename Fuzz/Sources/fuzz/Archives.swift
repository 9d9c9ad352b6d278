import InitrdKit

/// What a reader told of an archive.
private struct Told: Equatable {
  var entries: [NewcReader.Entry] = []
  var data: [UInt8] = []
  var consumed = 0
  var error: InitrdError?
}

/// Reads an archive at once and in pieces, which must tell the same, and its first bytes as a header alone.
func fuzzArchive(_ bytes: [UInt8]) {
  if bytes.count >= NewcHeader.length {
    _ = outcome { () throws(InitrdError) in try NewcHeader(parsing: bytes.span) }
  }
  let size = 1 + bytes.count % 127
  if read(bytes, inPiecesOf: max(1, bytes.count)) != read(bytes, inPiecesOf: size) {
    broken("an archive in pieces of \(size) bytes is the same archive")
  }
}

private func read(_ bytes: [UInt8], inPiecesOf size: Int) -> Told {
  var told = Told()
  var reader = NewcReader()
  do throws(InitrdError) {
    while told.consumed < bytes.count, !reader.isEnded {
      let end = min(bytes.count, told.consumed + size)
      var (entries, data) = (told.entries, told.data)
      defer { (told.entries, told.data) = (entries, data) }
      told.consumed += try reader.read(
        bytes.span.extracting(told.consumed..<end),
        entry: { entry in
          entries.append(entry)
          return .goOn
        },
        data: { piece in piece.withUnsafeBufferPointer { data += $0 } })
    }
  } catch {
    // How much of the piece with the error was read is not told.
    told.error = error
    told.consumed = 0
  }
  return told
}

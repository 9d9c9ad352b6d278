import InitrdKit

/// What a reader returned for an archive.
private struct Reading: Equatable {
  var entries: [NewcReader.Entry] = []
  var data: [UInt8] = []
  var consumed = 0
  var error: InitrdError?
}

/// Reads an archive at once and in pieces; both must return the same. Also parses the first bytes as a
/// header.
func fuzzArchive(_ bytes: [UInt8]) {
  if bytes.count >= NewcHeader.length {
    _ = outcome { () throws(InitrdError) in try NewcHeader(parsing: bytes.span) }
  }
  let size = 1 + bytes.count % 127
  if read(bytes, inPiecesOf: max(1, bytes.count)) != read(bytes, inPiecesOf: size) {
    broken("an archive read in pieces of \(size) bytes gives the same entries")
  }
}

private func read(_ bytes: [UInt8], inPiecesOf size: Int) -> Reading {
  var reading = Reading()
  var reader = NewcReader()
  do throws(InitrdError) {
    while reading.consumed < bytes.count, !reader.isEnded {
      let end = min(bytes.count, reading.consumed + size)
      var (entries, data) = (reading.entries, reading.data)
      defer { (reading.entries, reading.data) = (entries, data) }
      reading.consumed += try reader.read(
        bytes.span.extracting(reading.consumed..<end),
        entry: { entry in
          entries.append(entry)
          return .goOn
        },
        data: { piece in piece.withUnsafeBufferPointer { data += $0 } })
    }
  } catch {
    // The reader does not tell how much of the failing piece it consumed.
    reading.error = error
    reading.consumed = 0
  }
  return reading
}

/// Reads the uncompressed data of one member: archives, with NULs between them.
struct MemberPayload {
  var archive: NewcReader
  private var offset: UInt64 = 0

  init(_ reader: NewcReader, isFirst: Bool) {
    // NULs may precede an archive, but not the first one of the first segment.
    archive = isFirst ? reader : reader.ended
  }

  mutating func read(
    _ bytes: Span<UInt8>, entry: (NewcReader.Entry) throws(InitrdError) -> ReadStep,
    data: ImageReader.DataHandler
  ) throws(InitrdError) -> ReadStep {
    var position = 0
    while position < bytes.count {
      if archive.isEnded {
        while position < bytes.count, bytes[position] == 0 { position += 1 }
        if position == bytes.count { break }
        guard (offset + UInt64(position)) % 4 == 0 else {
          throw .broken(
            "broken-padding", "an archive in a compressed member does not start at a multiple of 4",
            at: 0, remedy: "pad the bytes before it with NULs to a multiple of 4")
        }
        guard bytes[position] == UInt8(ascii: "0") else {
          throw .broken(
            "member-junk", "a compressed member contains data that is not an archive", at: 0)
        }
        archive = archive.next
      }
      do {
        position += try archive.read(bytes.extracting(position...), entry: entry, data: data)
      } catch {
        // An offset in uncompressed data would be mistaken for an offset in the file.
        var located = error
        if located.location?.file == nil { located.location = .init(offset: 0) }
        throw located
      }
      if archive.isStopped { return .stop }
    }
    offset += UInt64(bytes.count)
    return .goOn
  }
}

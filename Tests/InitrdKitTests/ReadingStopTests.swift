import Foundation
import InitrdKit
import TestSupport
import Testing

/// Whoever has what it wants of an image stops the reading by a value, and nothing behind is read any more.
@Suite struct ReadingStopTests {
  /// An archive of `a`, `b` and `c`, and NULs behind it that would break any limit, as one member of the image.
  private func image(_ compression: Compression, in folder: TemporaryFolder) throws -> String {
    var archive: [UInt8] = []
    let collect = { (piece: Span<UInt8>) throws(InitrdError) in
      piece.withUnsafeBufferPointer { archive += $0 }
    }
    var writer = NewcWriter()
    for name in ["a", "b", "c"] {
      var header = NewcHeader()
      (header.mode, header.fileSize) = (0o100644, 4)
      try writer.begin(header, name: Array(name.utf8), to: collect)
      try writer.data([1, 2, 3, 4].span, to: collect)
      try writer.end(to: collect)
    }
    try writer.finish(to: collect)
    archive += [UInt8](repeating: 0, count: 64 << 20)
    var bytes: [UInt8] = []
    var compressor = try Compressor(compression, level: 1, contentSize: UInt64(archive.count))
    let add = { (piece: Span<UInt8>) throws(InitrdError) in
      piece.withUnsafeBufferPointer { bytes += $0 }
    }
    try compressor.write(archive.span, to: add)
    try compressor.finish(to: add)
    try folder.write("image", bytes)
    return folder.path("image")
  }

  @Test(arguments: Compression.allCases.filter { $0 != .uncompressed })
  func nothingIsReadBehindAStop(compression: Compression) throws {
    let folder = try TemporaryFolder()
    let image = try image(compression, in: folder)
    // lz4 comes in blocks of 8 MiB; all others in pieces of 256 KiB or less.
    var reader = try ImageReader(image, .init(maxUncompressed: 8 << 20))
    var names: [String] = []
    var data: [UInt8] = []
    try reader.read(
      selecting: { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        names.append(String(decoding: entry.name, as: UTF8.self))
        return names.last == "a" ? .skipData : names.last == "b" ? .readData : .stop
      },
      data: { (piece: Span<UInt8>) throws(InitrdError) in
        piece.withUnsafeBufferPointer { data += $0 }
      })
    #expect(names == ["a", "b", "c"])
    #expect(data == [1, 2, 3, 4])
    #expect(reader.segments.map(\.entries) == [3])
    // Read to its end, the same image breaks the limit.
    let error = #expect(throws: InitrdError.self) {
      try reader.read { (_: NewcReader.Entry, _: Int) throws(InitrdError) in }
    }
    #expect(error?.code == .limit)
  }
}

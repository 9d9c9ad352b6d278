import Foundation
import InitrdKit
import TestSupport
import Testing

/// A closure can stop the reading by its return value; nothing after that is read.
@Suite struct ReadingStopTests {
  /// An image of one member: an archive with `a`, `b` and `c`, then NULs that exceed the limit.
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
  func readingEndsAtTheValueStop(compression: Compression) throws {
    let folder = try TemporaryFolder()
    let image = try image(compression, in: folder)
    // lz4 is read in blocks of 8 MiB, all other formats in pieces of at most 256 KiB.
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
    // The same image exceeds the limit when it is read to the end.
    let error = #expect(throws: InitrdError.self) {
      try reader.read { (_: NewcReader.Entry, _: Int) throws(InitrdError) in }
    }
    #expect(error?.code == .limit)
  }
}

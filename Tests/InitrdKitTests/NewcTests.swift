import Foundation
import InitrdKit
import TestSupport
import Testing

/// One entry of a test archive.
private struct Sample {
  var name: String
  var mode: UInt32
  var links: UInt32 = 1
  var inode: UInt32
  var data: [UInt8] = []
  var rdev: (UInt32, UInt32) = (0, 0)
}

@Suite struct NewcTests {
  private let samples = [
    Sample(name: "dev", mode: 0o040755, inode: 1),
    Sample(name: "dev/console", mode: 0o020600, inode: 2, rdev: (5, 1)),
    Sample(name: "a", mode: 0o100644, links: 2, inode: 3),
    Sample(name: "b", mode: 0o100644, links: 2, inode: 3, data: Array("linked\n".utf8)),
    Sample(name: "link", mode: 0o120777, inode: 4, data: Array("dev/console".utf8)),
    Sample(name: "n\u{0301}", mode: 0o104755, inode: 5, data: [1, 2, 3, 4, 5]),
  ]

  private func archive() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var writer = NewcWriter()
    let sink: NewcWriter.Sink = { (piece: Span<UInt8>) throws(InitrdError) in
      for index in piece.indices { bytes.append(piece[index]) }
    }
    for sample in samples {
      var header = NewcHeader()
      header.inode = sample.inode
      header.mode = sample.mode
      header.links = sample.links
      header.fileSize = UInt32(sample.data.count)
      (header.rdevMajor, header.rdevMinor) = sample.rdev
      try writer.begin(header, name: Array(sample.name.utf8), to: sink)
      try writer.data(sample.data.span, to: sink)
      try writer.end(to: sink)
    }
    try writer.finish(to: sink)
    return bytes
  }

  @Test func headerFieldsAreInTheKernelsOrder() throws {
    let text = String(decoding: try archive()[(110 + 4 + 2)..<(110 + 4 + 2 + 110)], as: UTF8.self)
    #expect(
      text == "070701" + "00000002" + "00002180" + "00000000" + "00000000" + "00000001" + "00000000"
        + "00000000" + "00000000" + "00000000" + "00000005" + "00000001" + "0000000C" + "00000000")
  }

  @Test(arguments: [1, 3, 110, 1 << 20])
  func writtenArchiveIsRead(pieceSize: Int) throws {
    let bytes = try archive()
    var reader = NewcReader()
    var names: [String] = []
    var data: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let piece = Array(bytes[position..<min(bytes.count, position + pieceSize)])
      position += try reader.read(
        piece.span,
        entry: { (entry: NewcReader.Entry) throws(InitrdError) in
          names.append(String(decoding: entry.name, as: UTF8.self))
          return .goOn
        },
        data: { (piece: Span<UInt8>) throws(InitrdError) in
          for index in piece.indices { data.append(piece[index]) }
        })
      if reader.isEnded { break }
    }
    #expect(names.map { Array($0.utf8) } == samples.map { Array($0.name.utf8) })
    #expect(data == samples.flatMap(\.data))
    #expect(reader.isEnded)
    #expect(position == bytes.count)
  }

  @Test(arguments: [["cpio", "-itv", "--quiet"], ["bsdcpio", "-itv", "--quiet"]])
  func otherToolsReadTheArchive(command: [String]) throws {
    let result = try run(command[0], Array(command.dropFirst()), input: Data(try archive()))
    #expect(result.status == 0, "\(result.errors)")
    let names = result.text.split(separator: "\n").map { $0.split(separator: " ").last ?? "" }
    #expect(names.count == samples.count)
    #expect(result.text.contains("link -> dev/console"))
    #expect(result.text.contains("crw-------"))
    #expect(result.text.contains("-rwsr-xr-x"))
  }

  @Test func truncatedArchiveHasNoEnd() throws {
    let bytes = try archive()
    for length in 0..<bytes.count {
      var reader = NewcReader()
      let piece = Array(bytes.prefix(length))
      _ = try reader.read(
        piece.span, entry: { (_: NewcReader.Entry) throws(InitrdError) in .goOn },
        data: { (_: Span<UInt8>) throws(InitrdError) in })
      #expect(!reader.isEnded)
    }
  }

  /// Reads the archive with `text` at `offset`: its entries, with a mark for a damaged header.
  private func read(_ text: String, at offset: Int) throws(InitrdError) -> [NewcReader.Entry] {
    guard var bytes = try? archive() else { return [] }
    bytes.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
    var reader = NewcReader()
    var entries: [NewcReader.Entry] = []
    _ = try reader.read(
      bytes.span,
      entry: { (entry: NewcReader.Entry) throws(InitrdError) in
        entries.append(entry)
        return .goOn
      },
      data: { (_: Span<UInt8>) throws(InitrdError) in })
    return entries
  }

  @Test(arguments: [("070707", "no kernel reads"), ("070703", "expected a newc header")])
  func otherMagicNumbersAreRefused(magic: String, message: String) throws {
    let error = #expect(throws: InitrdError.self) { try read(magic, at: 0) }
    #expect(error?.message.contains(message) == true)
    #expect(error?.code == .malformed)
  }

  /// Linux 6 reads a field up to the first character that is not a digit; Linux 7 refuses it.
  @Test(arguments: [("0000000G", 6, 0), ("0x000010", 6, 16), ("1 000000", 6, 1)])
  func nonHexadecimalFieldsAreReadAsByLinux6(text: String, offset: Int, inode: UInt32) throws {
    let entry = try #require(try read(text, at: offset).first)
    #expect(entry.header.inode == inode)
    #expect(entry.damagedField == offset)
    #expect(try read("0000000a", at: offset).first?.damagedField == nil)
    let header = Array(("070701" + text + String(repeating: "0", count: 96)).utf8)
    let error = #expect(throws: InitrdError.self) { _ = try NewcHeader(parsing: header.span) }
    #expect(error?.message.contains("not hexadecimal") == true)
    #expect(error?.location?.offset == UInt64(offset))
  }

  /// The kernel skips an entry whose name has an impossible size. Here the sizes lead beyond the archive.
  @Test(arguments: ["00000000", "00001001", "FFFFFFFF"])
  func entriesWithImpossibleNameSizesHaveNoName(nameSize: String) throws {
    let entry = try #require(try read(nameSize, at: 94).first)
    #expect(entry.name == [])
  }

  @Test func namesThatTheKernelDropsAreRefused() throws {
    var writer = NewcWriter()
    let sink: NewcWriter.Sink = { (_: Span<UInt8>) throws(InitrdError) in }
    for name in [[], [UInt8](repeating: 97, count: 4096), [97, 0, 98]] {
      #expect(throws: InitrdError.self) { try writer.begin(NewcHeader(), name: name, to: sink) }
    }
    try writer.begin(NewcHeader(), name: [UInt8](repeating: 97, count: 4095), to: sink)
  }

  @Test func dataMustHaveTheAnnouncedSize() throws {
    let sink: NewcWriter.Sink = { (_: Span<UInt8>) throws(InitrdError) in }
    var header = NewcHeader()
    header.fileSize = 3
    let (two, four): ([UInt8], [UInt8]) = ([1, 2], [1, 2, 3, 4])
    var short = NewcWriter()
    try short.begin(header, name: [97], to: sink)
    try short.data(two.span, to: sink)
    #expect(throws: InitrdError.self) { try short.end(to: sink) }
    var long = NewcWriter()
    try long.begin(header, name: [97], to: sink)
    #expect(throws: InitrdError.self) { try long.data(four.span, to: sink) }
  }
}

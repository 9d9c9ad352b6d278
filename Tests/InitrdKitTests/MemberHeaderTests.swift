import BaseKit
import Testing

@testable import InitrdKit

/// Headers that are not in the corpus, or whose fields are read by several parts of the library.
@Suite struct MemberHeaderTests {
  // A span cannot be used inside `#expect`.
  private func gzip(_ member: [UInt8]) -> GzipHeader? { GzipHeader(member.span) }
  private func xz(_ member: [UInt8]) -> XZHeader? { XZHeader(member.span) }
  private func zstd(_ member: [UInt8]) -> ZstdFrameHeader? { ZstdFrameHeader(member.span) }
  private func lzma(_ member: [UInt8]) -> LZMAHeader? { LZMAHeader(member.span) }

  /// Reads the header of each compressor's output; a truncated header is not a header.
  @Test(arguments: [Compression.gzip, .xz, .zstd, .lzma])
  func headersOfOurMembersAreRead(compression: Compression) throws {
    let content = [UInt8](repeating: 7, count: 70_000)
    var compressor = try Compressor(compression, contentSize: UInt64(content.count))
    var member: [UInt8] = []
    let sink = { (piece: Span<UInt8>) throws(InitrdError) in
      piece.withUnsafeBufferPointer { member += $0 }
    }
    try compressor.write(content.span, to: sink)
    try compressor.finish(to: sink)
    switch compression {
    case .gzip:
      let header = try #require(gzip(member))
      #expect(header.hasUsualMagic && header.isDeflate && header.flags.isEmpty)
      #expect(header.modified == 0 && header.effort == 2)
      let end = Array(member.suffix(8))
      let trailer = GzipHeader.Trailer(end.span)
      #expect(trailer?.contentSize == 70_000)
      #expect(gzip(Array(member[..<9])) == nil)
    case .xz:
      let header = try #require(xz(member))
      #expect(header.check == 1 && header.filters.last?.dictionarySize ?? 0 >= 70_000)
      #expect(xz(Array(member[..<13]))?.filters == [])
      #expect(xz(Array(member[..<11])) == nil)
    case .zstd:
      let header = try #require(zstd(member))
      #expect(header.contentSize == 70_000 && header.windowSize >= 70_000)
      #expect(header.hasChecksum && header.dictionary == 0)
      #expect(zstd(Array(member[..<6])) == nil)
    default:
      let header = try #require(lzma(member))
      #expect(header.dictionarySize >= 70_000 && header.contentSize == UInt64.max)
      #expect(lzma(Array(member[..<12])) == nil)
    }
  }

  @Test func zstdFieldsAreRead() throws {
    func header(_ fields: [UInt8]) -> ZstdFrameHeader? {
      zstd(ZstdFrameHeader.magic + fields)
    }
    // One segment with a size of one byte; a size of two bytes, which counts from 256; a window of 1.5 * 2^10
    // bytes.
    #expect(header([0x20, 9])?.contentSize == 9)
    #expect(header([0x60, 1, 0])?.windowSize == 257)
    #expect(header([0, 4])?.windowSize == 1024 + 512)
    #expect(header([0, 4])?.contentSize == nil)
    #expect(header([0x03, 0, 1, 0, 0, 1])?.dictionary == 0x0100_0001)
    // The zstd library uses the highest numbers for "no size".
    #expect(header([0xC0, 0] + [UInt8](repeating: 0xFF, count: 8))?.contentSize == nil)
  }

  /// An xz stream without blocks has no filters: the index follows the stream header.
  @Test func xzStreamWithoutBlocksHasNoFilters() throws {
    let stream: [UInt8] = [
      0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 1, 0x69, 0x22, 0xDE, 0x36, 0, 0, 0, 0, 0x1C, 0xDF, 0x44,
      0x21, 0x90, 0x42, 0x99, 0x0D, 0, 0, 0, 0, 0, 1, 0x59, 0x5A,
    ]
    #expect(xz(stream)?.filters == [])
  }

  @Test func numbersAreReadInBothByteOrders() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 0xFF]
    func number(
      _ offset: some BinaryInteger, _ width: Int, _ order: ByteOrder = .little
    ) -> UInt64? {
      bytes.span.number(at: offset, width: width, order)
    }
    #expect(number(0, 2) == 0x0201)
    #expect(number(0, 2, .big) == 0x0102)
    #expect(number(1, 8, .big) == 0x0203_0405_0607_08FF)
    #expect(number(2, 8) == nil)
    #expect(number(-1, 1) == nil)
    #expect(number(UInt64.max, 1) == nil)
    #expect(UInt32(0x0102_0304).bytes(.big) == [1, 2, 3, 4])
    #expect(UInt32(0x0102_0304).bytes(.little) == [4, 3, 2, 1])
  }
}

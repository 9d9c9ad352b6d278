/// A boot configuration behind an image, which the kernel takes off before it unpacks
/// (Documentation/admin-guide/bootconfig.rst):
///
///     configuration | size (4) | sum of its bytes (4) | "#BOOTCONFIG\n" | up to 3 NULs
///
/// With a size or sum that is wrong the kernel leaves it there, and stumbles over it.
struct BootConfiguration: Equatable, Sendable {
  /// Where it starts in the image; the image's end for one with a fault, which the kernel leaves in the image.
  var offset: UInt64
  /// Bytes of the configuration itself.
  var size: UInt64
  /// Where its mark stands.
  var markOffset: UInt64
  /// What is wrong with it.
  var fault: String?

  private static let mark = Array("#BOOTCONFIG\n".utf8)
  /// The kernel's own limit (XBC_DATA_MAX).
  private static let sizeLimit: UInt64 = 1 << 15

  /// The place of the mark at the `end` of an image, whatever is before it; `nil` where there is none. `read` fills a
  /// buffer from an offset of the image, and tells how many bytes it got.
  static func markOffset(
    end: UInt64, read: (inout [UInt8], UInt64) throws(InitrdError) -> Int
  ) throws(InitrdError) -> UInt64? {
    var tail = [UInt8](repeating: 0, count: mark.count + 3)
    guard end >= UInt64(tail.count) else { return nil }
    let start = end - UInt64(tail.count)
    guard try read(&tail, start) == tail.count else { return nil }
    for nuls in 0...3
    where tail.suffix(nuls).allSatisfy({ $0 == 0 })
      && tail.dropLast(nuls).suffix(mark.count).elementsEqual(mark)
    {
      return end - UInt64(mark.count + nuls)
    }
    return nil
  }

  /// The configuration at the end of an image; `nil` where there is no mark of one.
  init?(
    end: UInt64, read: (inout [UInt8], UInt64) throws(InitrdError) -> Int
  ) throws(InitrdError) {
    guard let markOffset = try Self.markOffset(end: end, read: read) else { return nil }
    (self.markOffset, offset, size) = (markOffset, end, 0)
    var words = [UInt8](repeating: 0, count: 8)
    guard markOffset >= 8, try read(&words, markOffset - 8) == 8 else {
      fault = "no size and no sum before its mark"
      return
    }
    let size = words.span.number(at: 0, width: 4) ?? 0
    let sum = words.span.number(at: 4, width: 4)
    guard size + 8 <= markOffset else {
      fault = "a size of \(size) bytes, which is more than the image has"
      return
    }
    guard size < Self.sizeLimit else {
      fault = "a size of \(size) bytes; the kernel takes \(Self.sizeLimit - 1)"
      return
    }
    var data = [UInt8](repeating: 0, count: Int(size))
    let count = size == 0 ? 0 : try read(&data, markOffset - 8 - size)
    guard count == data.count, UInt64(data.reduce(UInt32(0)) { $0 &+ UInt32($1) }) == sum else {
      fault = "a wrong sum"
      return
    }
    (self.size, offset) = (size, markOffset - 8 - size)
  }
}

/// A boot configuration at the end of an image. The kernel removes it before it unpacks the image
/// (Documentation/admin-guide/bootconfig.rst):
///
///     configuration | size (4) | sum of its bytes (4) | "#BOOTCONFIG\n" | up to 3 NULs
///
/// If the size or the sum is wrong, the kernel does not remove it, and reads it as a part of the image.
struct BootConfiguration: Equatable, Sendable {
  /// Its offset in the image; with a fault the image's end, since the kernel does not remove it.
  var offset: UInt64
  /// The size of the configuration in bytes, without the fields after it; 0 with a fault.
  var size: UInt64
  /// The offset of its mark in the image.
  var markOffset: UInt64
  /// What is wrong with it; `nil`: nothing.
  var fault: String?

  private static let mark = Array("#BOOTCONFIG\n".utf8)
  /// The kernel's own limit (XBC_DATA_MAX).
  private static let sizeLimit: UInt64 = 1 << 15

  /// The offset of the mark at the `end` of an image, whatever precedes it; `nil` if there is none. `read` fills a
  /// buffer from an offset of the image, and returns the number of bytes read.
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

  /// The configuration at the end of an image; `nil` if there is no mark.
  init?(
    end: UInt64, read: (inout [UInt8], UInt64) throws(InitrdError) -> Int
  ) throws(InitrdError) {
    guard let markOffset = try Self.markOffset(end: end, read: read) else { return nil }
    (self.markOffset, offset, size) = (markOffset, end, 0)
    var words = [UInt8](repeating: 0, count: 8)
    guard markOffset >= 8, try read(&words, markOffset - 8) == 8 else {
      fault = "no size and sum before its mark"
      return
    }
    let size = words.span.number(at: 0, width: 4) ?? 0
    let sum = words.span.number(at: 4, width: 4)
    guard size + 8 <= markOffset else {
      fault = "a size of \(size) bytes, which is more than the image has"
      return
    }
    guard size < Self.sizeLimit else {
      fault = "a size of \(size) bytes; the kernel accepts up to \(Self.sizeLimit - 1)"
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

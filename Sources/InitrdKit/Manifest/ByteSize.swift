/// A size as it is written: `1048576` or `1MiB` in bytes, `1024K` in the kernel's K.
package struct ByteSize {
  /// How many bytes it is.
  package let bytes: UInt64
  /// Whether it is told in the K that the kernel prints: 1,024 bytes, counted in whole pages.
  let isKernelK: Bool

  private static let units: [String: UInt64] = [
    "": 1, "K": 1 << 10, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
  ]

  /// Reads a size; `nil` for what is not digits with letters behind, which may be a file's name.
  ///
  /// - Throws: `manifest` for an unknown unit, and a size of zero or beyond all memory.
  package init?(_ text: String) throws(InitrdError) {
    let digits = text.utf8.prefix { 0x30...0x39 ~= $0 }
    let unit = text.utf8.dropFirst(digits.count)
    // 0x20 is what tells a lower-case letter from its upper-case one.
    guard !digits.isEmpty, unit.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 })
    else { return nil }
    guard let factor = Self.units[String(decoding: unit, as: UTF8.self)] else {
      throw InitrdError(
        .manifest, "\"\(text)\" has an unknown unit",
        remedy: "known are: K, KiB, MiB, GiB")
    }
    guard let number = UInt64(String(decoding: digits, as: UTF8.self)), 1..<1 << 40 ~= number,
      case let (size, overflow) = number.multipliedReportingOverflow(by: factor), !overflow
    else { throw InitrdError(.manifest, "\(text) is no size that an image can have") }
    bytes = size
    isKernelK = unit.elementsEqual("K".utf8)
  }
}

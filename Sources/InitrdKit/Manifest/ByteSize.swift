/// A size in text form: `1048576` or `1MiB` in bytes, `1024K` in the kernel's K.
package struct ByteSize {
  /// The number of bytes.
  package let bytes: UInt64
  /// Whether the unit is the K that the kernel prints: 1,024 bytes, counted in whole pages.
  let isKernelK: Bool

  private static let units: [String: UInt64] = [
    "": 1, "K": 1 << 10, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
  ]

  /// Reads a size; `nil` if the text is not digits followed by letters, so that it may be a file name.
  ///
  /// - Throws: `manifest` for an unknown unit, for zero, and for a number that is too large.
  package init?(_ text: String) throws(InitrdError) {
    let digits = text.utf8.prefix { 0x30...0x39 ~= $0 }
    let unit = text.utf8.dropFirst(digits.count)
    // The bit 0x20 makes a letter lower case.
    guard !digits.isEmpty, unit.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 })
    else { return nil }
    guard let factor = Self.units[String(decoding: unit, as: UTF8.self)] else {
      throw InitrdError(
        .manifest, "unknown unit in \"\(text)\"", remedy: "expected one of: K, KiB, MiB, GiB")
    }
    guard let number = UInt64(String(decoding: digits, as: UTF8.self)), 1..<1 << 40 ~= number,
      case let (size, overflow) = number.multipliedReportingOverflow(by: factor), !overflow
    else { throw InitrdError(.manifest, "\(text) is not a possible size of an image") }
    bytes = size
    isKernelK = unit.elementsEqual("K".utf8)
  }
}

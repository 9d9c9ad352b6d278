/// The sections of a PE file, which is the format of unified kernel images.
///
///     0x00 "MZ" … 0x3C | offset of "PE\0\0" (4)
///     "PE\0\0" | machine (2) number of sections (2) … size of the optional header (2) at 16 | 20 bytes
///     optional header
///     sections of 40 bytes: name (8) virtual size (4) address (4) size in the file (4) offset in the file (4) …
///
/// The UAPI group's unified_kernel_image.md defines the sections: `.ucode` and `.initrd` are passed to the kernel as
/// one image, each padded to 4 bytes.
struct PESections: Equatable {
  struct Section: Equatable {
    var name: String
    var offset: UInt64
    var size: UInt64
  }

  let sections: [Section]
  private let file: String
  /// A description of the file.
  private let kind: String

  /// The sections of `file`; `nil` if it is not a PE file.
  ///
  /// - Throws: `malformed` for sections outside of the file.
  init?(_ file: borrowing OpenFile, size: UInt64) throws(InitrdError) {
    try self.init(named: file.name, size: size) { (offset, count) throws(InitrdError) in
      // A header can request at most 65,535 sections, which are 2.6 MB.
      var bytes = [UInt8](repeating: 0, count: count)
      return try file.read(into: &bytes, at: offset) == count ? bytes : nil
    }
  }

  /// The sections of a file with these bytes; `nil` if it is not a PE file.
  ///
  /// - Throws: `malformed` for sections outside of the file.
  init?(_ bytes: [UInt8], name: String) throws(InitrdError) {
    try self.init(named: name, size: UInt64(bytes.count)) { (offset, count) throws(InitrdError) in
      try bytes.whole(at: offset, count: UInt64(count))
    }
  }

  private init?(
    named file: String, size: UInt64,
    reading read: (_ offset: UInt64, _ count: Int) throws(InitrdError) -> [UInt8]?
  ) throws(InitrdError) {
    self.file = file
    guard let start = try read(0, 0x40), start[0] == 0x4D, start[1] == 0x5A else { return nil }
    let head = try read(0, Int(min(size, UInt64(ContentKind.headLength)))) ?? start
    kind = ContentKind.describe(head)
    let header = Self.number(start, 0x3C, 4)
    guard let coff = try read(header, 24), coff[..<4].elementsEqual([0x50, 0x45, 0, 0])
    else { return nil }
    let count = Self.number(coff, 6, 2)
    let table = header + 24 + Self.number(coff, 20, 2)
    guard count > 0, let rows = try read(table, Int(count) * 40) else {
      throw InitrdError(
        .malformed, "the table of sections of this PE file is cut off",
        at: .init(file: file, offset: table))
    }
    var sections: [Section] = []
    for row in stride(from: 0, to: rows.count, by: 40) {
      let name = rows[row..<row + 8].prefix { $0 != 0 }
      let stored = Self.number(rows, row + 16, 4)
      let section = Section(
        name: String(decoding: name, as: UTF8.self), offset: Self.number(rows, row + 20, 4),
        // The size in the file is rounded up; the virtual size is that of the content.
        size: min(Self.number(rows, row + 8, 4), stored))
      guard section.size == 0 || section.offset + section.size <= size else {
        throw InitrdError(
          .malformed, "the PE section \(printable(name)) reaches beyond the end of the file",
          at: .init(file: file, offset: table + UInt64(row)))
      }
      sections.append(section)
    }
    self.sections = sections
  }

  /// The first section with this name in the first profile, else before all profiles: the one that the stub uses.
  func section(_ name: String) -> Section? {
    let profiles = sections.split(
      maxSplits: 2, omittingEmptySubsequences: false, whereSeparator: { $0.name == ".profile" })
    return profiles.prefix(2).reversed().lazy.compactMap { $0.first { $0.name == name } }.first
  }

  /// The sections of the image, in the order in which the kernel gets them; see ``section(_:)``.
  ///
  /// - Throws: `malformed` if there is no section `.initrd`.
  func imageParts() throws(InitrdError) -> [Section] {
    guard let initrd = section(".initrd") else {
      let isUnified = sections.contains { $0.name == ".linux" }
      throw InitrdError(
        .malformed,
        isUnified
          ? "a unified kernel image without a section .initrd"
          : "not an initramfs: this is \(kind), without a section .initrd",
        at: .init(file: file), remedy: "use the image itself")
    }
    return [section(".ucode"), initrd].compactMap(\.self)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    bytes.span.number(at: offset, width: width) ?? 0
  }
}

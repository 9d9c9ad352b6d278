/// A library that a program or library loads while it runs, as it says itself in a note.
///
/// The format is the UAPI group's "ELF dlopen metadata": notes with the owner `FDO` and the type 0x407C0C0A, whose
/// content is a list in JSON:
///
///     [{"soname": ["libfoo.so.1"], "feature": "foo", "description": "…", "priority": "recommended"}]
///
///     note: owner's length (4) | content's length (4) | type (4) | owner, padded | content, padded
///
/// Padding is to 4 bytes, in a segment with an alignment of 8 to 8 (gabi, "Note Section").
struct DlopenNote: Equatable, Sendable {
  /// How much the program misses the library, by the word in the note; each includes those before it.
  enum Priority: String, CaseIterable, Comparable, Sendable {
    /// The program does not work without it.
    case required
    /// An important feature does not work without it.
    case recommended
    /// A feature of less interest does not work without it.
    case suggested

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (left: Self, right: Self) -> Bool { left.order < right.order }
  }

  /// The library's names, the preferred one first; one of them is enough.
  var sonames: [[UInt8]]
  /// The feature for which it is loaded; empty if the note has none.
  var feature: String
  var priority: Priority

  private static let (type, owner): (UInt64, [UInt8]) = (0x407C_0C0A, Array("FDO\0".utf8))
  /// Limits for the notes of a file in bytes, for the number of libraries and for their names; systemd has 40 libraries
  /// in 8 KiB.
  private static let (maxSegment, maxNotes, maxName): (UInt64, Int, Int) = (256 << 10, 256, 255)

  /// The notes of an ELF file in their order, and whether all of them could be read.
  ///
  /// - Throws: errors of reading the file.
  static func notes(
    _ elf: ELF, _ source: borrowing some ByteSource & ~Copyable
  ) throws(InitrdError) -> (notes: [DlopenNote], areWhole: Bool) {
    var notes: [DlopenNote] = []
    var areWhole = true
    var room = maxSegment
    for segment in elf.segments where segment.type == ELF.Segment.note && room > 0 {
      let size = min(segment.size, room)
      room -= size
      let bytes = try source.bytes(at: segment.offset, count: Int(size))
      if bytes.count < size { areWhole = false }
      let alignment: UInt64 = segment.alignment == 8 ? 8 : 4
      var offset: UInt64 = 0
      while let ownerSize = bytes.span.number(at: offset, width: 4, elf.order),
        let contentSize = bytes.span.number(at: offset + 4, width: 4, elf.order),
        let type = bytes.span.number(at: offset + 8, width: 4, elf.order)
      {
        func padded(_ value: UInt64) -> UInt64 { (value + alignment - 1) & ~(alignment - 1) }
        let content = padded(offset + 12 + ownerSize)
        let end = content + contentSize
        guard end <= UInt64(bytes.count) else {
          // Other notes matter to nobody here.
          if type == Self.type { areWhole = false }
          break
        }
        if type == Self.type, ownerSize == UInt64(owner.count),
          bytes[Int(offset + 12)..<Int(offset + 12 + ownerSize)].elementsEqual(owner)
        {
          let text = bytes[Int(content)..<Int(end)].prefix { $0 != 0 }
          if let found = libraries(in: Array(text)) { notes += found } else { areWhole = false }
        }
        offset = padded(end)
        if notes.count >= maxNotes { return (Array(notes.prefix(maxNotes)), areWhole) }
      }
    }
    return (notes, areWhole)
  }

  /// The libraries in the text of a note; `nil` if it is not in the format.
  private static func libraries(in text: [UInt8]) -> [DlopenNote]? {
    guard let node = try? JSONReader.read(text, file: ".note.dlopen"),
      case .array(let items) = node.value
    else { return nil }
    var notes: [DlopenNote] = []
    for item in items {
      guard case .object(let members) = item.value else { return nil }
      var note = DlopenNote(sonames: [], feature: "", priority: .recommended)
      for member in members {
        switch (member.name, member.value.value) {
        case ("soname", .array(let names)):
          for name in names {
            guard case .string(let text) = name.value, 1...maxName ~= text.utf8.count else {
              return nil
            }
            note.sonames.append(Array(text.utf8))
          }
        case ("feature", .string(let text)): note.feature = String(text.prefix(maxName))
        case ("priority", .string(let text)):
          guard let priority = Priority(rawValue: text) else { return nil }
          note.priority = priority
        default: break
        }
      }
      guard 1...16 ~= note.sonames.count else { return nil }
      notes.append(note)
    }
    return notes
  }
}

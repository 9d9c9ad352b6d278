/// What a program or library needs of others: the dynamic section, PT_INTERP and the notes of an ELF file.
///
/// Described in the System V ABI, chapter 5, and elf.h of glibc. Data outside of the file is ignored, and
/// ``isDamaged`` tells it.
struct ELFLinks: Equatable, Sendable {
  /// The machine; `nil` for one without a name in ``Architecture``.
  let architecture: Architecture?
  /// The machine, class and byte order, which libraries must share.
  let machine: ELF.Target
  /// The dynamic linker, which loads the program (PT_INTERP); `nil`: none.
  private(set) var interpreter: [UInt8]?
  /// The name by which other files need this library (DT_SONAME); `nil`: none.
  private(set) var soname: [UInt8]?
  /// The names of the needed libraries (DT_NEEDED, and DT_FILTER, which is needed as well).
  private(set) var libraries: [[UInt8]] = []
  /// The names of libraries that are used if they exist (DT_AUXILIARY).
  private(set) var auxiliaries: [[UInt8]] = []
  /// The directories that are searched for the needed libraries and for those of them in turn (DT_RPATH); `$ORIGIN` is
  /// not replaced. Empty if there is a DT_RUNPATH, which hides it.
  private(set) var rpath: [[UInt8]] = []
  /// The directories that are searched for the needed libraries of this file only (DT_RUNPATH); `nil`: none.
  private(set) var runpath: [[UInt8]]?
  /// Whether the default directories are not searched (DF_1_NODEFLIB).
  private(set) var avoidsDefaults = false
  /// The libraries that the file says it loads while it runs.
  private(set) var dlopens: [DlopenNote] = []
  /// Whether names, the dynamic section or notes are outside of the file or invalid.
  private(set) var isDamaged = false
  /// The offset and size of the string table in the file; `nil`: none.
  private(set) var strings: Range<UInt64>?
  /// The directories that a dynamic linker of glibc searches by default; empty for other files.
  private(set) var systemDirectories: [[UInt8]] = []
  /// Those of ``NameServices/allNames`` that the file mentions; empty if nobody looked.
  var mentions: Set<[UInt8]> = []

  /// Limits for the names of libraries and directories, and for their bytes in total; no program has as many.
  private static let (maxNames, maxFolders, maxBytes) = (256, 64, 64 << 10)
  /// The limit for the dynamic section, in bytes: 16,384 pairs.
  private static let maxDynamic: UInt64 = 256 << 10
  private static let maxPath = 4096

  private enum Tag {
    static let (needed, strings, stringSize): (UInt64, UInt64, UInt64) = (1, 5, 10)
    static let (soname, rpath, runpath): (UInt64, UInt64, UInt64) = (14, 15, 29)
    static let (flags1, auxiliary, filter): (UInt64, UInt64, UInt64) = (
      0x6FFF_FFFB, 0x7FFF_FFFD, 0x7FFF_FFFF
    )
    /// DF_1_NODEFLIB in DT_FLAGS_1.
    static let noDefaults: UInt64 = 0x800
  }

  /// The numbers of the dynamic section. Of several with one tag the last is used, as by the linker.
  private struct Dynamic {
    var needed: [(offset: UInt64, isAuxiliary: Bool)] = []
    var last: [UInt64: UInt64] = [:]
  }

  /// Reads the needs of an ELF file.
  ///
  /// - Throws: errors of reading the file.
  init(_ elf: ELF, _ source: borrowing some ByteSource & ~Copyable) throws(InitrdError) {
    (architecture, machine) = (elf.architecture, elf.machine)
    var room = Self.maxBytes
    var end = source.byteCount
    var isDamaged = false
    func text(_ offset: UInt64) throws(InitrdError) -> [UInt8] {
      let limit = min(UInt64(min(Self.maxPath, room)), offset < end ? end - offset : 0)
      if offset >= end { isDamaged = true }
      let text = try source.text(at: offset, limit: Int(limit))
      room -= text.count
      return text
    }
    if let place = elf.segments.last(where: { $0.type == ELF.Segment.interpreter }) {
      interpreter = try text(place.offset)
    }
    let (notes, areNotesWhole) = try DlopenNote.notes(elf, source)
    dlopens = notes
    guard let dynamic = try Self.dynamic(elf, source, &isDamaged) else {
      self.isDamaged = isDamaged || !areNotesWhole
      return
    }
    avoidsDefaults = (dynamic.last[Tag.flags1] ?? 0) & Tag.noDefaults != 0
    let address = dynamic.last[Tag.strings]
    let load = elf.segments.first {
      guard let address, $0.type == ELF.Segment.load else { return false }
      return address >= $0.address && address - $0.address < $0.size
    }
    if let address, let load {
      let start = address - load.address &+ load.offset
      let size = dynamic.last[Tag.stringSize] ?? (end - min(start, end))
      if start <= end, size <= end - start {
        end = start + size
        strings = start..<end
      } else {
        isDamaged = true
      }
      func folders(_ offset: UInt64) throws(InitrdError) -> [[UInt8]] {
        try text(start &+ offset).split(separator: UInt8(ascii: ":")).prefix(Self.maxFolders)
          .map { Array($0) }
      }
      if let offset = dynamic.last[Tag.soname] { soname = try text(start &+ offset) }
      if let offset = dynamic.last[Tag.runpath] {
        runpath = try folders(offset)
      } else if let offset = dynamic.last[Tag.rpath] {
        rpath = try folders(offset)
      }
      for (offset, isAuxiliary) in dynamic.needed where room > 0 {
        let name = try text(start &+ offset)
        if name.isEmpty { continue }
        if isAuxiliary { auxiliaries.append(name) } else { libraries.append(name) }
      }
    } else if !dynamic.needed.isEmpty {
      isDamaged = true
    }
    // Of glibc's names: ld-linux-x86-64.so.2, ld64.so.1, ld.so.1.
    if interpreter == nil, soname?.starts(with: "ld".utf8) == true {
      systemDirectories = try Self.systemDirectories(ofLoader: source)
    }
    self.isDamaged = isDamaged || !areNotesWhole
  }

  private static func dynamic(
    _ elf: ELF, _ source: borrowing some ByteSource & ~Copyable, _ isDamaged: inout Bool
  ) throws(InitrdError) -> Dynamic? {
    guard let place = elf.segments.last(where: { $0.type == ELF.Segment.dynamic }) else {
      return nil
    }
    let size = Int(min(place.size, Self.maxDynamic))
    let section = try source.bytes(at: place.offset, count: size)
    if section.count < size { isDamaged = true }
    let width = elf.isWide ? 8 : 4
    var dynamic = Dynamic()
    for pair in stride(from: 0, to: section.count, by: 2 * width) {
      guard let tag = section.span.number(at: pair, width: width, elf.order),
        let value = section.span.number(at: pair + width, width: width, elf.order), tag != 0
      else { break }
      switch tag {
      case Tag.needed, Tag.filter, Tag.auxiliary:
        if dynamic.needed.count < Self.maxNames {
          dynamic.needed.append((value, tag == Tag.auxiliary))
        }
      case Tag.strings, Tag.stringSize, Tag.soname, Tag.rpath, Tag.runpath, Tag.flags1:
        dynamic.last[tag] = value
      default: break
      }
    }
    return dynamic
  }

  /// The approximate memory for the names, in bytes.
  var held: Int {
    // An array needs about 32 bytes in addition to its content.
    let names =
      libraries + auxiliaries + rpath + (runpath ?? []) + dlopens.flatMap(\.sonames)
      + systemDirectories
    let own = (interpreter?.count ?? 0) + (soname?.count ?? 0) + dlopens.count * 128
    return names.reduce(own) { $0 + $1.count + 32 }
  }
}

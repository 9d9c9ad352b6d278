/// The interpreter and libraries that a program or library needs. Data outside of the file is ignored.
struct ELFLinks: Equatable, Sendable {
  /// The machine; `nil` for one without a name in ``Architecture``.
  let architecture: Architecture?
  /// The dynamic linker, which loads the program (PT_INTERP); `nil`: none.
  private(set) var interpreter: [UInt8]?
  /// The names of the needed libraries (DT_NEEDED).
  private(set) var libraries: [[UInt8]] = []
  /// The directories that are searched first for them (DT_RUNPATH, else DT_RPATH); `$ORIGIN` is not replaced.
  private(set) var searchPaths: [[UInt8]] = []
  /// Whether the needed libraries also use ``searchPaths``: DT_RPATH is inherited, DT_RUNPATH is not.
  private(set) var passesPathsOn = false

  /// Limits for the names of libraries and directories, and for their bytes in total; no program has as many.
  private static let (maxNames, maxFolders, maxBytes) = (256, 64, 64 << 10)
  /// The limit for the dynamic section, in bytes: 16,384 pairs.
  private static let maxDynamic: UInt64 = 256 << 10
  private static let maxPath = 4096

  private enum Tag {
    static let (needed, strings, rpath, runpath): (UInt64, UInt64, UInt64, UInt64) = (1, 5, 15, 29)
  }

  /// Reads the needs of an ELF file.
  ///
  /// - Throws: errors of reading the file.
  init(_ elf: ELF, _ source: borrowing some ByteSource & ~Copyable) throws(InitrdError) {
    architecture = elf.architecture
    var room = Self.maxBytes
    func text(_ offset: UInt64) throws(InitrdError) -> [UInt8] {
      let text = try source.text(at: offset, limit: min(Self.maxPath, room))
      room -= text.count
      return text
    }
    if let place = elf.segments.last(where: { $0.type == ELF.Segment.interpreter }) {
      interpreter = try text(place.offset)
    }
    guard let place = elf.segments.last(where: { $0.type == ELF.Segment.dynamic }) else { return }
    let section = try source.bytes(
      at: place.offset, count: Int(min(place.size, Self.maxDynamic)))
    let width = elf.isWide ? 8 : 4
    var strings: UInt64?
    var needed: [UInt64] = []
    // The last one of several is used, as by the linker.
    var (rpath, runpath): (UInt64?, UInt64?) = (nil, nil)
    for pair in stride(from: 0, to: section.count, by: 2 * width) {
      guard let tag = section.span.number(at: pair, width: width, elf.order),
        let value = section.span.number(at: pair + width, width: width, elf.order), tag != 0
      else { break }
      switch tag {
      case Tag.needed: if needed.count < Self.maxNames { needed.append(value) }
      case Tag.rpath: rpath = value
      case Tag.runpath: runpath = value
      case Tag.strings: strings = value
      default: break
      }
    }
    let load = elf.segments.first {
      guard let strings, $0.type == ELF.Segment.load else { return false }
      return strings >= $0.address && strings - $0.address < $0.size
    }
    guard let strings, let load else { return }
    let start = strings - load.address &+ load.offset
    if let paths = runpath ?? rpath {
      searchPaths = try text(start &+ paths).split(separator: UInt8(ascii: ":"))
        .prefix(Self.maxFolders).map { Array($0) }
      passesPathsOn = runpath == nil
    }
    for name in needed where room > 0 {
      let name = try text(start &+ name)
      if !name.isEmpty { libraries.append(name) }
    }
  }
}

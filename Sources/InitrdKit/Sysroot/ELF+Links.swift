/// What a program or library asks the dynamic linker for. What lies outside of the file is not there.
struct ELFLinks: Equatable, Sendable {
  /// The machine; `nil` for one that has no name here.
  let architecture: Architecture?
  /// The program that loads this one (PT_INTERP).
  private(set) var interpreter: [UInt8]?
  /// The libraries that it needs (DT_NEEDED).
  private(set) var libraries: [[UInt8]] = []
  /// Where it looks for them first (DT_RUNPATH, without it DT_RPATH), with `$ORIGIN` as it stands there.
  private(set) var searchPaths: [[UInt8]] = []
  /// Whether the libraries that it needs look for theirs in ``searchPaths``, too: those of DT_RPATH are passed on.
  private(set) var passesPathsOn = false

  /// Names of libraries and directories are held up to these sums; no program has as many.
  private static let (maxNames, maxFolders, maxBytes) = (256, 64, 64 << 10)
  /// Bytes of the dynamic section: 16,384 pairs.
  private static let maxDynamic: UInt64 = 256 << 10
  private static let maxPath = 4096

  private enum Tag {
    static let (needed, strings, rpath, runpath): (UInt64, UInt64, UInt64, UInt64) = (1, 5, 15, 29)
  }

  /// Reads what an ELF file asks for.
  ///
  /// - Throws: what reading the file says.
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
    // Of several the last one counts, as for the linker.
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

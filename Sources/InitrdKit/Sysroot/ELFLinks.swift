/// What a program or library asks the dynamic linker for, read from the whole of its file.
///
///     program header, 64 bits: type (4) flags (4) offset (8) address (8) … size in the file (8) at 0x20
///                     32 bits: type (4) offset (4) address (4) … size in the file (4) at 0x10
///     dynamic section: pairs of tag and value, of 8 or 4 bytes each
///
/// Described in the System V ABI, chapter 5. What lies outside of the file is not there.
struct ELFLinks: Equatable, Sendable {
  /// The machine; `nil` for one that has no name here.
  let architecture: Architecture?
  /// The program that loads this one (PT_INTERP).
  private(set) var interpreter: [UInt8]?
  /// The libraries that it needs (DT_NEEDED).
  private(set) var libraries: [[UInt8]] = []
  /// Where it looks for them first (DT_RPATH, DT_RUNPATH), with `$ORIGIN` as it stands there.
  private(set) var searchPaths: [[UInt8]] = []

  /// More libraries or folders than any program has.
  private static let maxNames = 256

  private enum Segment {
    static let (load, dynamic, interpreter): (UInt64, UInt64, UInt64) = (1, 2, 3)
  }
  private enum Tag {
    static let (needed, strings, rpath, runpath): (UInt64, UInt64, UInt64, UInt64) = (1, 5, 15, 29)
  }

  /// Reads a file; `nil` when it is no ELF, or a damaged one.
  init?(_ file: [UInt8]) {
    guard let elf = try? ELF(file, fileSize: UInt64(file.count)) else { return nil }
    architecture = elf.architecture
    let wide = file[4] == 2
    let big = file[5] == 2
    func number(_ offset: UInt64, _ width: Int) -> UInt64 {
      guard offset < file.count, file.count - Int(offset) >= width else { return 0 }
      let bytes = file[Int(offset)..<Int(offset) + width]
      return (big ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }
    func word(_ offset: UInt64) -> UInt64 { number(offset, wide ? 8 : 4) }
    func text(_ offset: UInt64) -> [UInt8] {
      guard offset < file.count else { return [] }
      return Array(file[Int(offset)...].prefix(4096).prefix { $0 != 0 })
    }

    // The tables lie in the file: ELF has seen to that.
    let start = word(wide ? 0x20 : 0x1C)
    let size = number(wide ? 0x36 : 0x2A, 2)
    var loads: [(address: UInt64, offset: UInt64, size: UInt64)] = []
    var dynamic: (offset: UInt64, size: UInt64)?
    for index in 0..<number(wide ? 0x38 : 0x2C, 2) {
      let header = start + index * size
      let offset = word(header + (wide ? 8 : 4))
      let length = word(header + (wide ? 0x20 : 0x10))
      switch number(header, 4) {
      case Segment.load: loads.append((word(header + (wide ? 0x10 : 8)), offset, length))
      case Segment.dynamic: dynamic = (offset, length)
      case Segment.interpreter: interpreter = text(offset)
      default: break
      }
    }
    guard let dynamic, dynamic.offset < file.count else { return }
    var strings: UInt64?
    var needed: [UInt64] = []
    var paths: [UInt64] = []
    let width = UInt64(wide ? 8 : 4)
    let length = min(dynamic.size, UInt64(file.count) - dynamic.offset)
    for pair in stride(from: dynamic.offset, to: dynamic.offset + length, by: Int(2 * width)) {
      let (tag, value) = (word(pair), word(pair + width))
      if tag == 0 { break }
      switch tag {
      case Tag.needed where needed.count < Self.maxNames: needed.append(value)
      case Tag.rpath,
        Tag.runpath where paths.count < 2:
        paths.append(value)
      case Tag.strings:
        let load = loads.first { value >= $0.address && value - $0.address < $0.size }
        strings = load.map { value - $0.address &+ $0.offset }
      default: break
      }
    }
    guard let strings, strings < file.count else { return }
    libraries = needed.map { text(strings &+ $0) }.filter { !$0.isEmpty }
    searchPaths = paths.flatMap { text(strings &+ $0).split(separator: UInt8(ascii: ":")) }
      .prefix(Self.maxNames).map { Array($0) }
  }
}

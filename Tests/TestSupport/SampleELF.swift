/// A small ELF file with a dynamic section and notes, for tests of the rules of dynamic linkers.
public struct SampleELF: Sendable {
  /// The machine number (e_machine).
  public var machine: UInt16 = 62
  /// Whether it has 64 bits.
  public var isWide = true
  /// PT_INTERP; `nil`: none.
  public var interpreter: String?
  /// DT_SONAME.
  public var soname: String?
  /// DT_NEEDED.
  public var needed: [String] = []
  /// DT_AUXILIARY.
  public var auxiliary: [String] = []
  /// DT_RPATH.
  public var rpath: String?
  /// DT_RUNPATH.
  public var runpath: String?
  /// DT_FLAGS_1.
  public var flags: UInt64 = 0
  /// The texts of `.note.dlopen`.
  public var notes: [String] = []
  /// Further texts in the string table: names of symbols.
  public var symbols: [String] = []
  /// Added to the offset of each DT_NEEDED, for names outside of the string table.
  public var shift = 0

  /// A file with nothing in it.
  public init() {}

  /// A library that needs others.
  public init(_ soname: String? = nil, needs: [String] = []) {
    (self.soname, needed) = (soname, needs)
  }

  /// A program with a dynamic linker.
  public init(program loader: String, needs: [String] = []) {
    (interpreter, needed) = (loader, needs)
  }

  /// The same with changes.
  public func with(_ change: (inout SampleELF) -> Void) -> SampleELF {
    var copy = self
    change(&copy)
    return copy
  }

  private static func word(_ value: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private var noteBytes: [UInt8] {
    notes.flatMap { text -> [UInt8] in
      let content = Array(text.utf8) + [0]
      let padding = [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
      return Self.word(4, 4) + Self.word(UInt64(content.count), 4) + Self.word(0x407C_0C0A, 4)
        + Array("FDO\0".utf8) + content + padding
    }
  }

  /// The file: header, four program headers, the interpreter's name, notes, strings, the dynamic section.
  public var bytes: [UInt8] {
    let width = isWide ? 8 : 4
    func number(_ value: UInt64) -> [UInt8] { Self.word(value, width) }
    let (headerSize, programSize) = isWide ? (64, 56) : (52, 32)
    let loader = Array((interpreter ?? "").utf8) + [0, 0, 0, 0]
    let notes = noteBytes
    let loaderStart = headerSize + 4 * programSize
    let noteStart = loaderStart + (loader.count + 3) / 4 * 4
    let stringStart = noteStart + notes.count
    var strings: [UInt8] = [0]
    var dynamic: [UInt8] = []
    func add(_ tag: UInt64, _ text: String, shift: Int = 0) {
      dynamic += number(tag) + number(UInt64(strings.count + shift))
      strings += Array(text.utf8) + [0]
    }
    for name in needed { add(1, name, shift: shift) }
    for name in auxiliary { add(0x7FFF_FFFD, name) }
    if let soname { add(14, soname) }
    if let rpath { add(15, rpath) }
    if let runpath { add(29, runpath) }
    for symbol in symbols { strings += Array(symbol.utf8) + [0] }
    if flags != 0 { dynamic += number(0x6FFF_FFFB) + number(flags) }
    dynamic += number(5) + number(UInt64(stringStart)) + number(10) + number(UInt64(strings.count))
    dynamic += number(0) + number(0)
    let dynamicStart = stringStart + strings.count
    let end = dynamicStart + dynamic.count

    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, isWide ? 2 : 1, 1, 1]
    bytes += [UInt8](repeating: 0, count: 9)
    bytes += Self.word(3, 2) + Self.word(UInt64(machine), 2) + Self.word(1, 4) + number(0)
    bytes += number(UInt64(headerSize)) + number(0) + Self.word(0, 4)
    bytes += Self.word(UInt64(headerSize), 2) + Self.word(UInt64(programSize), 2) + Self.word(4, 2)
    bytes += [UInt8](repeating: 0, count: 6)
    func header(_ type: UInt64, _ start: Int, _ size: Int, _ alignment: UInt64 = 4) {
      let place = number(UInt64(start)) + number(UInt64(start)) + number(UInt64(start))
      let sizes = number(UInt64(size)) + number(UInt64(size))
      bytes +=
        isWide
        ? Self.word(type, 4) + Self.word(4, 4) + place + sizes + number(alignment)
        : Self.word(type, 4) + place + sizes + Self.word(4, 4) + number(alignment)
    }
    header(1, 0, end)
    header(2, dynamicStart, dynamic.count)
    header(4, noteStart, notes.count)
    header(interpreter == nil ? 0 : 3, loaderStart, loader.count)
    bytes += loader + [UInt8](repeating: 0, count: noteStart - loaderStart - loader.count)
    return bytes + notes + strings + dynamic
  }
}

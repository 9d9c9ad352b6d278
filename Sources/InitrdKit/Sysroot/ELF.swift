/// What the tool needs to know of an ELF file: its machine, and whether it is linked dynamically.
///
///     0x00 | 7F 45 4C 46 | class | data | …      class 1: 32 bits, 2: 64; data 1: little, 2: big endian
///     0x10 | type (2) | machine (2) | …
///     32 bits: program headers' offset at 0x1C, sections' at 0x20, sizes and counts from 0x2A on
///     64 bits: program headers' offset at 0x20, sections' at 0x28, sizes and counts from 0x36 on
///
/// Described in the System V ABI, chapter 4; machine numbers are those of the kernel's elf-em.h.
struct ELF: Equatable, Sendable {
  /// The machine; `nil` for one that ``Architecture`` has no name for.
  let architecture: Architecture?
  /// Whether it asks for an interpreter (PT_INTERP), that is, for a dynamic linker.
  let hasInterpreter: Bool

  /// How many bytes of a file's start are enough to read its headers.
  static let headLength = 4096

  /// Reads the headers from the start of a file; `nil` when it is not ELF.
  ///
  /// - Throws: `bad-input` when it is, but ends before its tables do: a file that was cut.
  init?(_ file: [UInt8], fileSize: UInt64) throws(InitrdError) {
    guard file.count >= 0x34, file.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
    let wide = file[4] == 2
    let big = file[5] == 2
    guard file.count >= (wide ? 0x40 : 0x34) else { return nil }
    func number(_ offset: Int, _ width: Int) -> UInt64 {
      let bytes = file[offset..<(offset + width)]
      return (big ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }
    architecture = Self.architecture(machine: number(0x12, 2), wide: wide, big: big)

    let cut = InitrdError(.badInput, "a damaged ELF file: it ends before its tables do")
    func table(_ offset: Int, _ size: Int, _ count: Int) throws(InitrdError) -> Table {
      let table = Table(
        start: number(offset, wide ? 8 : 4), size: number(size, 2),
        count: number(count, 2))
      guard table.start <= fileSize, table.size * table.count <= fileSize - table.start else {
        throw cut
      }
      return table
    }
    let programs = try table(wide ? 0x20 : 0x1C, wide ? 0x36 : 0x2A, wide ? 0x38 : 0x2C)
    _ = try table(wide ? 0x28 : 0x20, wide ? 0x3A : 0x2E, wide ? 0x3C : 0x30)
    guard programs.count == 0 || programs.size >= 4,
      programs.start + programs.size * programs.count <= UInt64(file.count)
    else { throw cut }
    let interpreter: UInt64 = 3
    hasInterpreter = (0..<programs.count).contains {
      number(Int(programs.start + $0 * programs.size), 4) == interpreter
    }
  }

  /// A table of headers: where it starts in the file, bytes of one header, number of headers.
  private struct Table {
    let start: UInt64
    let size: UInt64
    let count: UInt64
  }

  private static func architecture(machine: UInt64, wide: Bool, big: Bool) -> Architecture? {
    switch (machine, wide, big) {
    case (62, true, false): .x86_64
    case (3, false, false): .i686
    case (183, true, false): .aarch64
    case (40, false, false): .armv7l
    case (243, true, false): .riscv64
    case (21, true, false): .ppc64le
    case (22, true, true): .s390x
    case (258, true, false): .loongarch64
    default: nil
    }
  }
}

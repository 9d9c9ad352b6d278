/// The parts of an ELF file that matter to an image: its machine, its kind, and the places of its tables.
///
///     0x00 | 7F 45 4C 46 | class | data | …      class 1: 32 bits, 2: 64; data 1: little, 2: big endian
///     0x10 | type (2) | machine (2) | …
///     32 bits: program headers' offset at 0x1C, sections' at 0x20, sizes and counts from 0x2A on
///     64 bits: program headers' offset at 0x20, sections' at 0x28, sizes and counts from 0x36 on
///
///     program header, 64 bits: type (4) flags (4) offset (8) address (8) … size in the file (8) at 0x20 … alignment (8) at 0x30
///                     32 bits: type (4) offset (4) address (4) … size in the file (4) at 0x10 … alignment (4) at 0x1C
///     section header, 64 bits: name (4) type (4) flags (8) address (8) offset (8) size (8) …
///                     32 bits: name (4) type (4) flags (4) address (4) offset (4) size (4) …
///
/// The format is described in the System V ABI, chapters 4 and 5; machine numbers are those of the kernel's elf-em.h.
/// Only a few tables of limited size are read and kept, whatever the file says about its sizes.
struct ELF: Equatable, Sendable {
  /// The kind of an ELF file.
  enum Kind: UInt64, Sendable {
    /// An object file, such as a kernel module.
    case relocatable = 1
    /// A program at a fixed address.
    case program = 2
    /// A library, or a program that can run at any address.
    case shared = 3
  }

  /// A part of the file that is loaded or read at the start of the program.
  struct Segment: Equatable, Sendable {
    let type: UInt64
    let offset: UInt64
    let address: UInt64
    let size: UInt64
    let alignment: UInt64

    static let (load, dynamic, interpreter): (UInt64, UInt64, UInt64) = (1, 2, 3)
    static let note: UInt64 = 4
  }

  /// The properties that a library must share with the program that loads it.
  struct Target: Hashable, Sendable {
    /// The number of the machine (e_machine).
    let number: UInt64
    /// Whether numbers and addresses have 64 bits.
    let isWide: Bool
    let order: ByteOrder
  }

  /// A table of headers: its offset in the file, the size of one header in bytes, the number of headers.
  struct Table: Equatable, Sendable {
    let start: UInt64
    let size: UInt64
    let count: UInt64
  }

  /// The machine; `nil` for one without a name in ``Architecture``.
  let architecture: Architecture?
  /// The kind; `nil` for one that neither kernels nor linkers load.
  let kind: Kind?
  let machine: Target
  private(set) var segments: [Segment] = []
  let sections: Table
  /// The index of the section with the names of all sections.
  let nameSection: UInt64

  /// Whether numbers and addresses have 64 bits.
  var isWide: Bool { machine.isWide }
  var order: ByteOrder { machine.order }
  /// Whether the file needs an interpreter (PT_INTERP), which is the dynamic linker.
  var hasInterpreter: Bool { segments.contains { $0.type == Segment.interpreter } }

  /// The number of bytes at the start of the file that are read at once: the header and usually the program headers.
  private static let headLength = 1024
  /// The kernel's limit for the program headers, in bytes (load_elf_phdrs).
  private static let maxProgramHeaders: UInt64 = 64 << 10

  /// Reads the headers; `nil` if it is not an ELF file.
  ///
  /// - Throws: `bad-input` for an ELF file with invalid tables, which usually was cut off.
  init?(_ source: borrowing some ByteSource & ~Copyable) throws(InitrdError) {
    let head = try source.bytes(at: 0, count: Self.headLength)
    guard head.count >= 0x34, head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
    let wide = head[4] == 2
    let order: ByteOrder = head[5] == 2 ? .big : .little
    guard head.count >= (wide ? 0x40 : 0x34) else { return nil }
    func number(_ offset: Int, _ width: Int) -> UInt64 {
      head.span.number(at: offset, width: width, order) ?? 0
    }
    machine = Target(number: number(0x12, 2), isWide: wide, order: order)
    architecture = Self.architecture(machine: number(0x12, 2), wide: wide, big: order == .big)
    kind = Kind(rawValue: number(0x10, 2))

    let cut = InitrdError(
      .badInput, "a damaged ELF file: its tables reach beyond its end",
      remedy: "copy the file again")
    let length = source.byteCount
    func table(_ offset: Int, _ size: Int, _ count: Int) throws(InitrdError) -> Table {
      let table = Table(
        start: number(offset, wide ? 8 : 4), size: number(size, 2), count: number(count, 2))
      guard table.start <= length, table.size * table.count <= length - table.start else {
        throw cut
      }
      return table
    }
    let programs = try table(wide ? 0x20 : 0x1C, wide ? 0x36 : 0x2A, wide ? 0x38 : 0x2C)
    sections = try table(wide ? 0x28 : 0x20, wide ? 0x3A : 0x2E, wide ? 0x3C : 0x30)
    nameSection = number(wide ? 0x3E : 0x32, 2)
    guard programs.count > 0 else { return }
    let bytes = programs.size * programs.count
    guard programs.size >= (wide ? 0x38 : 0x20), bytes <= Self.maxProgramHeaders else { throw cut }
    let isInHead = programs.start + bytes <= UInt64(head.count)
    let headers = isInHead ? head : try source.bytes(at: programs.start, count: Int(bytes))
    let start = isInHead ? programs.start : 0
    for index in 0..<programs.count {
      let place = start + index * programs.size
      func field(_ offset: UInt64, _ width: Int) throws(InitrdError) -> UInt64 {
        guard let value = headers.span.number(at: place + offset, width: width, order) else {
          throw cut
        }
        return value
      }
      let type = try field(0, 4)
      guard (Segment.load...Segment.note).contains(type) else { continue }
      let width = wide ? 8 : 4
      segments.append(
        Segment(
          type: type, offset: try field(wide ? 8 : 4, width),
          address: try field(wide ? 0x10 : 8, width), size: try field(wide ? 0x20 : 0x10, width),
          alignment: try field(wide ? 0x30 : 0x1C, width)))
    }
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

/// Small ELF files that need interpreters and libraries.
public enum SampleProgram {
  /// A 64-bit program: three program headers, the interpreter's name, strings, a dynamic section.
  ///
  /// - Parameters:
  ///   - machine: the machine.
  ///   - interpreter: the dynamic linker; `nil`: none.
  ///   - libraries: the names for DT_NEEDED.
  ///   - rpath: the paths for DT_RPATH.
  ///   - runpath: the paths for DT_RUNPATH.
  ///   - text: additional content at the end of the file.
  /// - Returns: the file.
  public static func elf(
    _ machine: SampleSysroot.Machine = .x86, interpreter: String? = nil, libraries: [String] = [],
    rpath: [String] = [], runpath: [String] = [], text: [UInt8] = []
  ) -> [UInt8] {
    func word(_ value: Int, _ width: Int = 8) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes = SampleSysroot.elf(machine)
    bytes[0x20] = 64
    bytes[0x36] = 56
    bytes[0x38] = interpreter == nil ? 2 : 3
    let texts = 64 + 3 * 56
    let loader = Array((interpreter ?? "").utf8) + [0]
    var strings: [UInt8] = [0]
    var dynamic: [UInt8] = []
    for (tag, names) in [(1, libraries), (15, rpath), (29, runpath)] {
      for name in names {
        dynamic += word(tag) + word(strings.count)
        strings += Array(name.utf8) + [0]
      }
    }
    dynamic += word(5) + word(texts + loader.count) + word(0) + word(0)
    func header(_ type: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      word(type, 4) + word(0, 4) + word(offset) + word(offset) + word(offset) + word(size)
        + word(size) + word(1)
    }
    let end = texts + loader.count + strings.count
    bytes += header(1, 0, end + dynamic.count) + header(2, end, dynamic.count)
    bytes += header(3, texts, loader.count)
    return bytes + loader + strings + dynamic + text
  }

  /// A program with 30 entries of the type `tag`, which all refer to one text of `length` bytes.
  public static func withManyPaths(length: Int, tag: Int) -> [UInt8] {
    let one = elf(rpath: [String(repeating: "a:", count: length / 2)])
    // The dynamic section is at the end: repeat the entry of the path before the entry of the strings.
    let (pair, last) = (one.suffix(48).prefix(16), one.suffix(32))
    var bytes = Array(one.dropLast(48))
    for _ in 0..<30 { bytes += [UInt8(tag)] + pair.dropFirst() }
    bytes += last
    // Adjust the sizes of the loaded part and of the dynamic section.
    for place in [64 + 0x20, 64 + 56 + 0x20] {
      let size = Int(bytes[place]) + Int(bytes[place + 1]) << 8 + 29 * 16
      (bytes[place], bytes[place + 1]) = (UInt8(size & 0xFF), UInt8(size >> 8))
    }
    return bytes
  }
}

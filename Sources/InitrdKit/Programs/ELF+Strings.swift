extension ELFLinks {
  /// The size up to which string tables are searched, in bytes. Those of large C++ libraries have some megabytes.
  private static let maxStrings: UInt64 = 16 << 20

  /// Which of `names` are names of dynamic symbols or versions, or ends of them: linkers store a name that is the end
  /// of another one only once.
  ///
  /// - Throws: errors of reading the file.
  func mentioned(
    _ names: Set<[UInt8]>, _ source: borrowing some ByteSource & ~Copyable
  ) throws(InitrdError) -> Set<[UInt8]> {
    guard let strings else { return [] }
    let count = min(strings.upperBound - strings.lowerBound, Self.maxStrings)
    let bytes = try source.bytes(at: strings.lowerBound, count: Int(count))
    let wanted = Dictionary(grouping: names) { $0.last ?? 0 }
    var found: Set<[UInt8]> = []
    let span = bytes.span
    for index in span.indices.dropFirst() where span[index] == 0 {
      guard let candidates = wanted[span[index - 1]] else { continue }
      for name in candidates where name.count <= index && !found.contains(name) {
        let start = index - name.count
        if name.indices.allSatisfy({ span[start + $0] == name[$0] }) { found.insert(name) }
      }
    }
    return found
  }

  /// The directories that a dynamic linker of glibc searches by default, in their order, without slashes at the end;
  /// empty if they are not found.
  ///
  /// The linker has them as texts one after the other, each with a slash at its end (`system_dirs` in elf/dl-load.c).
  ///
  /// - Throws: errors of reading the file.
  static func systemDirectories(
    ofLoader source: borrowing some ByteSource & ~Copyable
  ) throws(InitrdError) -> [[UInt8]] {
    let slash = UInt8(ascii: "/")
    let bytes = try source.bytes(at: 0, count: Int(min(source.byteCount, 4 << 20)))
    var run: [[UInt8]] = []
    var best: [[UInt8]] = []
    for text in bytes.split(separator: 0, omittingEmptySubsequences: false) {
      if text.count > 1, text.count < 256, text.first == slash, text.last == slash {
        run.append(Array(text.dropLast()))
        continue
      }
      if run.count > best.count { best = run }
      run = []
    }
    return best.count > 1 ? best : []
  }
}

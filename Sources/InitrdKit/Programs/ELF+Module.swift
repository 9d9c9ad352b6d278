extension ELF {
  /// Limits for the section headers, for their names and for `.modinfo`, in bytes. amdgpu, the largest module, has 60
  /// KiB of each at most.
  private static let (maxTable, maxInformation): (UInt64, UInt64) = (1 << 20, 1 << 20)
  /// The number of bytes before the section headers that are read with them: usually the sections' names.
  private static let maxNames: UInt64 = 1 << 10
  /// The limit for the firmware files that one module names. amdgpu, which names most, has 553.
  private static let maxFirmware = 4096
  /// The number of bytes at the end of `.modinfo` that are read first: `vermagic` is usually its last text.
  private static let endOfInformation: UInt64 = 256

  /// What a module says of itself in its section `.modinfo`.
  struct ModuleInformation: Equatable, Sendable {
    /// The kernel release that it is for; `nil` when it tells none.
    var release: String?
    /// The firmware files that its driver asks for, as they are below `lib/firmware`; some are globs.
    var firmware: [[UInt8]] = []
  }

  /// The texts in the section `.modinfo` of a module: `KEY=value`.
  func moduleTexts(_ source: borrowing some ByteSource & ~Copyable) throws(InitrdError) -> [[UInt8]]
  {
    guard let (start, size) = try section(named: ".modinfo", source) else { return [] }
    return try source.bytes(at: start, count: Int(min(size, Self.maxInformation)))
      .split(separator: 0).map { Array($0) }
  }

  /// What a module says of itself.
  ///
  /// - Throws: `limit` for a module that names more than 4,096 firmware files.
  func moduleInformation(
    _ source: borrowing some ByteSource & ~Copyable
  ) throws(InitrdError) -> ModuleInformation {
    guard sections.count > 0 else { return ModuleInformation(release: try moduleRelease(source)) }
    guard let (start, size) = try section(named: ".modinfo", source) else { return .init() }
    let bytes = try source.bytes(at: start, count: Int(min(size, Self.maxInformation)))
    var information = ModuleInformation(release: Self.release(inInformation: bytes.span))
    let key = Array("firmware=".utf8)
    for text in bytes.split(separator: 0) where text.starts(with: key) && text.count > key.count {
      guard information.firmware.count < Self.maxFirmware else {
        throw InitrdError(
          .limit, "the module names more than \(Self.maxFirmware) firmware files in its .modinfo")
      }
      information.firmware.append(Array(text.dropFirst(key.count)))
    }
    return information
  }

  /// The kernel release for which a module is built: the first word of its `vermagic`; `nil` if it has none.
  ///
  /// It is one of the NUL-terminated texts in the section `.modinfo`. The kernel loads no file without section headers;
  /// the first bytes of such a file are searched nevertheless.
  func moduleRelease(_ source: borrowing some ByteSource & ~Copyable) throws(InitrdError) -> String?
  {
    var (start, size) = (UInt64(0), source.byteCount)
    if sections.count > 0 {
      guard let found = try section(named: ".modinfo", source) else { return nil }
      (start, size) = found
    }
    let end = min(size, Self.endOfInformation)
    if start <= source.byteCount, size - end <= source.byteCount - start {
      let last = try source.bytes(at: start + size - end, count: Int(end))
      if let release = Self.release(inInformation: last.span) { return release }
    }
    let information = try source.bytes(at: start, count: Int(min(size, Self.maxInformation)))
    return Self.release(inInformation: information.span)
  }

  /// The place in the file of the section with this name; `nil` if there is none.
  private func section(
    named name: String, _ source: borrowing some ByteSource & ~Copyable
  ) throws(InitrdError) -> (start: UInt64, size: UInt64)? {
    let width = isWide ? 8 : 4
    guard sections.size >= (isWide ? 0x40 : 0x28), nameSection < sections.count,
      sections.size * sections.count <= Self.maxTable
    else { return nil }
    let before = min(sections.start, Self.maxNames)
    let first = sections.start - before
    let table = try source.bytes(
      at: first, count: Int(before + sections.size * sections.count))
    let order = order
    func place(_ index: UInt64) -> (name: UInt64, start: UInt64, size: UInt64)? {
      let header = before + index * sections.size
      guard let name = table.span.number(at: header, width: 4, order),
        let start = table.span.number(at: header + (isWide ? 0x18 : 0x10), width: width, order),
        let size = table.span.number(at: header + (isWide ? 0x20 : 0x14), width: width, order)
      else { return nil }
      return (name, start, size)
    }
    guard let texts = place(nameSection) else { return nil }
    let names: [UInt8]
    if texts.start >= first, texts.start - first <= before,
      texts.size <= before - (texts.start - first)
    {
      let start = Int(texts.start - first)
      // The file may have become shorter since its size was read.
      guard start <= table.count else { return nil }
      names = Array(table[start..<min(table.count, start + Int(texts.size))])
    } else {
      names = try source.bytes(at: texts.start, count: Int(min(texts.size, Self.maxTable)))
    }
    let wanted = Array(name.utf8) + [0]
    for index in 0..<sections.count {
      guard let place = place(index), let start = Int(exactly: place.name),
        start < names.count, names.count - start >= wanted.count,
        wanted.indices.allSatisfy({ names[start + $0] == wanted[$0] })
      else { continue }
      return (place.start, place.size)
    }
    return nil
  }

  /// The release in a part of `.modinfo`, if the text `vermagic=…` is complete and at the start of the part or after a
  /// NUL.
  private static func release(inInformation bytes: Span<UInt8>) -> String? {
    let key = Array("vermagic=".utf8)
    guard bytes.count > key.count else { return nil }
    for start in 0..<(bytes.count - key.count) where bytes[start] == key[0] {
      guard start == 0 || bytes[start - 1] == 0,
        key.indices.allSatisfy({ bytes[start + $0] == key[$0] })
      else { continue }
      var text: [UInt8] = []
      for index in start + key.count..<bytes.count {
        guard bytes[index] > 0x20, text.count < 256 else { break }
        text.append(bytes[index])
      }
      return String(decoding: text, as: UTF8.self)
    }
    return nil
  }
}

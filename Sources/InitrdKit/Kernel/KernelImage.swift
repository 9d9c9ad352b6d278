/// A kernel's boot image, from which the release and the configuration are read.
///
/// It has one of several forms:
///
/// - on x86 a bzImage, with the setup header of Documentation/arch/x86/boot.rst:
///
///       0x1F1 | setup_sects (1) | … 0x1FE 55 AA | 0x202 "HdrS" … 0x20E | kernel_version (2): text at value + 0x200
///       0x248 | payload_offset (4) | payload_length (4): from the end of the setup sectors
///
/// - on arm64 and RISC-V an Image: uncompressed, compressed as a whole, or decompressing itself under EFI (zboot):
///
///       0x00 "MZ" | 0x04 "zimg" | payload offset (4) | payload length (4) | … 0x18 compression's name
///
/// - the ELF file vmlinux;
/// - a unified kernel image: a PE file with one of these forms in its section `.linux`.
///
/// In the uncompressed kernel, the configuration (CONFIG_IKCONFIG) is a gzip member between `IKCFG_ST` and `IKCFG_ED`,
/// and the release is in a text that begins with `Linux version `.
struct KernelImage: Sendable {
  /// The file, for messages.
  let name: String
  /// The release; `nil` if it is missing, or only in the compressed kernel inside.
  let release: String?
  /// The kernel, uncompressed or compressed.
  private let form: Form

  private enum Form: Sendable {
    /// The uncompressed kernel.
    case plain([UInt8])
    /// A bzImage or zboot image, with the compressed kernel inside.
    case packed([UInt8])
  }

  /// The size limit of an uncompressed kernel, in bytes; no kernel is as large.
  private static let sizeLimit = 1 << 30

  /// Reads an image.
  ///
  /// - Throws: `bad-input` for any other file; the message describes the file.
  init(_ bytes: [UInt8], name: String) throws(InitrdError) {
    do throws(InitrdError) { try self.init(bytes, name: name, depth: 0) } catch {
      throw error.inFile(name)
    }
  }

  private init(_ bytes: [UInt8], name: String, depth: Int) throws(InitrdError) {
    self.name = name
    let head = Array(bytes.prefix(ContentKind.headLength))
    if ContentKind.isBzImage(head) {
      form = .packed(bytes)
      release = Self.setupRelease(bytes)
    } else if ContentKind.isArm64Image(head) || ContentKind.isRISCVImage(head) {
      form = .plain(bytes)
      release = Self.banner(in: bytes.span)
    } else if ContentKind.isZboot(head) {
      form = .packed(bytes)
      release = nil
    } else if let elf = try? ELF(bytes), elf.kind == .program || elf.kind == .shared,
      let found = Self.banner(in: bytes.span)
    {
      (form, release) = (.plain(bytes), found)
    } else if depth == 0, let sections = try PESections(bytes, name: name),
      let place = sections.section(".linux")
    {
      let linux = try bytes.whole(at: place.offset, count: place.size) ?? []
      let inner = try KernelImage(linux, name: name, depth: 1)
      form = inner.form
      let told = try sections.section(".uname").flatMap { (section) throws(InitrdError) in
        try bytes.whole(at: section.offset, count: min(section.size, 256))
      }
      release = told.flatMap { Self.word($0[...]) } ?? inner.release
    } else if depth == 0, let format = Compression.detect(head.span),
      let whole = try Self.unpacked(bytes, format)
    {
      let inner = try KernelImage(whole, name: name, depth: 1)
      (form, release) = (inner.form, inner.release)
    } else {
      throw InitrdError(
        .badInput, "not a kernel image: this is \(ContentKind.describe(head))",
        remedy: "use a kernel: vmlinuz, Image, vmlinux or a unified kernel image")
    }
  }

  /// The configuration inside the image; `nil` if it has none.
  func config() throws(InitrdError) -> KernelConfig? {
    switch form {
    case .plain(let kernel): return Self.config(in: kernel.span)
    case .packed(let bytes):
      guard let kernel = try Self.payload(bytes, name) else { return nil }
      return Self.config(in: kernel.span)
    }
  }

  /// The release from the image's header, else from the kernel inside; `nil` if neither has it.
  func releaseInside() throws(InitrdError) -> String? {
    guard release == nil, case .packed(let bytes) = form,
      let kernel = try Self.payload(bytes, name)
    else { return release }
    return Self.banner(in: kernel.span)
  }

  // MARK: The content

  private static func setupRelease(_ bytes: [UInt8]) -> String? {
    guard let offset = bytes.span.number(at: 0x20E, width: 2), offset > 0,
      let start = Int(exactly: offset + 0x200), start < bytes.count
    else { return nil }
    return word(bytes[start...])
  }

  /// The first word of a text: up to 256 printable characters; `nil` if there is none.
  private static func word(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = bytes.prefix(256).prefix { $0 > 0x20 && $0 < 0x7F }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
  }

  /// The release in the first text that a kernel prints (init/version.c): `Linux version 6.1.0-56-amd64 (…`.
  private static func banner(in kernel: Span<UInt8>) -> String? {
    let mark = Array("Linux version ".utf8)
    guard kernel.count > mark.count else { return nil }
    for start in 0..<(kernel.count - mark.count) where kernel[start] == mark[0] {
      guard mark.indices.allSatisfy({ kernel[start + $0] == mark[$0] }),
        (0x30...0x39).contains(kernel[start + mark.count])
      else { continue }
      var text: [UInt8] = []
      for index in start + mark.count..<kernel.count {
        guard kernel[index] > 0x20, kernel[index] < 0x7F, text.count < 256 else { break }
        text.append(kernel[index])
      }
      return String(decoding: text, as: UTF8.self)
    }
    return nil
  }

  /// The kernel inside a bzImage or zboot image; `nil` if there is no compressed data at the place in the header.
  private static func payload(_ bytes: [UInt8], _ name: String) throws(InitrdError) -> [UInt8]? {
    func number(_ offset: Int, _ width: Int) -> UInt64 {
      bytes.span.number(at: offset, width: width) ?? 0
    }
    let isBzImage = ContentKind.isBzImage(bytes)
    let sectors = number(0x1F1, 1) == 0 ? 4 : number(0x1F1, 1)
    let start = isBzImage ? (sectors + 1) * 512 + number(0x248, 4) : number(0x08, 4)
    let length = isBzImage ? number(0x24C, 4) : number(0x0C, 4)
    guard length > 0, var payload = try bytes.whole(at: start, count: length),
      let format = Compression.detect(payload.span)
    else { return nil }
    // The uncompressed size follows the payload's member. Decoders of one member ignore it, but an lz4 member has no
    // end mark, and the size would be read as that of a block.
    if isBzImage, format == .lz4, payload.count > 4 { payload.removeLast(4) }
    do { return try decompress(payload, format) { (_) throws(InitrdError) in } } catch {
      throw error.inFile(name)
    }
  }

  /// Decompresses a kernel that is compressed as a whole.
  ///
  /// - Throws: `bad-input` for any other content, as soon as its first bytes are decompressed.
  private static func unpacked(
    _ bytes: [UInt8], _ format: Compression
  ) throws(InitrdError) -> [UInt8]? {
    try decompress(bytes, format) { (head) throws(InitrdError) in
      let isELF = head.starts(with: [0x7F, 0x45, 0x4C, 0x46])
      if isELF || ContentKind.isArm64Image(head) || ContentKind.isRISCVImage(head) { return }
      throw InitrdError(
        .badInput,
        "not a kernel image: this is \(ContentKind.describe(head)), compressed with \(format)",
        remedy: "use a kernel: vmlinuz, Image, vmlinux or a unified kernel image")
    }
  }

  /// Decompresses one member.
  ///
  /// - Parameters:
  ///   - bytes: bytes that begin with the member.
  ///   - format: its format.
  ///   - check: gets the first decompressed bytes; throws to stop.
  /// - Returns: the decompressed bytes.
  /// - Throws: `limit` for more than a gigabyte, and the errors of the decoder and of `check`.
  private static func decompress(
    _ bytes: [UInt8], _ format: Compression, check: ([UInt8]) throws(InitrdError) -> Void
  ) throws(InitrdError) -> [UInt8] {
    var kernel: [UInt8] = []
    var isChecked = false
    var decoder = try Decompressor(format)
    _ = try decoder.decompress(bytes.span) { (piece: Span<UInt8>) throws(InitrdError) in
      guard kernel.count + piece.count < sizeLimit else {
        throw InitrdError(.limit, "the decompressed kernel has more than 1 GiB")
      }
      piece.withUnsafeBufferPointer { kernel.append(contentsOf: $0) }
      if !isChecked, kernel.count >= ContentKind.headLength {
        isChecked = true
        try check(Array(kernel.prefix(ContentKind.headLength)))
      }
    }
    if !isChecked { try check(kernel) }
    return kernel
  }

  private static func config(in kernel: Span<UInt8>) -> KernelConfig? {
    let mark = Array("IKCFG_ST".utf8)
    guard kernel.count > mark.count + 2 else { return nil }
    for start in 0..<(kernel.count - mark.count) where kernel[start] == mark[0] {
      guard mark.indices.allSatisfy({ kernel[start + $0] == mark[$0] }) else { continue }
      let member = kernel.extracting((start + mark.count)...)
      // The mark is also in the kernel's own code, so that the bytes after it decide.
      var text: [UInt8] = []
      guard Compression.detect(member) == .gzip, var decoder = try? Decompressor(.gzip),
        let progress = try? decoder.decompress(
          member,
          to: { (piece: Span<UInt8>) throws(InitrdError) in
            guard text.count + piece.count < 16 << 20 else {
              throw InitrdError(.limit, "the configuration has more than 16 MiB")
            }
            piece.withUnsafeBufferPointer { text.append(contentsOf: $0) }
          }),
        progress.ended
      else { continue }
      let config = KernelConfig(text: text)
      if !config.isEmpty { return config }
    }
    return nil
  }
}

/// A kernel's boot image, as far as a builder needs it: its release and the configuration inside it.
///
/// On x86 it starts with the setup header of Documentation/arch/x86/boot.rst:
///
///     0x1F1 | setup_sects (1) | … 0x202 "HdrS" … 0x20E | kernel_version (2): text at that + 0x200
///     0x248 | payload_offset (4) | payload_length (4): from the end of the setup sectors
///
/// The configuration (CONFIG_IKCONFIG) is a gzip member between `IKCFG_ST` and `IKCFG_ED` in the kernel
/// proper, which on most machines is compressed itself.
struct KernelImage: Sendable {
  /// The file, for messages.
  let name: String
  private let bytes: [UInt8]

  init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  private var hasSetupHeader: Bool {
    bytes.count > 0x250 && bytes[0x202..<0x206].elementsEqual("HdrS".utf8)
  }

  /// The release that the image's header tells; `nil` when it tells none.
  var release: String? {
    guard hasSetupHeader else { return nil }
    let start = Int(number(0x20E, 2)) + 0x200
    guard start > 0x200, start < bytes.count else { return nil }
    let text = bytes[start...].prefix(256).prefix { $0 > 0x20 && $0 < 0x7F }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
  }

  /// The configuration inside the image; `nil` when it carries none.
  func config() throws(InitrdError) -> KernelConfig? {
    if let config = Self.config(in: bytes.span) { return config }
    guard var payload, let format = Compression.detect(payload.span) else { return nil }
    // The payload's member is followed by its size, which a decoder of one member leaves alone; but lz4 has no end
    // of its own, and the size would be that of a block.
    if hasSetupHeader, format == .lz4, payload.count > 4 { payload.removeLast(4) }
    // A kernel of a gigabyte doesn't exist.
    var kernel: [UInt8] = []
    do {
      var decoder = try Decompressor(format)
      _ = try decoder.decompress(payload.span) { (piece: Span<UInt8>) throws(InitrdError) in
        guard kernel.count + piece.count < 1 << 30 else {
          throw InitrdError(.limit, "a kernel of over 1 GiB")
        }
        piece.withUnsafeBufferPointer { kernel.append(contentsOf: $0) }
      }
    } catch { throw error.inFile(name) }
    return Self.config(in: kernel.span)
  }

  /// The compressed kernel of an x86 image; the whole file of another.
  private var payload: [UInt8]? {
    guard hasSetupHeader else { return bytes }
    let sectors = bytes[0x1F1] == 0 ? 4 : Int(bytes[0x1F1])
    let start = (sectors + 1) * 512 + Int(number(0x248, 4))
    let length = Int(number(0x24C, 4))
    guard length > 0, start <= bytes.count, length <= bytes.count - start else { return nil }
    return Array(bytes[start..<(start + length)])
  }

  private func number(_ offset: Int, _ width: Int) -> UInt64 {
    bytes[offset..<(offset + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func config(in kernel: Span<UInt8>) -> KernelConfig? {
    let mark = Array("IKCFG_ST".utf8)
    guard kernel.count > mark.count + 2 else { return nil }
    for start in 0..<(kernel.count - mark.count) where kernel[start] == mark[0] {
      guard mark.indices.allSatisfy({ kernel[start + $0] == mark[$0] }) else { continue }
      let member = kernel.extracting((start + mark.count)...)
      // The mark also stands in the kernel's own code that looks for it: what follows decides.
      var text: [UInt8] = []
      guard Compression.detect(member) == .gzip, var decoder = try? Decompressor(.gzip),
        let progress = try? decoder.decompress(
          member,
          to: { (piece: Span<UInt8>) throws(InitrdError) in
            guard text.count + piece.count < 16 << 20 else {
              throw InitrdError(.limit, "a configuration of over 16 MiB")
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

/// Recognizes a file by its first bytes, for messages about unexpected files.
enum ContentKind {
  /// The number of bytes at the start of a file that are needed.
  static let headLength = LegacyInitrd.headSize

  /// A description of the file that starts with `head`, with an article: `an ELF program`.
  static func describe(_ head: [UInt8]) -> String {
    if head.isEmpty { return "an empty file" }
    if let elf = elf(head) { return elf }
    if head.starts(with: "070701".utf8) || head.starts(with: "070702".utf8) {
      return "a cpio archive"
    }
    if head.starts(with: "070707".utf8) || head.starts(with: [0xC7, 0x71]) {
      return "a cpio archive in an old format"
    }
    if head.starts(with: "#!".utf8) { return "a script" }
    if isBzImage(head) { return "an x86 kernel (bzImage)" }
    if isArm64Image(head) { return "an arm64 kernel (Image)" }
    if isRISCVImage(head) { return "a RISC-V kernel (Image)" }
    if head.starts(with: "MZ".utf8) { return "a PE file, such as an EFI program" }
    if let (name, _) = LegacyInitrd.identify(head) { return "\(name) file system" }
    if let format = Compression.detect(head.span) { return "a file compressed with \(format)" }
    if let kind = signatures.first(where: { head.starts(with: $0.bytes) }) { return kind.name }
    if head.allSatisfy({ $0 == 0 }) { return "a file that begins with NULs" }
    return text(head) ?? "data in an unknown format"
  }

  private static let signatures: [(bytes: [UInt8], name: String)] = [
    (Array("!<arch>\n".utf8), "an ar archive, such as a Debian package"),
    (Array("PK\u{3}\u{4}".utf8), "a ZIP archive"), ([0xED, 0xAB, 0xEE, 0xDB], "an RPM package"),
    (Array("QFI".utf8) + [0xFB], "a qcow2 disk image"), (Array("LUKS".utf8), "a LUKS container"),
    (Array("XFSB".utf8), "an XFS file system"), ([0x27, 0x05, 0x19, 0x56], "a U-Boot image"),
    ([0xD0, 0x0D, 0xFE, 0xED], "a device tree or FIT image"), (Array("%PDF".utf8), "a PDF file"),
    ([0x89] + Array("PNG".utf8), "a PNG picture"), ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
  ]

  private static func elf(_ head: [UInt8]) -> String? {
    guard head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return nil }
    let order: ByteOrder = head.count > 5 && head[5] == 2 ? .big : .little
    let type = head.span.number(at: 0x10, width: 2, order) ?? 0
    return switch type {
    case 1: "an ELF object, such as a kernel module"
    case 2, 3: "an ELF program or library"
    default: "an ELF file"
    }
  }

  /// Checks the setup header of Documentation/arch/x86/boot.rst: its magic, and the signature of boot sectors.
  static func isBzImage(_ head: [UInt8]) -> Bool {
    head.count > 0x250 && head[0x202..<0x206].elementsEqual("HdrS".utf8)
      && head.span.number(at: 0x1FE, width: 2) == 0xAA55
  }

  /// Checks the header of Documentation/arch/arm64/booting.rst.
  static func isArm64Image(_ head: [UInt8]) -> Bool {
    head.count > 0x40 && head[0x38..<0x3C].elementsEqual("ARMd".utf8)
  }

  /// Checks the header of Documentation/arch/riscv/boot-image-header.rst.
  static func isRISCVImage(_ head: [UInt8]) -> Bool {
    head.count > 0x40 && head[0x38..<0x3C].elementsEqual("RSC\u{5}".utf8)
  }

  /// Checks for a kernel that decompresses itself under EFI (drivers/firmware/efi/libstub/zboot-header.S).
  static func isZboot(_ head: [UInt8]) -> Bool {
    head.count > 0x40 && head.starts(with: "MZ".utf8) && head[4..<8].elementsEqual("zimg".utf8)
  }

  private static func text(_ head: [UInt8]) -> String? {
    // The head can end inside of a character.
    for cut in 0...min(3, head.count - 1) {
      guard let text = String(validating: head.dropLast(cut), as: UTF8.self),
        text.unicodeScalars.allSatisfy({
          $0.value >= 0x20 || "\t\n\r\u{C}\u{1B}".unicodeScalars.contains($0)
        })
      else { continue }
      let start = text.drop { $0.isWhitespace }.first
      return start == "{" || start == "[" ? "JSON text" : start == "<" ? "XML or HTML text" : "text"
    }
    return nil
  }
}

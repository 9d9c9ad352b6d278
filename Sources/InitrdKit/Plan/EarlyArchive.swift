/// The microcode and ACPI tables that an x86 kernel reads before it unpacks the image.
///
/// The kernel looks for them in an uncompressed archive at the start of the image, by exact names
/// (Documentation/arch/x86/microcode.rst, Documentation/admin-guide/acpi/initrd_table_override.rst).
struct EarlyArchive: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()

  /// Plans the entries that `manifest` requests. All failures are added to the diagnostics.
  init(
    _ manifest: Manifest.Early, for architecture: Architecture?,
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    for (vendor, blobs) in try microcode(manifest.microcode, for: architecture, in: sources)
    where !blobs.isEmpty {
      contribution.request(
        .bytes(blobs.flatMap(\.bytes)),
        at: try ImagePath("kernel/x86/microcode/\(vendor.rawValue).bin"), .init(), mode: 0o644,
        key: "early.microcode", name: blobs.count == 1 ? blobs[0].name : "\(blobs.count) files",
        location: nil)
    }
    for item in manifest.acpi {
      guard
        let bytes = try sources.contents(of: item, key: "early.acpi", &contribution.diagnostics)
      else { continue }
      let name = item.name.utf8.split(separator: UInt8(ascii: "/")).last ?? Substring().utf8
      contribution.request(
        .bytes(bytes), at: try ImagePath("kernel/firmware/acpi").appending(name), .init(),
        mode: 0o644, key: "early.acpi", name: item.name, location: item.location)
    }
  }

  /// The archive; `nil` if it has no entries. Conflicts are added to the diagnostics.
  func archive(_ diagnostics: inout Diagnostics) throws(InitrdError) -> PlannedArchive? {
    var table = EntryTable()
    table.add(contribution)
    diagnostics.add(table.diagnostics)
    var archive = PlannedArchive(name: "early")
    archive.entries = try table.entries()
    // Intel's manual (volume 3, "Microcode Update Loader") requires microcode at multiples of 16. Tables are not aligned:
    // the kernel warns about names of over 17 bytes, including their NULs (MAX_CPIO_FILE_NAME of lib/earlycpio.c).
    for index in archive.entries.indices
    where archive.entries[index].path.bytes.starts(with: "kernel/x86/microcode/".utf8) {
      archive.entries[index].alignment = 16
    }
    // The same padding as that of iucode_tool and dracut. The kernel requires only 4.
    archive.padding = 512
    return archive.entries.isEmpty ? nil : archive
  }

  private enum Vendor: String, CaseIterable {
    case intel = "GenuineIntel"
    case amd = "AuthenticAMD"

    /// Detects the vendor by the start of a microcode file: "DMA\\0" (a container of AMD), or a header of version 1 (Intel).
    init?(_ bytes: [UInt8]) {
      if bytes.starts(with: [0x44, 0x4D, 0x41, 0]) {
        self = .amd
      } else if bytes.count >= 48, bytes.starts(with: [1, 0, 0, 0]) {
        self = .intel
      } else {
        return nil
      }
    }

    var folder: String { self == .intel ? "lib/firmware/intel-ucode" : "lib/firmware/amd-ucode" }
  }

  private typealias Blob = (name: String, bytes: [UInt8])

  private mutating func microcode(
    _ wanted: Manifest.Early.Microcode, for architecture: Architecture?,
    in sources: borrowing SourceFiles
  ) throws(InitrdError) -> [(Vendor, [Blob])] {
    var found: [Vendor: [Blob]] = [:]
    switch wanted {
    case .none: return []
    case .auto:
      guard architecture == nil || architecture == .x86_64 || architecture == .i686
      else { return [] }
      for vendor in Vendor.allCases {
        for name in try sources.sysroot.entries(vendor.folder) ?? [] {
          let path = "\(vendor.folder)/\(String(decoding: name, as: UTF8.self))"
          // The directory may also contain signatures and text files.
          guard let bytes = try sources.sysroot.contents(path, limit: 64 << 20),
            Vendor(bytes) == vendor
          else { continue }
          found[vendor, default: []].append((path, bytes))
        }
      }
      if found.isEmpty {
        contribution.diagnostics.note(
          .missing, "early.microcode: no microcode in lib/firmware/{intel,amd}-ucode of the sysroot"
        )
      }
    case .files(let items):
      for item in items {
        guard
          let bytes = try sources.contents(
            of: item, key: "early.microcode", &contribution.diagnostics)
        else { continue }
        guard let vendor = Vendor(bytes) else {
          contribution.diagnostics.error(
            .badInput, "this is not microcode of Intel or AMD",
            at: .init(file: sources.display(item.name)))
          continue
        }
        found[vendor, default: []].append((item.name, bytes))
      }
    }
    return Vendor.allCases.map { ($0, found[$0] ?? []) }
  }
}

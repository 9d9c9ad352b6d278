/// What an x86 kernel reads before it unpacks anything: microcode and ACPI tables.
///
/// It looks for them in an archive at the very start of the image that is not compressed, by names that must be
/// exactly these (Documentation/arch/x86/microcode.rst, Documentation/admin-guide/acpi/initrd_table_override.rst).
extension Planner {
  /// The early archive; `nil` when there is nothing to put into it.
  mutating func earlyArchive() throws(InitrdError) -> PlannedArchive? {
    var early = EntryTable()
    var failures: [InitrdError] = []
    for (vendor, blobs) in try microcode(failures: &failures) where !blobs.isEmpty {
      early.add(
        PlannedEntry(
          path: try ImagePath("kernel/x86/microcode/\(vendor.rawValue).bin"),
          content: .bytes(blobs.flatMap(\.bytes)), mode: 0o644, uid: 0, gid: 0,
          reason: "microcode of \(blobs.count) files, asked for by early.microcode"),
        rank: .manifest)
    }
    for item in manifest.early.acpi {
      guard let bytes = try contents(of: item, failures: &failures) else { continue }
      let name = item.name.utf8.split(separator: UInt8(ascii: "/")).last ?? Substring().utf8
      early.add(
        PlannedEntry(
          path: try ImagePath("kernel/firmware/acpi").appending(name), content: .bytes(bytes),
          mode: 0o644, uid: 0, gid: 0, reason: "an ACPI table, asked for by early.acpi"),
        rank: .manifest, at: item.location)
    }
    if let error = InitrdError(all: failures + early.errors) { throw error }
    var archive = PlannedArchive(name: "early")
    archive.entries = try early.entries()
    // What iucode_tool and dracut do too; the kernel asks for 4.
    archive.padding = 512
    return archive.entries.isEmpty ? nil : archive
  }

  private enum Vendor: String, CaseIterable {
    case intel = "GenuineIntel"
    case amd = "AuthenticAMD"

    /// The vendor whose microcode starts like this: a container's "DMA\\0" (AMD), or a header of version 1.
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
    failures: inout [InitrdError]
  ) throws(InitrdError) -> [(Vendor, [Blob])] {
    var found: [Vendor: [Blob]] = [:]
    switch manifest.early.microcode {
    case .none: return []
    case .auto:
      guard plan.architecture == nil || plan.architecture == .x86_64 || plan.architecture == .i686
      else { return [] }
      for vendor in Vendor.allCases {
        for name in try sysroot.entries(vendor.folder) ?? [] {
          let path = "\(vendor.folder)/\(String(decoding: name, as: UTF8.self))"
          // Signatures and notes lie beside the microcode.
          guard let bytes = try sysroot.contents(path, limit: 64 << 20), Vendor(bytes) == vendor
          else { continue }
          found[vendor, default: []].append((path, bytes))
        }
      }
      if found.isEmpty {
        plan.notes.append("early.microcode: the sysroot has none in lib/firmware/{intel,amd}-ucode")
      }
    case .files(let items):
      for item in items {
        guard let bytes = try contents(of: item, failures: &failures) else { continue }
        guard let vendor = Vendor(bytes) else {
          failures.append(
            InitrdError(
              .badInput, "neither Intel's nor AMD's microcode", at: .init(file: display(item.name)))
          )
          continue
        }
        found[vendor, default: []].append((item.name, bytes))
      }
    }
    return Vendor.allCases.map { ($0, found[$0] ?? []) }
  }

  private mutating func contents(
    of item: Manifest.Item, failures: inout [InitrdError]
  ) throws(InitrdError) -> [UInt8]? {
    if let file = try open(item.name) { return try file.contents(limit: 64 << 20) }
    let message = "no file at \(display(item.name))"
    if item.optional {
      plan.notes.append("early: \(message)")
    } else {
      failures.append(InitrdError(.missing, message, at: item.location))
    }
    return nil
  }
}

/// The firmware of an image: the files that the included modules name, and those that the manifest includes; a step of
/// planning.
///
/// Of built-in drivers only those count that `modules.include` names: a kernel has hundreds of drivers built in, for
/// devices that the machine does not have.
struct PlannedFirmware: Sendable {
  /// The entries, errors and notes.
  private(set) var contribution = Contribution()
  /// The firmware that was looked up, sorted by name.
  private(set) var files: [PlannedFirmwareFile] = []

  /// The number of missing files that a note lists.
  static let listed = 10

  private let manifest: Manifest.Firmware
  /// The firmware that `files` of the manifest brings, by the names that drivers request.
  private let provided: [[UInt8]]

  /// Looks up the firmware. Every failure is among the diagnostics.
  ///
  /// - Parameters:
  ///   - manifest: the manifest's `firmware`.
  ///   - named: the firmware that modules name.
  ///   - kernel: the kernel; `nil`: unknown.
  ///   - existing: the paths in the image that the manifest names one by one.
  ///   - sources: the files of the sysroot.
  init(
    _ manifest: Manifest.Firmware, named: [(module: String, names: [[UInt8]])],
    of kernel: KernelTree?, besides existing: [ImagePath], in sources: borrowing SourceFiles
  ) {
    let readable = kernel.map { $0.config?.firmwareCompressions(release: $0.release) ?? [] }
    var tree = FirmwareTree(release: kernel?.release, readable: readable ?? [])
    self.manifest = manifest
    provided = existing.flatMap { tree.names(ofPath: $0.bytes) }

    var requests = FirmwareRequests(excluding: manifest.exclude)
    for (module, names) in manifest.policy == .none ? [] : named {
      for name in names {
        do { try requests.add(name, namedBy: module, &tree, in: sources.sysroot) } catch {
          contribution.diagnostics.add(error)
        }
      }
    }
    for item in manifest.include {
      do {
        if try requests.add(item, &tree, in: sources.sysroot) { continue }
        contribution.diagnostics.missing(
          "firmware.include: nothing in lib/firmware matches \"\(printable(item.name.utf8))\"",
          isOptional: item.optional, at: item.location)
      } catch { contribution.diagnostics.add(error) }
    }

    var entries = FirmwareEntries(knowsConfig: kernel?.config != nil)
    // In one order, so that messages and bytes do not depend on that of a dictionary.
    let wanted = requests.reasons.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (name, reasons) in wanted {
      var path: ImagePath?
      do {
        path = try entries.add(try tree.candidates(name, in: sources.sysroot), reasons, in: sources)
        if path == nil, let item = requests.items[name], !isProvided(name) {
          try reportMissing(item, name, &tree, in: sources)
        }
      } catch { contribution.diagnostics.add(error) }
      files.append(PlannedFirmwareFile(name: name, path: path, modules: reasons.firmwareModules))
    }
    files += requests.unmatched.map { .init(name: $0.key, path: nil, modules: $0.value) }
    files.sort { $0.name.lexicographicallyPrecedes($1.name) }
    do { try entries.add(to: &contribution) } catch { contribution.diagnostics.add(error) }
    reportMissing()
    if entries.unknown > 0 {
      contribution.diagnostics.note(
        .kernel,
        "firmware: no kernel configuration is known, so \(entries.unknown) compressed files are decompressed"
      )
    }
  }

  /// Whether an entry that the manifest names is the file, or matches the glob.
  private func isProvided(_ name: [UInt8]) -> Bool {
    let pattern = FirmwarePattern(name)
    return provided.contains(where: pattern.matches)
  }

  private mutating func reportMissing(
    _ item: Manifest.Item, _ name: [UInt8], _ tree: inout FirmwareTree,
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    let others = try tree.names(beside: name, in: sources.sysroot)
    let near = nearest(to: String(decoding: name, as: UTF8.self), in: others)
    contribution.diagnostics.missing(
      "firmware.include: no \(shown(name)) in \(sources.display(FirmwareTree.root))",
      isOptional: item.optional, at: item.location,
      remedy: near.map { "did you mean \"\($0)\"?" })
  }

  /// Reports the files that modules name and that do not exist: each as an error if they are required, else all in one
  /// note.
  private mutating func reportMissing() {
    let missing = files.filter { $0.path == nil && !$0.modules.isEmpty && !isProvided($0.name) }
    if manifest.policy == .required {
      for file in missing {
        contribution.diagnostics.error(
          .missing,
          "firmware: no \(shown(file.name)) in lib/firmware of the sysroot; requested by \(file.moduleText)",
          remedy: "add it to the sysroot, or leave it out with firmware.exclude")
      }
    } else if !missing.isEmpty {
      let list = missing.prefix(Self.listed).map { "\(shown($0.name)) (\($0.moduleText))" }
        .joined(separator: ", ")
      let more = missing.count - Self.listed
      let count = missing.count == 1 ? "1 file" : "\(missing.count) files"
      contribution.diagnostics.note(
        .missing,
        "firmware: \(count) that modules name \(missing.count == 1 ? "is" : "are") not in the sysroot: \(list)"
          + (more > 0 ? " and \(more) more" : ""))
    }
  }

  /// A firmware name for messages; a module may name anything.
  private func shown(_ name: [UInt8]) -> String {
    name.count > 200 ? printable(name.prefix(200)) + "…" : printable(name)
  }
}

extension PlannedFirmwareFile {
  /// The modules that name the file, for messages.
  fileprivate var moduleText: String {
    let shown = modules.prefix(3).map { printable($0.utf8) }.joined(separator: ", ")
    return modules.count > 3 ? "\(shown) and \(modules.count - 3) more" : shown
  }
}

/// The kernel of a starting manifest.
struct StartingKernel {
  let tree: KernelTree
  let index: ModuleIndex?
  /// Why this kernel was chosen, as a sentence.
  let reason: String
  /// The path of the configuration; `nil`: the build finds it without help.
  let config: String?
  /// The releases of the sysroot's other kernels.
  let others: [String]
  /// The machine of its modules.
  let architecture: Architecture?
  /// Whether it is the running kernel.
  let isRunning: Bool

  /// Chooses the kernel `wanted` of the sysroot, else `running`, else the newest.
  ///
  /// - Throws: `missing` if there is none.
  init(
    _ wanted: String?, running: String?, in sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    let releases = try KernelTree.releases(in: sysroot)
    let release: String
    if let wanted {
      release = try KernelTree.release(wanted, in: sysroot, at: nil)
      reason = "The release given by --kernel-release."
    } else if let running, releases.contains(running) || releases.isEmpty {
      release = running
      reason = "The running kernel."
    } else if let newest = releases.max(by: Self.isOlder) {
      release = newest
      reason = "The \(releases.count == 1 ? "only" : "newest") kernel in the sysroot."
    } else {
      throw InitrdError(
        .missing, "no kernel modules in \(sysroot.display("lib/modules"))",
        remedy:
          "unpack a kernel package there, choose another directory with --sysroot, or choose a kernel without modules with --kernel-release"
      )
    }
    var manifest = Manifest.Kernel()
    isRunning = release == running
    // The running kernel may provide its configuration itself. It is used if /boot has none.
    let provided = "proc/config.gz"
    var places = ["boot/config-\(release)", "lib/modules/\(release)/config"]
    if isRunning { places.append(provided) }
    var found: String?
    for path in places where found == nil {
      if try sysroot.isFile(path) { found = path }
    }
    config = found == provided ? provided : nil
    manifest.config = config.map { Manifest.Item($0) }
    tree = try KernelTree(release: release, manifest: manifest, in: sysroot)
    guard tree.moduleDirectory != nil || tree.config != nil || isRunning else {
      throw InitrdError(
        .missing,
        "no files of the kernel \(printable(release.utf8)) in \(sysroot.path): neither lib/modules/\(printable(release.utf8)) nor a configuration",
        remedy: "unpack the kernel's package there, or choose another --kernel-release")
    }
    if let modules = tree.moduleDirectory {
      index = try ModuleIndex(tree: modules, in: sysroot)
    } else {
      index = nil
    }
    architecture = try KernelTree.architecture(of: release, in: sysroot)
    others = releases.filter { $0 != release }
  }

  /// The modules or built-in drivers with one of the names and aliases `words`; `nil`: the kernel has none.
  func find(_ words: [String]) -> (names: [String], isBuiltIn: Bool)? {
    guard let index else {
      let known = words.first { tree.config?.hasBuiltIn(module: $0) == true }
      return known.map { ([ModuleIndex.normalized($0.utf8)], true) }
    }
    for name in words.map({ ModuleIndex.normalized($0.utf8) }) {
      if index.modules[name] != nil { return ([name], false) }
      if index.builtIn.contains(name) { return ([name], true) }
    }
    for word in words {
      let builtIn = index.builtIn(forAlias: word)
      if !builtIn.isEmpty { return (builtIn, true) }
      // The running kernel already drives this device without a module, so another module with the same device alias
      // is not needed.
      if isRunning, word.utf8.contains(UInt8(ascii: ":")) { continue }
      let modules = index.modules(forAlias: word)
      if !modules.isEmpty { return (modules, false) }
    }
    return nil
  }

  /// Whether `left` is an older release than `right`. Sequences of digits are compared as numbers.
  static func isOlder(_ left: String, than right: String) -> Bool {
    var (left, right) = (Array(left.utf8)[...], Array(right.utf8)[...])
    while let one = nextPart(&left), let other = nextPart(&right) {
      if one == other { continue }
      guard let first = one.first, let second = other.first, isDigit(first), isDigit(second) else {
        return one.lexicographicallyPrecedes(other)
      }
      // Without leading zeros, the longer number is the larger one.
      let (number, another) = (one.drop { $0 == 0x30 }, other.drop { $0 == 0x30 })
      if number.count != another.count { return number.count < another.count }
      if !number.elementsEqual(another) { return number.lexicographicallyPrecedes(another) }
    }
    return left.count < right.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

  private static func nextPart(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let first = text.first else { return nil }
    let part = text.prefix { isDigit($0) == isDigit(first) }
    text = text.dropFirst(part.count)
    return part
  }
}

/// The kernel that a starting manifest is for, and what it has of what a machine needs.
struct StartingKernel {
  let tree: KernelTree
  let index: ModuleIndex?
  /// Why it is this one.
  let reason: String
  /// The configuration's path, where the build doesn't find it by itself.
  let config: String?
  /// What else the sysroot has.
  let others: [String]
  /// The machine that its modules are for.
  let architecture: Architecture?
  /// Whether it is the one that runs here.
  let isRunning: Bool

  /// Chooses the kernel `wanted` of the sysroot, else `running`, else the newest.
  ///
  /// - Throws: `missing` when there is none.
  init(
    _ wanted: String?, running: String?, in sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    let releases = try KernelTree.releases(in: sysroot)
    let release: String
    if let wanted {
      release = try KernelTree.release(wanted, in: sysroot, at: nil)
      reason = "The kernel that --kernel-release asks for."
    } else if let running, releases.contains(running) || releases.isEmpty {
      release = running
      reason = "The kernel that runs here."
    } else if let newest = releases.max(by: Self.isOlder) {
      release = newest
      reason = releases.count == 1 ? "The only kernel here." : "The newest kernel here."
    } else {
      throw InitrdError(
        .missing, "no kernel modules in \(sysroot.display("lib/modules"))",
        remedy:
          "unpack a kernel's package there, name another folder with --sysroot, or a kernel without modules with --kernel-release"
      )
    }
    var manifest = Manifest.Kernel()
    isRunning = release == running
    // The running kernel may carry its configuration, where /boot has none of it.
    let carried = "proc/config.gz"
    var places = ["boot/config-\(release)", "lib/modules/\(release)/config"]
    if isRunning { places.append(carried) }
    var found: String?
    for path in places where found == nil {
      if try sysroot.isFile(path) { found = path }
    }
    config = found == carried ? carried : nil
    manifest.config = config.map { Manifest.Item($0) }
    tree = try KernelTree(release: release, manifest: manifest, in: sysroot)
    guard tree.modules != nil || tree.config != nil || isRunning else {
      throw InitrdError(
        .missing, "nothing of a kernel \(printable(release.utf8)) in \(sysroot.path)",
        remedy: "there is neither lib/modules/\(printable(release.utf8)) nor a configuration of it")
    }
    if let modules = tree.modules {
      index = try ModuleIndex(tree: modules, in: sysroot)
    } else {
      index = nil
    }
    architecture = try KernelTree.architecture(of: release, in: sysroot)
    others = releases.filter { $0 != release }
  }

  /// What the kernel has of something known by `words`: modules, or what is built in; `nil`: it has none.
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
      // A device that this very kernel drives without a module is none for a rival that knows it too.
      if isRunning, word.utf8.contains(UInt8(ascii: ":")) { continue }
      let modules = index.modules(forAlias: word)
      if !modules.isEmpty { return (modules, false) }
    }
    return nil
  }

  /// Whether `left` is an older release than `right`: runs of digits count as numbers.
  static func isOlder(_ left: String, than right: String) -> Bool {
    var (left, right) = (Array(left.utf8)[...], Array(right.utf8)[...])
    while let one = nextPart(&left), let other = nextPart(&right) {
      if one == other { continue }
      guard let first = one.first, let second = other.first, isDigit(first), isDigit(second) else {
        return one.lexicographicallyPrecedes(other)
      }
      // Without zeros at its start the longer number is the larger one.
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

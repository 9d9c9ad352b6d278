/// Checks whether our init can mount the root in its settings: the disk's driver and the file system must be built
/// into the kernel, or be included as modules and loaded.
///
/// If it is unknown whether something is built in, the finding is a note. For an init that is not ours, all findings
/// are notes.
struct RootRules {
  private let settings: InitSettings
  private let modules: IncludedModules
  private let kernel: KernelDrivers
  private var findings: [Finding] = []

  /// Finds the reasons for which init can't mount the root.
  ///
  /// - Parameters:
  ///   - settings: the settings of init.
  ///   - modules: the modules in the image.
  ///   - kernel: the drivers of the kernel.
  /// - Returns: the findings; none for an init without a root.
  static func findings(
    _ settings: InitSettings, _ modules: IncludedModules, _ kernel: KernelDrivers
  ) -> [Finding] {
    guard let device = settings.device else { return [] }
    var rules = RootRules(settings: settings, modules: modules, kernel: kernel)
    rules.checkDevice(device)
    if let type = settings.fileSystem {
      rules.checkFileSystem(type)
    } else {
      rules.checkAnyFileSystem(device)
    }
    guard !settings.isLinuxrc else { return rules.findings }
    return rules.findings.map {
      var finding = $0
      finding.severity = .note
      return finding
    }
  }

  private init(settings: InitSettings, modules: IncludedModules, kernel: KernelDrivers) {
    (self.settings, self.modules, self.kernel) = (settings, modules, kernel)
  }

  // MARK: The device

  private mutating func checkDevice(_ device: String) {
    switch RootDevice(device) {
    case .impossible(let why, let remedy):
      add(.rootDevice, "the root \(printable(device.utf8)) can't be mounted: \(why)", remedy)
    case .disk(let needs):
      for need in needs { check(need, device) }
    case .tagged:
      // The name does not tell the driver, but the disk needs one.
      let isKnown = kernel.knowsBuiltIn
      let has = RootDevice.drivers.contains { isReady($0) == true }
      guard isKnown, !has else { return }
      add(
        .rootDriver,
        "the root is \(printable(device.utf8)), but no known disk driver is built in or loaded",
        "add the driver of its disk to \(modules.list)", severity: .note)
    case .unknown:
      add(
        .rootDevice, "the driver of \(printable(device.utf8)) is unknown",
        "make sure that its driver is in \(modules.list), or built in", severity: .note)
    }
  }

  private mutating func check(_ need: RootDevice.Need, _ device: String) {
    let device = printable(device.utf8)
    let names = need.modules.flatMap(expanded)
    let states = names.map { isReady($0) }
    if states.contains(true) { return }
    let first = names.first { kernel.hasModule($0) } ?? need.modules[0]
    guard need.isCertain else {
      add(
        .rootDriver,
        "the root is on \(device), but no known \(need.what) is built in or loaded",
        "add the driver that the machine needs to \(modules.list)", severity: .note)
      return
    }
    if let name = names.first(where: modules.names.contains) {
      addNotLoaded(name, "\(need.what) of \(device)", .rootDriver)
    } else if states.contains(nil) {
      add(
        .rootDriver,
        "\(need.what) of \(device), \(first), is not included; it is unknown whether it is built in",
        "add \"\(first)\" to \(modules.list) if it is a module", severity: .note)
    } else if kernel.knowsModules, !names.contains(where: kernel.hasModule) {
      add(
        .rootDriver, "the root is on \(device), but this kernel has no \(first)",
        "use a kernel that has it, or a disk of another kind")
    } else {
      add(
        .rootDriver,
        "the root is on \(device), but \(need.what), \(first), is neither built in nor included",
        "add \"\(first)\" to \(modules.list)")
    }
  }

  /// The modules that a name matches: with `*` at its end, all included or built-in ones with this prefix.
  private func expanded(_ name: String) -> [String] {
    guard name.utf8.last == UInt8(ascii: "*") else { return [name] }
    let start = String(name.dropLast())
    return modules.names.filter { $0.hasPrefix(start) }.sorted() + kernel.builtIn(beginning: start)
  }

  /// Whether the kernel has a driver after init has loaded its modules; `nil` if that is unknown.
  private func isReady(_ name: String) -> Bool? {
    if modules.loaded.contains(name) { return true }
    // A driver that is a module is not built in.
    if modules.names.contains(name) { return false }
    return kernel.isBuiltIn(name)
  }

  // MARK: The file system

  private mutating func checkFileSystem(_ type: String) {
    let shown = printable(type.utf8)
    if kernel.hasBuiltIn(fileSystem: type) == true { return }
    let found = modules.byFileSystem[type] ?? []
    let names = found + kernel.modules(ofFileSystem: type).filter { !found.contains($0) }
    if names.contains(where: { modules.loaded.contains($0) }) { return }
    if let name = names.first(where: modules.names.contains) {
      // The kernel loads the module at the mount.
      if found.contains(name), !modules.blacklist.contains(name) { return }
      addNotLoaded(name, "the root's file system", .rootFileSystem)
    } else if kernel.hasBuiltIn(fileSystem: type) == nil {
      add(
        .rootFileSystem,
        "the root's file system \(shown) is not included; it is unknown whether it is built in",
        "add \"\(names[0])\" to \(modules.list) if it is a module", severity: .note)
    } else if let name = names.first(where: kernel.hasModule) {
      add(
        .rootFileSystem, "the root's file system \(shown) is neither built in nor included",
        "add \"\(name)\" to \(modules.list)")
    } else if kernel.knowsModules {
      let near = kernel.fileSystem(near: type).map { "did you mean \"\($0)\"?" }
      add(
        .rootFileSystem, "this kernel has no file system \"\(shown)\"",
        near ?? "use a kernel that has it")
    } else {
      add(
        .rootFileSystem, "the root's file system \(shown) is neither built in nor included",
        "use a kernel that has it, or include its module")
    }
  }

  /// Without a name, mount tries the file systems that the kernel has at that time. The kernel loads no module for it.
  private mutating func checkAnyFileSystem(_ device: String) {
    guard kernel.knowsBuiltIn else { return }
    let types = ["ext4", "ext2", "xfs", "btrfs", "squashfs", "erofs", "f2fs", "vfat", "iso9660"]
    let isThere = types.contains { type in
      kernel.hasBuiltIn(fileSystem: type) == true
        || kernel.modules(ofFileSystem: type).contains { modules.loaded.contains($0) }
    }
    if isThere { return }
    add(
      .rootFileSystem,
      "the file system of \(printable(device.utf8)) is not given, and no common file system is built in or loaded",
      "set \"fstype\", and add the module of the file system to \(modules.list)", severity: .note)
  }

  // MARK: Findings

  private mutating func addNotLoaded(_ name: String, _ what: String, _ code: FindingCode) {
    let isBlacklisted = modules.blacklist.contains(name)
    add(
      code,
      "\(name), \(what), is included but never loaded"
        + (isBlacklisted ? ": it is in modules.blacklist" : ""),
      isBlacklisted
        ? "remove \"\(name)\" from modules.blacklist"
        : "add \"\(name)\" to \(modules.list) by its name")
  }

  private mutating func add(
    _ code: FindingCode, _ message: String, _ remedy: String, severity: Finding.Severity? = nil
  ) {
    var finding = Finding(code, message)
    finding.remedy = remedy
    if let severity { finding.severity = severity }
    findings.append(finding)
  }
}

/// What has to be there before block devices can be read: the drivers of all devices on the way to them, from the bus
/// inwards, and what puts disks together (device mapper, RAID).
struct DeviceStack: Equatable, Sendable {
  /// Something that a module does here.
  struct Need: Equatable, Sendable {
    /// What kind of work it is.
    enum Work: Equatable, Sendable {
      /// The driver of what is wanted.
      case drives
      /// The driver of a bus or controller on the way to it.
      case leadsTo
      /// Something else, in words.
      case other(String)
    }

    /// Names and aliases of the module, the surest first.
    let words: [String]
    /// What it does.
    var work: Work
    /// For what: `the disk vda`.
    var targets: [String] = []

    /// Why the module is wanted, in words.
    var reason: String {
      let targets = targets.joined(separator: ", ")
      return switch work {
      case .drives: "drives \(targets)"
      case .leadsTo: "leads to \(targets)"
      case .other(let words): words
      }
    }
  }

  /// What is needed, in an order in which it can be loaded.
  private(set) var needs: [Need] = []
  /// What a kernel doesn't put together on its own: `LUKS (luks-root)`.
  private(set) var layers: [String] = []
  private var seen: Set<String> = []
  private var depth = 0

  /// Adds a disk or partition by its folder below `/sys`, with all that it is made of.
  mutating func add(blockDevice path: String, of machine: borrowing Machine) {
    // A partition's disk is the folder above it.
    let isPartition = machine.exists("\(path)/partition")
    let path = isPartition ? parentFolder(path) : path
    guard enter(path, for: "") else { return }
    defer { depth -= 1 }
    for part in machine.names("\(path)/slaves") {
      if let part = machine.link("\(path)/slaves/\(part)") { add(blockDevice: part, of: machine) }
    }
    if path.utf8.starts(with: "sys/devices/virtual/block/".utf8) {
      add(virtualDisk: path, of: machine)
    } else {
      add(driversOf: path, for: "the disk \(lastComponent(path))", of: machine)
    }
  }

  /// Adds the network interfaces that are up.
  mutating func add(interfacesInUseOf machine: borrowing Machine) {
    for name in machine.names("sys/class/net") {
      guard machine.text("sys/class/net/\(name)/operstate") == "up",
        let path = machine.link("sys/class/net/\(name)")
      else { continue }
      add(driversOf: path, for: "the network interface \(name)", of: machine)
    }
  }

  /// Adds what is known by its words.
  mutating func add(_ words: [String], because reason: String) {
    add(Need(words: words, work: .other(reason)))
  }

  /// Adds what a kernel doesn't put together on its own.
  mutating func add(layer: String) { layers.append(layer) }

  /// Whether a device is to be looked at: each once, and no deeper than any machine is built.
  private mutating func enter(_ path: String, for target: String) -> Bool {
    guard path.utf8.starts(with: "sys/devices/".utf8), depth < 32, seen.count < 4096,
      seen.insert("\(path) \(target)").inserted
    else { return false }
    depth += 1
    return true
  }

  private mutating func add(_ need: Need) {
    guard let index = needs.firstIndex(where: { $0.words.first == need.words.first }) else {
      needs.append(need)
      return
    }
    if need.work == .drives { needs[index].work = .drives }
    needs[index].targets += need.targets.filter { !needs[index].targets.contains($0) }
  }

  // MARK: Devices with drivers

  /// Adds the drivers of all devices from the top of the tree to `path`, and of what they depend on.
  private mutating func add(
    driversOf path: String, for target: String, of machine: borrowing Machine
  ) {
    guard enter(path, for: target) else { return }
    defer { depth -= 1 }
    let parts = path.split(separator: "/")
    var own: [Need] = []
    for count in 3..<max(3, parts.count + 1) {
      let device = parts.prefix(count).joined(separator: "/")
      for other in others(neededBy: device, machine) {
        add(driversOf: other, for: target, of: machine)
      }
      // What drives PCI bridges is never a module, and the alias of a bridge is one of hotplug's.
      guard let driver = machine.link("\(device)/driver"), lastComponent(driver) != "pcieport"
      else { continue }
      let module = machine.link("\(driver)/module").map(lastComponent)
      let alias = machine.text("\(device)/modalias")
      own.append(
        Need(
          words: [module, lastComponent(driver), alias].compactMap { $0 }, work: .leadsTo,
          targets: [target]))
    }
    if !own.isEmpty { own[own.count - 1].work = .drives }
    for need in own { add(need) }
  }

  /// Devices that stand elsewhere in the tree: what firmware says that this one is fed by (Documentation/ABI/testing/
  /// sysfs-devices-supplier), and the controllers of an NVMe disk that may have several.
  private func others(neededBy device: String, _ machine: borrowing Machine) -> [String] {
    let isSubsystem = parentFolder(device) == "sys/devices/virtual/nvme-subsystem"
    return machine.names(device).compactMap { name in
      if name.utf8.starts(with: "supplier:".utf8) {
        return machine.link("\(device)/\(name)").flatMap { machine.link("\($0)/supplier") }
      }
      return isSubsystem && name.utf8.starts(with: "nvme".utf8)
        ? machine.link("\(device)/\(name)") : nil
    }
  }
}

/// The modules that a kernel needs before it can read certain block devices: the drivers of the disks, of their
/// controllers and buses, and of virtual disks (device mapper, RAID).
struct DeviceStack: Equatable, Sendable {
  /// A needed module.
  struct Need: Equatable, Sendable {
    /// What the module does.
    enum Work: Equatable, Sendable {
      /// It is the driver of the target.
      case drives
      /// It is the driver of a bus or controller above the target.
      case leadsTo
      /// Something else, as a phrase.
      case other(String)
    }

    /// Names and aliases of the module, the most reliable first.
    let words: [String]
    /// What the module does.
    var work: Work
    /// The devices that need it: `the disk vda`.
    var targets: [String] = []

    /// Why the module is needed, as a phrase.
    var reason: String {
      let targets = targets.joined(separator: ", ")
      return switch work {
      case .drives: "driver for \(targets)"
      case .leadsTo: "bus or controller driver for \(targets)"
      case .other(let words): words
      }
    }
  }

  /// The needed modules, in an order in which they can be loaded.
  private(set) var needs: [Need] = []
  /// The virtual disks that a kernel does not set up without help: `LUKS (luks-root)`.
  private(set) var layers: [String] = []
  private var seen: Set<String> = []
  private var depth = 0

  /// Adds a disk or partition by its directory below `/sys`, with all disks that it consists of.
  mutating func add(blockDevice path: String, of machine: borrowing Machine) {
    // The parent directory of a partition is its disk.
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

  /// Adds a module by its names and aliases.
  mutating func add(_ words: [String], because reason: String) {
    add(Need(words: words, work: .other(reason)))
  }

  /// Adds a virtual disk that a kernel does not set up without help.
  mutating func add(layer: String) { layers.append(layer) }

  /// Whether to examine a device: each one only once, and with limits of depth and number that no real machine
  /// reaches.
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

  /// Adds the drivers of all devices from the top of the tree to `path`, and of the devices that they depend on.
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
      // The driver of PCI bridges is never a module, and a bridge's alias would match hotplug modules.
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

  /// Devices elsewhere in the tree that `device` depends on: its suppliers, which the firmware names
  /// (Documentation/ABI/testing/sysfs-devices-supplier), and the controllers of an NVMe subsystem.
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

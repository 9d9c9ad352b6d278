/// Virtual disks, such as device mapper, RAID and loop devices.
extension DeviceStack {
  /// Adds the drivers of a virtual disk: `dm-0`, `md0`, `loop0`.
  mutating func add(virtualDisk path: String, of machine: borrowing Machine) {
    let name = lastComponent(path)
    if let uuid = machine.text("\(path)/dm/uuid") ?? machine.text("\(path)/dm/name") {
      add(mapped: machine.text("\(path)/dm/name") ?? name, uuid: uuid, of: machine)
    } else if let level = machine.text("\(path)/md/level") {
      add(["md_mod"], because: "combines disks into \(name)")
      add(["md-\(level)"], because: "RAID level of \(name)")
      add(layer: "RAID (\(name))")
    } else {
      // loop0, nbd0 and bcache0 have the names of their drivers.
      let driver = String(name.prefix { $0.isLetter })
      add([driver], because: "driver for the disk \(name)")
      add(layer: "\(driver) (\(name))")
    }
  }

  /// Adds the drivers of a disk of the device mapper. Its UUID begins with the name of the tool that made it.
  private mutating func add(mapped name: String, uuid: String, of machine: borrowing Machine) {
    add(["dm_mod"], because: "device mapper, which provides \(name)")
    if uuid.utf8.starts(with: "mpath-".utf8) {
      add(["dm_multipath"], because: "combines the paths to \(name)")
      add(
        loaded: ["dm_service_time", "dm_round_robin", "dm_queue_length", "scsi_dh_"], for: name,
        of: machine)
      add(layer: "multipath (\(name))")
    } else if uuid.utf8.starts(with: "CRYPT-VERITY-".utf8) {
      add(["dm_verity"], because: "verifies the data of \(name)")
      add(layer: "verity (\(name))")
    } else if uuid.utf8.starts(with: "CRYPT-".utf8) {
      add(["dm_crypt"], because: "decrypts \(name)")
      for module in machine.cipherModules {
        add([module], because: "a cipher in use on this machine, possibly for \(name)")
      }
      add(layer: "\(uuid.contains("LUKS") ? "LUKS" : "dm-crypt") (\(name))")
    } else if uuid.utf8.starts(with: "LVM-".utf8) {
      // Linear volumes need only the device mapper. Only LVM knows which of these modules a volume needs.
      add(
        loaded: [
          "dm_thin_pool", "dm_snapshot", "dm_mirror", "dm_raid", "dm_cache", "dm_writecache",
          "dm_integrity", "dm_vdo",
        ], for: name, of: machine)
      add(layer: "LVM (\(name))")
    } else {
      add(layer: "device mapper (\(name))")
    }
  }

  /// Adds the loaded modules whose names begin with one of `prefixes`, because /sys does not show which of them a
  /// mapped disk uses.
  private mutating func add(
    loaded prefixes: [String], for name: String, of machine: borrowing Machine
  ) {
    for module in machine.loadedModules
    where prefixes.contains(where: { module.utf8.starts(with: $0.utf8) }) {
      add([module], because: "loaded on this machine; \(name) may use it")
    }
  }
}

extension Machine {
  /// The modules of the ciphers in use, by `/proc/crypto`: every cipher has a reference count of at least 1, and one
  /// in use has more.
  fileprivate var cipherModules: [String] {
    var modules: Set<String> = []
    var module: String?
    for line in lines("proc/crypto") {
      let parts = line.split(separator: ":").map { $0.split(whereSeparator: \.isWhitespace) }
      guard parts.count == 2, let key = parts[0].first, let value = parts[1].first else { continue }
      switch key {
      case "module": module = String(value)
      case "refcnt":
        if let module, module != "kernel", (Int(value) ?? 0) > 1 { modules.insert(module) }
      default: break
      }
    }
    return modules.sorted()
  }
}

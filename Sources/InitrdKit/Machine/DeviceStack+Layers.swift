/// Disks that are made of others.
extension DeviceStack {
  /// Adds the drivers of a disk that is no device: `dm-0`, `md0`, `loop0`.
  mutating func add(virtualDisk path: String, of machine: borrowing Machine) {
    let name = lastComponent(path)
    if let uuid = machine.text("\(path)/dm/uuid") ?? machine.text("\(path)/dm/name") {
      add(mapped: machine.text("\(path)/dm/name") ?? name, uuid: uuid, of: machine)
    } else if let level = machine.text("\(path)/md/level") {
      add(["md_mod"], because: "makes the disk \(name) of others")
      add(["md-\(level)"], because: "the RAID level of \(name)")
      add(layer: "RAID (\(name))")
    } else {
      // loop0, nbd0 and bcache0 are called like their drivers.
      let driver = String(name.prefix { $0.isLetter })
      add([driver], because: "makes the disk \(name)")
      add(layer: "\(driver) (\(name))")
    }
  }

  /// A disk of the device mapper; who made it stands at the start of its UUID.
  private mutating func add(mapped name: String, uuid: String, of machine: borrowing Machine) {
    add(["dm_mod"], because: "makes the disk \(name) of others")
    if uuid.utf8.starts(with: "mpath-".utf8) {
      add(["dm_multipath"], because: "joins the paths to \(name)")
      add(
        loaded: ["dm_service_time", "dm_round_robin", "dm_queue_length", "scsi_dh_"], for: name,
        of: machine)
      add(layer: "multipath (\(name))")
    } else if uuid.utf8.starts(with: "CRYPT-VERITY-".utf8) {
      add(["dm_verity"], because: "checks what is read from \(name)")
      add(layer: "verity (\(name))")
    } else if uuid.utf8.starts(with: "CRYPT-".utf8) {
      add(["dm_crypt"], because: "decrypts \(name)")
      for module in machine.cipherModules {
        add([module], because: "a cipher in use here, maybe that of \(name)")
      }
      add(layer: "\(uuid.contains("LUKS") ? "LUKS" : "dm-crypt") (\(name))")
    } else if uuid.utf8.starts(with: "LVM-".utf8) {
      // Plain volumes need no more than the device mapper; which of these a volume has, only LVM knows.
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

  /// Adds the loaded modules whose names start so: what a mapped disk uses of them, /sys doesn't tell.
  private mutating func add(
    loaded prefixes: [String], for name: String, of machine: borrowing Machine
  ) {
    for module in machine.loadedModules
    where prefixes.contains(where: { module.utf8.starts(with: $0.utf8) }) {
      add([module], because: "loaded here, and \(name) may use it")
    }
  }
}

extension Machine {
  /// The modules of ciphers with more users than the one that every cipher has: itself (`/proc/crypto`).
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

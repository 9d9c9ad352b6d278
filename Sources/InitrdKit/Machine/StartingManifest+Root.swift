/// The root, and the modules that it needs.
extension StartingManifest {
  /// Adds the root that was found, with the modules of all devices that it needs.
  mutating func add(
    _ found: RootFileSystem, _ choices: Choices, of machine: borrowing Machine
  ) {
    var root = found
    root.type = choices.fstype ?? found.type
    var stack = DeviceStack()
    for device in root.blockDevices { stack.add(blockDevice: device, of: machine) }
    if root.type?.hasPrefix("nfs") == true { stack.add(interfacesInUseOf: machine) }
    for need in stack.needs { add(need.words, because: need.reason) }
    // The running kernel has every driver that is in use, as a module or built in. Another kernel may lack some.
    if !kernel.isRunning, !absent.isEmpty {
      note(
        .missing,
        "this kernel lacks modules that this machine uses: \(absent.joined(separator: ", "))")
    }
    if root.place == .elsewhere {
      addFileSystem(root.type, of: root.device)
      let name = "\(root.device) (\(root.type ?? ""))"
      rootComment = "The init can't mount the root file system of this machine: \(name)."
      note(Self.rootDevice, "the init can't mount the root \(name), so \"root\" is null")
      return
    }
    let device = root.name.map { "/dev/\($0)" } ?? root.device
    let whose =
      choices.root == nil ? "The root file system of this machine" : "The root given by --root"
    rootComment = "\(whose): \(device)" + (root.type.map { " (\($0))." } ?? ".")
    if choices.root == nil, root.device.utf8.starts(with: "/dev/".utf8) {
      rootComment += " No UUID or label was found; this name depends on the order of the disks."
    }
    addFileSystem(root.type, of: device)
    if let folder = root.folder {
      note(
        Self.rootDevice,
        "/ is the directory \(folder) of \(device), but the init mounts the whole file system as the root"
      )
    }
    if root.blockDevices.count > 1 {
      stack.add(layer: "\(root.type ?? "") with \(root.blockDevices.count) devices")
    }
    if stack.layers.isEmpty { noteUnreachable(root.device) }
    if !stack.layers.isEmpty {
      note(
        Self.rootDevice,
        "the root is on \(stack.layers.joined(separator: ", ")), which the included init can't set up",
        remedy: "set \"template\" in \"init\" to an init that can")
    }
    self.root = root
  }

  /// Adds the usual root of a virtual machine and the modules that it needs, if this kernel has them.
  ///
  /// - Parameters:
  ///   - choices: the caller's choices.
  ///   - reason: why the root is not that of this machine; `nil` if the caller chose so.
  mutating func addDefaults(_ choices: Choices, because reason: String?) {
    let device = choices.root ?? "/dev/vda"
    for driver in Self.drivers(of: device, on: kernel.architecture) {
      add(driver.words, because: driver.reason)
    }
    if !absent.isEmpty {
      note(.missing, "this kernel lacks these modules: \(absent.joined(separator: ", "))")
    }
    let type = choices.fstype ?? "ext4"
    addFileSystem(type, of: device)
    root = RootFileSystem(place: .device, device: device, type: type)
    noteUnreachable(device)
    if let reason {
      note(
        Self.rootDevice,
        "\(reason), so the manifest is for a virtual machine with the root on \(device) (\(type))")
    }
    rootComment =
      (choices.root == nil ? "The first virtio disk" : "The root given by --root")
      + "; root= and rootfstype= on the kernel command line override it."
  }

  /// Adds a note if the init can't mount a device, because `build` refuses the manifest then.
  private mutating func noteUnreachable(_ device: String) {
    guard case .impossible(let why, let remedy) = RootDevice(device) else { return }
    note(
      Self.rootDevice, "the root \(device) can't be mounted, so build refuses it: \(why)",
      remedy: remedy)
  }

  /// The code that `build` and `check` use for such roots, too.
  private static let rootDevice = InitrdError.Code(FindingCode.rootDevice.rawValue)

  private mutating func addFileSystem(_ type: String?, of device: String) {
    guard let type else {
      note(.missing, "the file system on \(device) is unknown", remedy: "set it with --fstype")
      return
    }
    for words in Self.modules(forType: type) {
      let found = add(words, because: "file system of the root")
      if !found, !kernel.isRunning {
        note(.missing, "this kernel has no module for the file system \(type)")
      }
    }
  }

  /// The modules of a file system, each by its name and an alias.
  private static func modules(forType type: String) -> [[String]] {
    switch type {
    case "nfs": [["nfs"], ["nfsv3"]]
    case "nfs4": [["nfs"], ["nfsv4"]]
    case "9p": [["9p"], ["9pnet_virtio"]]
    case "fuseblk": [["fuse"]]
    default: [[type, "fs-\(type)"]]
    }
  }

  /// The drivers for a virtual machine's disk, chosen by the disk's name.
  private static func drivers(
    of device: String, on architecture: Architecture?
  ) -> [(words: [String], reason: String)] {
    var virtio = [(words: ["virtio_pci"], reason: "bus driver for virtio devices")]
    switch architecture {
    case .s390x: virtio = [(["virtio_ccw"], "bus driver for virtio devices")]
    case .aarch64, .armv7l, .riscv64:
      virtio.append((["virtio_mmio"], "bus driver for virtio devices on machines without PCI"))
    default: break
    }
    let kinds: [(prefix: String, drivers: [(words: [String], reason: String)])] = [
      ("/dev/nvme", [(["nvme"], "driver for NVMe disks")]),
      (
        "/dev/sd",
        virtio + [
          (["virtio_scsi"], "controller driver for SCSI disks"),
          (["sd_mod"], "driver for SCSI disks"),
        ]
      ),
      ("/dev/xvd", [(["xen_blkfront"], "driver for Xen disks")]),
      ("/dev/mmcblk", [(["mmc_block"], "driver for memory cards")]),
      (
        "/dev/pmem",
        virtio + [
          (["virtio_pmem"], "bus driver for persistent memory"),
          (["nd_pmem"], "driver for disks in persistent memory"),
        ]
      ),
    ]
    return kinds.first { device.utf8.starts(with: $0.prefix.utf8) }?.drivers
      ?? virtio + [(["virtio_blk"], "driver for virtio disks")]
  }
}

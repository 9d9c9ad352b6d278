/// The root, and the modules that lead there.
extension StartingManifest {
  /// The root that was found, with the modules of all that it stands on.
  mutating func add(
    _ found: RootFileSystem, _ choices: Choices, of machine: borrowing Machine
  ) {
    var root = found
    root.type = choices.fstype ?? found.type
    var stack = DeviceStack()
    for device in root.blockDevices { stack.add(blockDevice: device, of: machine) }
    if root.type?.hasPrefix("nfs") == true { stack.add(interfacesInUseOf: machine) }
    for need in stack.needs { add(need.words, because: need.reason) }
    // What runs is there; what another kernel lacks is not.
    if !kernel.isRunning, !absent.isEmpty {
      note("this kernel has none of what is in use here: \(absent.joined(separator: ", "))")
    }
    if root.place == .elsewhere {
      addFileSystem(root.type, of: root.device)
      rootComment =
        "None that the init can mount: \(root.device) (\(root.type ?? "")) is at / here."
      note("the init can't mount \(root.device) (\(root.type ?? "")), so there is no root")
      return
    }
    let device = root.name.map { "/dev/\($0)" } ?? root.device
    let whose =
      choices.root == nil ? "The root file system of this machine" : "What --root asks for"
    rootComment = "\(whose): \(device)" + (root.type.map { " (\($0))." } ?? ".")
    if choices.root == nil, root.device.utf8.starts(with: "/dev/".utf8) {
      rootComment += " No name of it is known that stays when disks change places, such as UUID=."
    }
    addFileSystem(root.type, of: device)
    if let folder = root.folder {
      note(
        "/ is the folder \(folder) of \(device), and the init takes the whole of it for the root")
    }
    if root.blockDevices.count > 1 {
      stack.add(layer: "a \(root.type ?? "") of \(root.blockDevices.count) devices")
    }
    if stack.layers.isEmpty { noteUnreachable(root.device) }
    if !stack.layers.isEmpty {
      note(
        "the root is on \(stack.layers.joined(separator: ", ")), which the carried init doesn't put together:"
          + " name one that does with \"template\" in \"init\"")
    }
    self.root = root
  }

  /// What a virtual machine usually has, as far as this kernel has it; `reason`: why it isn't what runs here.
  mutating func addDefaults(_ choices: Choices, because reason: String?) {
    let device = choices.root ?? "/dev/vda"
    for driver in Self.drivers(of: device, on: kernel.architecture) {
      add(driver.words, because: driver.reason)
    }
    if !absent.isEmpty { note("this kernel has no \(absent.joined(separator: ", "))") }
    let type = choices.fstype ?? "ext4"
    addFileSystem(type, of: device)
    root = RootFileSystem(place: .device, device: device, type: type)
    noteUnreachable(device)
    if let reason {
      note("\(reason): this is for a virtual machine with the root on \(device) (\(type))")
    }
    rootComment =
      (choices.root == nil ? "The first virtio disk" : "What --root asks for")
      + "; root= and rootfstype= on the kernel's command line say something else."
  }

  /// Says that the init can't mount a device, and that the manifest builds nothing as it is.
  private mutating func noteUnreachable(_ device: String) {
    guard case .impossible(let why, let remedy) = RootDevice(device) else { return }
    note("the root \(device) can't be mounted, and build refuses it: \(why); \(remedy)")
  }

  private mutating func addFileSystem(_ type: String?, of device: String) {
    guard let type else {
      note("the file system on \(device) is not known: name it with --fstype")
      return
    }
    for words in Self.modules(forType: type) {
      let found = add(words, because: "the root's file system")
      if !found, !kernel.isRunning { note("this kernel has no file system \(type)") }
    }
  }

  /// A file system's modules, each by its name and an alias.
  private static func modules(forType type: String) -> [[String]] {
    switch type {
    case "nfs": [["nfs"], ["nfsv3"]]
    case "nfs4": [["nfs"], ["nfsv4"]]
    case "9p": [["9p"], ["9pnet_virtio"]]
    case "fuseblk": [["fuse"]]
    default: [[type, "fs-\(type)"]]
    }
  }

  /// The modules that drive a virtual machine's disk, by the disk's name.
  private static func drivers(
    of device: String, on architecture: Architecture?
  ) -> [(words: [String], reason: String)] {
    var virtio = [(words: ["virtio_pci"], reason: "leads to virtio devices")]
    switch architecture {
    case .s390x: virtio = [(["virtio_ccw"], "leads to virtio devices")]
    case .aarch64, .armv7l, .riscv64:
      virtio.append((["virtio_mmio"], "leads to virtio devices of machines without PCI"))
    default: break
    }
    let kinds: [(prefix: String, drivers: [(words: [String], reason: String)])] = [
      ("/dev/nvme", [(["nvme"], "drives NVMe disks")]),
      (
        "/dev/sd",
        virtio + [(["virtio_scsi"], "leads to SCSI disks"), (["sd_mod"], "drives SCSI disks")]
      ),
      ("/dev/xvd", [(["xen_blkfront"], "drives Xen's disks")]),
      ("/dev/mmcblk", [(["mmc_block"], "drives memory cards")]),
      (
        "/dev/pmem",
        virtio + [(["virtio_pmem"], "leads to disks in memory"), (["nd_pmem"], "drives them")]
      ),
    ]
    return kinds.first { device.utf8.starts(with: $0.prefix.utf8) }?.drivers
      ?? virtio + [(["virtio_blk"], "drives virtio disks")]
  }
}

/// The file system at `/`, or the one that is to be there.
struct RootFileSystem: Equatable, Sendable {
  /// Where its bytes are.
  enum Place: Equatable, Sendable {
    /// On a block device.
    case device
    /// At the other end of a network or of a channel to the host, or in a pool that only its own tools know.
    case elsewhere
    /// Nowhere that outlives the machine: an overlay or memory, as in containers and live systems.
    case nowhere
  }

  var place: Place
  /// The device as the manifest names it: `UUID=…`, or `/dev/vda1`; what was mounted, where it is no device.
  var device: String
  /// The kernel's name for the device: `vda1`; `nil` where none is known.
  var name: String?
  /// The file system's type; `nil`: not known.
  var type: String?
  /// What the mount needs beyond the type: `subvol=/@`.
  var flags: String?
  /// The device's folder below `/sys`, and those of all others that the file system has.
  var blockDevices: [String] = []
  /// The folder of the file system that is the root, where it isn't the file system's own.
  var folder: String?
}

/// A line of `/proc/self/mountinfo`, by proc(5):
///
///     27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
///     id parent major:minor folder mount-point options [tag …] - type source super-options
struct MountLine: Equatable, Sendable {
  let number: String
  let folder: String
  let mountPoint: String
  let type: String
  let source: String
  let superOptions: [String]

  init?(_ line: String) {
    let words = line.split(separator: " ").map { Self.unescaped($0) }
    guard let dash = words.dropFirst(6).firstIndex(of: "-"), words.count > dash + 3 else {
      return nil
    }
    number = words[2]
    folder = words[3]
    mountPoint = words[4]
    type = words[dash + 1]
    source = words[dash + 2]
    superOptions = words[dash + 3].split(separator: ",").map(String.init)
  }

  /// Blanks and backslashes stand there as `\040`: three octal digits.
  private static func unescaped(_ word: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(word.utf8)[...]
    while let byte = rest.first {
      let digits = rest.dropFirst().prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(4)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Machine {
  /// The file system at `/`; `nil` when the machine doesn't tell.
  func rootFileSystem() -> RootFileSystem? {
    // Of several mounts at one place the last is the one that is seen.
    guard let mount = mounts.last(where: { $0.mountPoint == "/" }) else { return nil }
    guard let path = blockDevice(of: mount) else {
      return RootFileSystem(
        place: Self.isElsewhere(mount.type) ? .elsewhere : .nowhere, device: mount.source,
        type: mount.type)
    }
    var root = fileSystem(at: path, mount: mount)
    root.device = lastingName(of: path) ?? root.device
    return root
  }

  /// The file system on a device that the caller names, by `/dev/…` or a tag such as `UUID=…`.
  func fileSystem(on device: String) -> RootFileSystem {
    var root = RootFileSystem(place: .device, device: device)
    guard let path = blockDevice(named: device) else { return root }
    root = fileSystem(at: path, mount: mounts.last { blockDevice(of: $0) == path })
    root.device = device
    return root
  }

  private func fileSystem(at path: String, mount: MountLine?) -> RootFileSystem {
    let name = values("\(path)/uevent")["DEVNAME"] ?? lastComponent(path)
    let label = text("\(path)/dm/name").map { "mapper/\($0)" }
    var root = RootFileSystem(place: .device, device: "/dev/" + (label ?? name), name: name)
    root.type = mount?.type ?? udevValues(of: path)["E:ID_FS_TYPE"]
    root.blockDevices = [path]
    if root.type == "btrfs", let folder = btrfsFolder(holding: path) {
      root.blockDevices = names("\(folder)/devices").compactMap { link("\(folder)/devices/\($0)") }
    }
    if let mount, mount.folder != "/" {
      let subvolume = mount.superOptions.first { $0.utf8.starts(with: "subvol=".utf8) }
      if root.type == "btrfs", let subvolume {
        root.flags = subvolume
      } else {
        root.folder = mount.folder
      }
    }
    return root
  }

  private var mounts: [MountLine] { lines("proc/self/mountinfo").compactMap(MountLine.init) }

  /// Types whose bytes come from elsewhere than a block device.
  private static func isElsewhere(_ type: String) -> Bool {
    ["nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "zfs", "bcachefs"].contains(type)
  }

  // MARK: Devices

  /// The folder below `/sys` of the device that is mounted; `nil` when it is none.
  private func blockDevice(of mount: MountLine) -> String? {
    if let path = link("sys/dev/block/\(mount.number)") { return path }
    // btrfs tells a number of its own for each subvolume.
    return mount.source.utf8.starts(with: "/dev/".utf8) ? blockDevice(named: mount.source) : nil
  }

  private func blockDevice(named device: String) -> String? {
    var node = String(device.drop { $0 == "/" })
    for (tag, folder) in Self.tags {
      guard device.utf8.starts(with: "\(tag)=".utf8) else { continue }
      let value = device.dropFirst(tag.count + 1)
      node = "dev/disk/\(folder)/\(value)"
    }
    // /dev/mapper/vg-root leads to /dev/dm-0; a node that is no link has the kernel's name.
    for _ in 0..<8 {
      guard let target = link(node) else { break }
      node = target
    }
    let name = lastComponent(node)
    if let path = link("sys/class/block/\(name)") { return path }
    // Without udev the device mapper's nodes are no links, and only /sys knows the kernel's names of them.
    guard parentFolder(node) == "dev/mapper" else { return nil }
    return names("sys/class/block").first { text("sys/class/block/\($0)/dm/name") == name }
      .flatMap { link("sys/class/block/\($0)") }
  }

  /// Names that stay when disks come in another order, the surest first, with udev's folders and keys of them.
  private static let tags = [
    ("UUID", "by-uuid"), ("PARTUUID", "by-partuuid"), ("LABEL", "by-label"),
    ("PARTLABEL", "by-partlabel"),
  ]

  /// `UUID=…` or another name that stays; `nil` when nobody tells one.
  private func lastingName(of path: String) -> String? {
    if let folder = btrfsFolder(holding: path) { return "UUID=\(lastComponent(folder))" }
    let known = udevValues(of: path)
    let keys = [("UUID", "E:ID_FS_UUID"), ("PARTUUID", "E:ID_PART_ENTRY_UUID")]
    for (tag, folder) in Self.tags {
      // udev writes blanks and the like as \x20, which is not the name itself.
      let found = names("dev/disk/\(folder)").first { name in
        !name.utf8.contains(UInt8(ascii: "\\"))
          && link("dev/disk/\(folder)/\(name)").map(lastComponent) == lastComponent(path)
      }
      if let found { return "\(tag)=\(found)" }
      if let key = keys.first(where: { $0.0 == tag })?.1, let value = known[key] {
        return "\(tag)=\(value)"
      }
    }
    return nil
  }

  /// What udev knows of a block device: its database has a file for each, named by the device's number.
  private func udevValues(of path: String) -> [String: String] {
    guard let number = text("\(path)/dev") else { return [:] }
    return values("run/udev/data/b\(number)")
  }

  /// The folder of a btrfs that has this device: `/sys/fs/btrfs/UUID`.
  private func btrfsFolder(holding path: String) -> String? {
    names("sys/fs/btrfs").map { "sys/fs/btrfs/\($0)" }.first { folder in
      names("\(folder)/devices").contains { link("\(folder)/devices/\($0)") == path }
    }
  }
}

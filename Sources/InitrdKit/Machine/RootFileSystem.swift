/// The file system at `/`, or the one that the caller chose as the root.
struct RootFileSystem: Equatable, Sendable {
  /// Where the file system is stored.
  enum Place: Equatable, Sendable {
    /// On a block device.
    case device
    /// On a server, on the host of a virtual machine, or in a pool that needs its own tools (ZFS, bcachefs).
    case elsewhere
    /// In memory or in an overlay, as in containers and live systems: there is no permanent device.
    case nowhere
  }

  var place: Place
  /// The device as the manifest names it: `UUID=…`, or `/dev/vda1`; the mount's source if that is not a device.
  var device: String
  /// The kernel's name of the device: `vda1`; `nil`: unknown.
  var name: String?
  /// The file system's type; `nil`: unknown.
  var type: String?
  /// Required mount options: `subvol=/@`.
  var flags: String?
  /// The directories below `/sys` of the device, and of all other devices of the file system.
  var blockDevices: [String] = []
  /// The directory of the file system that is mounted as the root; `nil`: the file system's root directory.
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

  /// Replaces escapes: blanks and backslashes are written as a backslash and three octal digits, such as `\040`.
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
  /// The file system at `/`; `nil`: unknown.
  func rootFileSystem() -> RootFileSystem? {
    // The last of several mounts on one directory hides the others.
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

  /// The file system on a device that the caller chose, by `/dev/…` or a tag such as `UUID=…`.
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

  /// Whether a file system of this type has ``RootFileSystem/Place/elsewhere`` as its place.
  private static func isElsewhere(_ type: String) -> Bool {
    ["nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "zfs", "bcachefs"].contains(type)
  }

  // MARK: Devices

  /// The directory below `/sys` of the mounted block device; `nil` if the mount has none.
  private func blockDevice(of mount: MountLine) -> String? {
    if let path = link("sys/dev/block/\(mount.number)") { return path }
    // btrfs shows a device number of its own for each subvolume.
    return mount.source.utf8.starts(with: "/dev/".utf8) ? blockDevice(named: mount.source) : nil
  }

  private func blockDevice(named device: String) -> String? {
    var node = String(device.drop { $0 == "/" })
    for (tag, folder) in Self.tags {
      guard device.utf8.starts(with: "\(tag)=".utf8) else { continue }
      let value = device.dropFirst(tag.count + 1)
      node = "dev/disk/\(folder)/\(value)"
    }
    // /dev/mapper/vg-root is a link to /dev/dm-0. A node that is not a link has the kernel's name.
    for _ in 0..<8 {
      guard let target = link(node) else { break }
      node = target
    }
    let name = lastComponent(node)
    if let path = link("sys/class/block/\(name)") { return path }
    // Without udev, the nodes of the device mapper are not links, and only /sys has their kernel names.
    guard parentFolder(node) == "dev/mapper" else { return nil }
    return names("sys/class/block").first { text("sys/class/block/\($0)/dm/name") == name }
      .flatMap { link("sys/class/block/\($0)") }
  }

  /// Names that do not depend on the order of the disks, the most reliable first, with udev's directory of each.
  private static let tags = [
    ("UUID", "by-uuid"), ("PARTUUID", "by-partuuid"), ("LABEL", "by-label"),
    ("PARTLABEL", "by-partlabel"),
  ]

  /// `UUID=…` or another name that does not depend on the order of the disks; `nil`: none is known.
  private func lastingName(of path: String) -> String? {
    if let folder = btrfsFolder(holding: path) { return "UUID=\(lastComponent(folder))" }
    let known = udevValues(of: path)
    let keys = [("UUID", "E:ID_FS_UUID"), ("PARTUUID", "E:ID_PART_ENTRY_UUID")]
    for (tag, folder) in Self.tags {
      // udev writes blanks and some other characters as \x20, so such a name is not the real one.
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

  /// The values of a block device in udev's database, which has a file for each device, named by its number.
  private func udevValues(of path: String) -> [String: String] {
    guard let number = text("\(path)/dev") else { return [:] }
    return values("run/udev/data/b\(number)")
  }

  /// The directory of the btrfs file system on this device: `/sys/fs/btrfs/UUID`.
  private func btrfsFolder(holding path: String) -> String? {
    names("sys/fs/btrfs").map { "sys/fs/btrfs/\($0)" }.first { folder in
      names("\(folder)/devices").contains { link("\(folder)/devices/\($0)") == path }
    }
  }
}

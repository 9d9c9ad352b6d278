import Foundation
import TestSupport
import Testing

/// A good manifest without one needed thing, the expected answer of `build`, and the fix that its remedy asks
/// for.
struct Mutation: Sendable, CustomTestStringConvertible {
  /// A manifest that boots.
  enum Base: String, CaseIterable, Sendable {
    /// Debian's generic kernel, whose drivers are all modules, with an ext4 root on a virtio disk.
    case disk
    /// The cloud kernel, no root, and a program in the image that needs a library.
    case program
    /// The cloud kernel, and a static program as `/init`.
    case ownInit

    /// The kernel's flavour.
    var flavour: String { self == .disk ? "generic" : "cloud" }
    /// The line on the console that proves a complete start.
    var proof: String {
      switch self {
      case .disk: "the root's init runs as PID 1 on ext4 root /dev/vda"
      case .program: "mutation: the program runs as PID 1"
      case .ownInit: "tree-end"
      }
    }

    /// The manifest.
    var manifest: String {
      switch self {
      case .disk:
        """
        { "manifestVersion": 1, "sysroot": "./root",
          "modules": { "include": ["virtio_pci", "virtio_blk", "ext4"] },
          "init": { "root": { "device": "/dev/vda", "fstype": "ext4" }, "onFailure": "poweroff" } }
        """
      case .program:
        """
        { "manifestVersion": 1, "sysroot": "./root", "files": [
            { "source": "./program", "dest": "/bin/program", "mode": "0755" },
            { "source": "./loader", "dest": "/lib64/ld-linux-x86-64.so.2", "mode": "0755" },
            { "source": "./libc", "dest": "/lib/x86_64-linux-gnu/libc.so.6", "mode": "0644" },
            { "source": "./libown", "dest": "/usr/lib/libown.so", "mode": "0644" } ],
          "init": { "program": ["/bin/program"], "onFailure": "poweroff" } }
        """
      case .ownInit:
        """
        { "manifestVersion": 1, "sysroot": "./root", "arch": "x86_64", "busybox": null,
          "files": [{ "source": "./init", "dest": "/init", "mode": "0755" }],
          "init": { "template": "none" } }
        """
      }
    }
  }

  /// The expected answer of `build` to the mutation.
  enum Answer: Sendable {
    /// An error that contains the first text, with a remedy that contains the second one.
    case refused(String, remedy: String)
    /// A note that contains this text; the image is built.
    case noted(String)
  }

  /// What is removed.
  let what: String
  var base = Base.disk
  /// Texts of the manifest and their replacements.
  var changes: [(old: String, new: String)] = []
  /// A script that runs in the manifest's directory before the build.
  var script = ""
  let answer: Answer
  /// Changes to the mutated manifest that follow the remedy. Empty: the fix is the original manifest.
  var fix: [(old: String, new: String)] = []
  /// Whether the fixed image can boot on the test's virtual machine.
  var boots = true

  var testDescription: String { what }

  static let all: [Mutation] = drivers + fileSystems + inits + programs + kernels
}

extension Mutation {
  private static let include = #""virtio_pci", "virtio_blk", "ext4""#

  private static func including(
    _ names: String, _ what: String, _ error: String, adds name: String, in list: String = "include"
  ) -> Mutation {
    Mutation(
      what: what, changes: [(include, names)],
      answer: .refused(error, remedy: "add \"\(name)\" to modules.\(list)"),
      fix: [(names, names.isEmpty ? "\"\(name)\"" : "\(names), \"\(name)\"")])
  }

  private static func device(
    _ name: String, _ error: String, remedy: String, adds module: String? = nil
  ) -> Mutation {
    Mutation(
      what: "a root on \(name)", changes: [("/dev/vda", name)],
      answer: .refused(error, remedy: remedy),
      // The image needs the driver of a disk that the test's machine lacks. It is built and would boot
      // elsewhere.
      fix: module.map { [(include, include + ", \"\($0)\"")] } ?? [], boots: module == nil)
  }

  /// Modules of the root's disk.
  private static let drivers: [Mutation] = [
    including(
      #""virtio_pci", "ext4""#, "no driver of the disk", "neither built in nor", adds: "virtio_blk"),
    including(
      #""virtio_blk", "ext4""#, "no transport", "the virtio transport", adds: "virtio_pci"),
    Mutation(
      what: "the driver is excluded",
      changes: [("\"include\"", "\"exclude\": [\"virtio_ring\"], \"include\"")],
      answer: .refused("modules.exclude removes virtio_ring", remedy: "")),
    Mutation(
      what: "the driver is on the blacklist",
      changes: [("\"include\"", "\"blacklist\": [\"virtio_blk\"], \"include\"")],
      answer: .refused("never loaded", remedy: "modules.blacklist")),
    Mutation(
      what: "what the driver needs is on the blacklist",
      changes: [("\"include\"", "\"blacklist\": [\"virtio-ring\"], \"include\"")],
      answer: .refused("modules.blacklist prevents the loading of virtio_ring", remedy: "blacklist")
    ),
    including(
      #""virtio_pci", "virtio_b*", "ext4""#, "a glob includes the driver and loads nothing",
      "never loaded", adds: "virtio_blk"),
    including(
      #""virtio_pci", "kernel/drivers/block/", "ext4""#, "a directory includes the driver",
      "never loaded", adds: "virtio_blk"),
    Mutation(
      what: "the list of what is loaded lacks the driver",
      changes: [("\"include\"", "\"load\": [\"virtio_pci\", \"ext4\"], \"include\"")],
      answer: .refused("never loaded", remedy: "add \"virtio_blk\" to modules.load"),
      fix: [("\"load\": [", "\"load\": [\"virtio_blk\", ")]),
    Mutation(
      what: "the list of what is loaded lacks the transport",
      changes: [("\"include\"", "\"load\": [\"virtio_blk\", \"ext4\"], \"include\"")],
      answer: .refused("never loaded", remedy: "add \"virtio_pci\" to modules.load"),
      fix: [("\"load\": [", "\"load\": [\"virtio_pci\", ")]),
    Mutation(
      what: "nothing is loaded", changes: [("\"include\"", "\"load\": [], \"include\"")],
      answer: .refused("never loaded", remedy: "modules.load")),
    Mutation(
      what: "a slip in an optional driver",
      changes: [(#""virtio_blk""#, #"{ "name": "virtio_blkk", "optional": true }"#)],
      answer: .refused("neither built in nor", remedy: "add \"virtio_blk\" to modules.include"),
      fix: [("virtio_blkk", "virtio_blk")]),
    Mutation(
      what: "a slip in a driver", changes: [("virtio_blk", "virtio_blkk")],
      answer: .refused("no module \"virtio_blkk\"", remedy: "did you mean \"virtio_blk\"?")),
    device(
      "/dev/nvme0n1p2", "nvme", remedy: "add \"nvme\" to modules.include", adds: "nvme"),
    device("/dev/sda1", "sd_mod", remedy: "add \"sd_mod\" to modules.include", adds: "sd_mod"),
    device(
      "/dev/mmcblk0p1", "mmc_block", remedy: "add \"mmc_block\" to modules.include",
      adds: "mmc_block"),
    device(
      "/dev/xvda", "xen_blkfront", remedy: "add \"xen_blkfront\" to modules.include",
      adds: "xen_blkfront"),
    device(
      "/dev/mtdblock0", "mtdblock", remedy: "add \"mtdblock\" to modules.include", adds: "mtdblock"),
    device("/dev/dasda1", "dasd", remedy: "kernel"),
    device("/dev/mapper/vg-root", "can't", remedy: "disk"),
    device("/dev/md0", "RAID", remedy: "disk"),
    device("/dev/disk/by-label/root", "udev", remedy: "LABEL="),
    device("/dev/ubi0_0", "character device", remedy: "ubiblock"),
  ]

  /// The root's file system.
  private static let fileSystems: [Mutation] = [
    including(
      #""virtio_pci", "virtio_blk""#, "no file system", "neither built in nor", adds: "ext4"),
    Mutation(
      what: "another file system than that of the modules",
      changes: [("\"fstype\": \"ext4\"", "\"fstype\": \"xfs\"")],
      answer: .refused("xfs is neither built in nor", remedy: "add \"xfs\" to modules.include"),
      fix: [(include, include + #", "xfs""#)], boots: false),
    Mutation(
      what: "a slip in the file system",
      changes: [("\"fstype\": \"ext4\"", "\"fstype\": \"ext44\"")],
      answer: .refused("no file system \"ext44\"", remedy: "did you mean \"ext4\"?")),
    Mutation(
      what: "a file system that no kernel has",
      changes: [("\"fstype\": \"ext4\"", "\"fstype\": \"nosuchfs\"")],
      answer: .refused("no file system \"nosuchfs\"", remedy: "kernel")),
    Mutation(
      what: "the file system is on the blacklist",
      changes: [("\"include\"", "\"blacklist\": [\"ext4\"], \"include\"")],
      answer: .refused("never loaded", remedy: "modules.blacklist")),
    Mutation(
      what: "what the file system asks for softly is left out",
      changes: [("\"include\"", "\"softdeps\": false, \"include\"")],
      answer: .noted("soft dependency")),
    Mutation(
      what: "what the file system asks for softly is excluded",
      changes: [("\"include\"", "\"exclude\": [\"crc32c*\"], \"include\"")],
      answer: .noted("soft dependency")),
  ]

  /// The init and busybox.
  private static let inits: [Mutation] = [
    Mutation(
      what: "nothing but the version", base: .disk,
      changes: [
        (
          #""init": { "root": { "device": "/dev/vda", "fstype": "ext4" }, "onFailure": "poweroff" }"#,
          #""name": "nothing""#
        )
      ],
      answer: .refused("/sbin/init", remedy: "\"root\"")),
    Mutation(
      what: "no busybox", changes: [("\"modules\"", "\"busybox\": null, \"modules\"")],
      answer: .refused("applets of busybox", remedy: "busybox")),
    Mutation(
      what: "no busybox in the sysroot", script: "rm root/bin/busybox",
      answer: .refused("busybox: no file at", remedy: "busybox-static")),
    Mutation(
      what: "an optional busybox that does not exist",
      changes: [
        (
          "\"modules\"",
          "\"busybox\": { \"path\": { \"name\": \"bin/none\", \"optional\": true } }, \"modules\""
        )
      ],
      answer: .refused("applets of busybox", remedy: "busybox")),
    Mutation(
      what: "no links to busybox",
      changes: [("\"modules\"", "\"busybox\": { \"applets\": \"none\" }, \"modules\"")],
      answer: .refused("needs these applets: sh mount modprobe", remedy: "applets")),
    Mutation(
      what: "a dynamic busybox", script: "cp program root/bin/busybox",
      answer: .refused("this busybox is dynamic", remedy: "busybox-static")),
    Mutation(
      what: "no /init", base: .ownInit,
      changes: [("\"dest\": \"/init\"", "\"dest\": \"/sbin/tree\"")],
      answer: .refused("/init does not exist", remedy: "\"dest\": \"/init\"")),
    Mutation(
      what: "/init without the executable bit", base: .ownInit, changes: [("0755", "0644")],
      answer: .refused("not executable", remedy: "")),
    Mutation(
      what: "an empty /init", base: .ownInit, script: ": >init",
      answer: .refused("empty", remedy: "")),
    Mutation(
      what: "an /init that is text", base: .ownInit, script: "echo hello >init",
      answer: .refused("neither an ELF program nor a script", remedy: "")),
    Mutation(
      what: "an /init whose interpreter is missing", base: .ownInit,
      script: "printf '#!/bin/bash\\n' >init", answer: .refused("/bin/bash", remedy: "interpreter")),
    Mutation(
      what: "an /init for another machine", base: .ownInit,
      script: "printf '\\267' | dd of=init bs=1 seek=18 conv=notrunc",
      answer: .refused("aarch64", remedy: "")),
    Mutation(
      what: "an /init that was cut", base: .ownInit, script: "truncate -s 500 init",
      answer: .refused("damaged ELF file", remedy: "")),
    Mutation(
      what: "an /init that links to nothing", base: .ownInit,
      changes: [
        (
          #""files": [{ "source": "./init", "dest": "/init", "mode": "0755" }]"#,
          #""symlinks": { "/init": "sbin/tree" }"#
        )
      ],
      answer: .refused("broken symbolic link", remedy: "/init")),
  ]

  /// The program of an image without a root.
  private static let programs: [Mutation] = [
    Mutation(
      what: "the program is missing", base: .program,
      changes: [("\"dest\": \"/bin/program\"", "\"dest\": \"/bin/programm\"")],
      answer: .refused("/bin/program", remedy: "program")),
    Mutation(
      what: "the program is not executable", base: .program,
      changes: [
        ("0755\" },\n    { \"source\": \"./loader", "0644\" },\n    { \"source\": \"./loader")
      ],
      answer: .refused("not executable", remedy: "")),
    Mutation(
      what: "the program is a directory", base: .program,
      changes: [("[\"/bin/program\"]", "[\"/bin\"]")], answer: .refused("/bin", remedy: "")),
    Mutation(
      what: "the program's loader is missing", base: .program,
      changes: [("/lib64/ld-linux-x86-64.so.2", "/lib64/ld.so")],
      answer: .refused("/lib64/ld-linux-x86-64.so.2", remedy: "interpreter")),
    Mutation(
      what: "the program's library is missing", base: .program,
      changes: [("/usr/lib/libown.so", "/usr/share/libown.so")],
      answer: .refused("libown.so", remedy: "library")),
    Mutation(
      what: "the library's library is missing", base: .program,
      changes: [("/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.7")],
      answer: .refused("libc.so.6", remedy: "library")),
    Mutation(
      what: "the program is for another machine", base: .program,
      script: "printf '\\267' | dd of=program bs=1 seek=18 conv=notrunc",
      answer: .refused("aarch64", remedy: "")),
    Mutation(
      what: "the program is a script without its interpreter", base: .program,
      script: "printf '#!/usr/bin/perl\\n' >program",
      answer: .refused("/usr/bin/perl", remedy: "interpreter")),
  ]

  /// The kernel.
  private static let kernels: [Mutation] = [
    Mutation(
      what: "a kernel image that is none",
      changes: [("\"modules\"", "\"kernel\": { \"image\": \"etc/passwd\" }, \"modules\"")],
      script: "mkdir -p root/etc; cp /etc/passwd root/etc",
      answer: .refused("not a kernel image", remedy: "")),
    Mutation(
      what: "a kernel image of another release",
      changes: [("\"modules\"", "\"kernel\": { \"image\": \"boot/other\" }, \"modules\"")],
      script: "cp \"$CLOUD\"/boot/vmlinuz-* root/boot/other",
      answer: .refused("cloud-amd64", remedy: "")),
    Mutation(
      what: "a module of another kernel",
      script:
        "cp \"$CLOUD\"/lib/modules/*/kernel/drivers/block/virtio_blk.ko root/lib/modules/*/kernel/drivers/block/",
      answer: .refused("cloud-amd64", remedy: "kernel")),
    Mutation(
      what: "a module that was cut",
      script: "truncate -s 3000 root/lib/modules/*/kernel/fs/ext4/ext4.ko",
      answer: .refused("ext4.ko", remedy: "")),
    Mutation(
      what: "a module that is gone", script: "rm root/lib/modules/*/kernel/fs/ext4/ext4.ko",
      answer: .refused("does not exist", remedy: "depmod")),
    Mutation(
      what: "a kernel that takes no initramfs",
      script: "sed -i '/CONFIG_BLK_DEV_INITRD=/d' root/boot/config-*",
      answer: .refused("CONFIG_BLK_DEV_INITRD", remedy: "")),
    Mutation(
      what: "a compression that the kernel lacks",
      changes: [("\"modules\"", "\"compression\": \"xz\", \"modules\"")],
      script: "sed -i '/CONFIG_RD_XZ=/d' root/boot/config-*",
      answer: .refused("CONFIG_RD_XZ", remedy: "auto")),
  ]
}

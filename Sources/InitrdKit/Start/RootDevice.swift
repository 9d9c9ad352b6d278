/// The drivers that a root's device needs, as far as its name tells them.
enum RootDevice: Equatable, Sendable {
  /// A disk that needs drivers.
  case disk([Need])
  /// A disk that is named by its content (`UUID=` and others); its driver is unknown.
  case tagged
  /// A device that our init can't set up or find, with the reason and the remedy.
  case impossible(String, remedy: String)
  /// A device of an unknown kind.
  case unknown

  /// One needed driver, which can be any of several modules.
  struct Need: Equatable, Sendable {
    /// The role of the driver in messages: `the driver`; without an article if it is not certain.
    let what: String
    /// The modules, one of which is enough; the most common one first. A name with `*` at its end matches all modules
    /// with this prefix.
    let modules: [String]
    /// Whether the device certainly needs one of these modules; `false`: it depends on the machine.
    var isCertain = true
  }

  private static let virtio = [
    Need(what: "the driver", modules: ["virtio_blk"]),
    Need(what: "the virtio transport", modules: ["virtio_pci", "virtio_mmio", "virtio_ccw"]),
  ]
  private static let adapter = Need(
    what: "driver of its adapter",
    modules: [
      "virtio_scsi", "ahci", "ata_*", "sata_*", "pata_*", "usb_storage", "uas", "megaraid*", "mpt*",
      "vmw_pvscsi", "hv_storvsc", "xen_scsifront", "hpsa", "smartpqi", "aacraid", "ufs*", "qla*",
      "lpfc", "iscsi_tcp", "zfcp", "ibmv*", "sym53c8xx", "BusLogic", "scsi_debug", "nv_*", "3w_*",
      "arcmsr", "bfa", "pm80xx", "mvsas", "isci", "aic7xxx", "aic79xx", "firewire_sbp2", "fnic",
      "acard_ahci", "sas_*", "ahci_*", "qedi", "bnx2i", "cxgb*",
    ], isCertain: false)
  private static let cardHost = Need(
    what: "driver of its card reader",
    modules: [
      "sdhci*", "mmc_spi", "dw_mmc*", "meson*", "bcm2835*", "mmci*", "omap*", "sunxi_mmc",
      "mxcmmc", "mtk_sd", "renesas*", "tmio*", "rtsx*", "via_sdmmc", "tifm_sd", "sdricoh_cs",
      "ushc",
      "vub300", "cqhci", "alcor", "jz4740_mmc", "atmel_mci", "pxamci", "uniphier_sd", "owl_mmc",
    ],
    isCertain: false)

  /// The drivers by the prefix of the device name after `/dev/`.
  private static let disks: [(prefix: String, needs: [Need])] = [
    ("vd", virtio), ("nvme", [Need(what: "the driver", modules: ["nvme", "nvme_apple"])]),
    ("sd", [Need(what: "the driver", modules: ["sd_mod"]), adapter]),
    ("sr", [Need(what: "the driver", modules: ["sr_mod"]), adapter]),
    ("mmcblk", [Need(what: "the driver", modules: ["mmc_block"]), cardHost]),
    ("xvd", [Need(what: "the driver", modules: ["xen_blkfront"])]),
    (
      "dasd",
      [Need(what: "the driver", modules: ["dasd_eckd_mod", "dasd_fba_mod", "dasd_diag_mod"])]
    ), ("mtdblock", [Need(what: "the driver", modules: ["mtdblock", "mtdblock_ro"])]),
    ("ubiblock", [Need(what: "the driver", modules: ["ubi"])]),
    ("fd", [Need(what: "the driver", modules: ["floppy"])]),
    ("pmem", [Need(what: "the driver", modules: ["nd_pmem"])]),
    ("ram", [Need(what: "the driver", modules: ["brd"])]),
  ]

  private static let ownInit =
    "use a disk or partition, or set \"template\" in \"init\" to an init that can set up this device"

  /// The devices that our init can't set up, by the prefix of the name after `/dev/`.
  private static let impossible: [(prefix: String, why: String, remedy: String)] = [
    ("mapper/", "our init can't set up LVM, LUKS or other device mapper disks", ownInit),
    ("dm-", "our init can't set up LVM, LUKS or other device mapper disks", ownInit),
    ("md", "our init can't set up a RAID", ownInit),
    ("bcache", "our init can't set up bcache", ownInit),
    ("drbd", "our init can't set up DRBD", ownInit),
    ("loop", "our init can't set up loop devices", ownInit),
    ("nbd", "our init can't connect to network block devices", ownInit),
    ("zram", "a zram disk is empty when the machine starts", ownInit),
    ("nfs", "our init can't mount network file systems", ownInit),
    (
      "ubi", "it is a character device, but our init waits for a block device",
      "use the UBI block device /dev/ubiblock0_0 with a read-only file system, or an init of your own"
    ),
    (
      "disk/", "only udev creates such links, and the image has no udev",
      "write UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…"
    ),
    (
      "block/", "only udev creates such links, and the image has no udev",
      "write UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…"
    ),
  ]

  /// Classifies the root with the name `device`.
  init(_ device: String) {
    guard device.utf8.starts(with: "/dev/".utf8) else {
      self = .tagged
      return
    }
    let name = device.utf8.dropFirst(5)
    func length(_ prefix: String) -> Int? {
      guard name.starts(with: prefix.utf8) else { return nil }
      // A letter or a number follows the prefix: vda, md0.
      let next = name.dropFirst(prefix.utf8.count).first
      let letters = ["vd", "sd", "xvd", "dasd"].contains(prefix)
      let isName = next.map { letters ? 0x61...0x7A ~= $0 : 0x30...0x39 ~= $0 } ?? true
      return isName || prefix.utf8.last == UInt8(ascii: "/") || prefix == "dm-"
        || prefix == "md" && next == UInt8(ascii: "/") ? prefix.utf8.count : nil
    }
    if let found = Self.impossible.first(where: { length($0.prefix) != nil }) {
      self = .impossible(found.why, remedy: found.remedy)
    } else if let found = Self.disks.first(where: { length($0.prefix) != nil }) {
      self = .disk(found.needs)
    } else {
      self = .unknown
    }
  }

  /// The drivers of all kinds of disks.
  static let drivers = Set(disks.flatMap { $0.needs.first?.modules ?? [] })
}

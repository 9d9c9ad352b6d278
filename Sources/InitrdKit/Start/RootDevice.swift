/// What the name of a root's device tells of the drivers that it needs.
enum RootDevice: Equatable, Sendable {
  /// A disk that needs drivers.
  case disk([Need])
  /// A disk that is named by what is on it: which one, nothing tells.
  case tagged
  /// What our init can't set up or find, with the reason and what to do.
  case impossible(String, remedy: String)
  /// A device of a kind that is not known here.
  case unknown

  /// One driver that is needed: any of several.
  struct Need: Equatable, Sendable {
    /// What it is for: `the driver`.
    let what: String
    /// The modules of which one is enough, the most usual first. One that ends with a star stands for all that begin
    /// so.
    let modules: [String]
    /// Whether the name of the device tells that it is one of these; else which one it is depends on the machine.
    var isCertain = true
  }

  private static let virtio = [
    Need(what: "the driver", modules: ["virtio_blk"]),
    Need(what: "a transport of virtio", modules: ["virtio_pci", "virtio_mmio", "virtio_ccw"]),
  ]
  private static let adapter = Need(
    what: "the driver of the adapter that it is attached to",
    modules: [
      "virtio_scsi", "ahci", "ata_*", "sata_*", "pata_*", "usb_storage", "uas", "megaraid*", "mpt*",
      "vmw_pvscsi", "hv_storvsc", "xen_scsifront", "hpsa", "smartpqi", "aacraid", "ufs*", "qla*",
      "lpfc", "iscsi_tcp", "zfcp", "ibmv*", "sym53c8xx", "BusLogic", "scsi_debug", "nv_*", "3w_*",
      "arcmsr", "bfa", "pm80xx", "mvsas", "isci", "aic7xxx", "aic79xx", "firewire_sbp2", "fnic",
      "acard_ahci", "sas_*", "ahci_*", "qedi", "bnx2i", "cxgb*",
    ], isCertain: false)
  private static let cardHost = Need(
    what: "the driver of the card reader that it is attached to",
    modules: [
      "sdhci*", "mmc_spi", "dw_mmc*", "meson*", "bcm2835*", "mmci*", "omap*", "sunxi_mmc",
      "mxcmmc", "mtk_sd", "renesas*", "tmio*", "rtsx*", "via_sdmmc", "tifm_sd", "sdricoh_cs",
      "ushc",
      "vub300", "cqhci", "alcor", "jz4740_mmc", "atmel_mci", "pxamci", "uniphier_sd", "owl_mmc",
    ],
    isCertain: false)

  /// Drivers by how the names of their disks begin, behind `/dev/`. The longest that fits counts.
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
    "name a disk or partition, or with \"template\" in \"init\" an init that sets this device up"

  /// Devices that our init can't set up, by how their names begin.
  private static let impossible: [(prefix: String, why: String, remedy: String)] = [
    ("mapper/", "our init can't set up LVM, LUKS or other device mapper disks", ownInit),
    ("dm-", "our init can't set up LVM, LUKS or other device mapper disks", ownInit),
    ("md", "our init can't put a RAID together", ownInit),
    ("bcache", "our init can't set up bcache", ownInit),
    ("drbd", "our init can't set up DRBD", ownInit),
    ("loop", "our init sets no loop device up", ownInit),
    ("nbd", "our init connects to no network block device", ownInit),
    ("zram", "a zram disk is empty when the machine starts", ownInit),
    ("nfs", "our init mounts no network file systems", ownInit),
    (
      "ubi", "it is a character device, and our init waits for a block device",
      "name the UBI block device /dev/ubiblock0_0 with a read-only file system, or take an init of your own"
    ),
    (
      "disk/", "udev makes such links, and there is no udev in the image",
      "write UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…"
    ),
    (
      "block/", "udev makes such links, and there is no udev in the image",
      "write UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…"
    ),
  ]

  /// What the name `device` tells.
  init(_ device: String) {
    guard device.utf8.starts(with: "/dev/".utf8) else {
      self = .tagged
      return
    }
    let name = device.utf8.dropFirst(5)
    func length(_ prefix: String) -> Int? {
      guard name.starts(with: prefix.utf8) else { return nil }
      // Disks are told apart by letters or by numbers: vda, md0.
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

  /// All drivers of disks.
  static let drivers = Set(disks.flatMap { $0.needs.first?.modules ?? [] })
}

/// A kernel's configuration: `CONFIG_NAME=value` lines, as `/boot/config-RELEASE` has them.
package struct KernelConfig: Equatable, Sendable {
  private var values: [String: String] = [:]

  /// Reads the text of a configuration; lines of other forms are comments.
  package init(text: some Sequence<UInt8>) {
    for line in Array(text).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      guard line.starts(with: "CONFIG_".utf8), let equals = line.firstIndex(of: UInt8(ascii: "="))
      else { continue }
      values[String(decoding: line[..<equals], as: UTF8.self)] =
        String(decoding: line[line.index(after: equals)...], as: UTF8.self)
    }
  }

  /// Whether the configuration has any option: a text without one is none.
  var isEmpty: Bool { values.isEmpty }

  /// The value of an option: `y`, `m`, a number or a quoted text; `nil` when it is not set.
  package subscript(option: String) -> String? { values[option] }

  /// Whether the option is built into the kernel.
  package func isBuiltIn(_ option: String) -> Bool { values[option] == "y" }

  /// Whether the kernel takes an initramfs in this compression.
  package func canDecode(_ compression: Compression) -> Bool {
    compression.kernelOption.map(isBuiltIn) ?? true
  }

  /// Whether what would else be the module `name` is built in.
  ///
  /// A configuration knows options and not modules; most bear the module's name, file systems with `_FS`.
  func hasBuiltIn(module name: String) -> Bool {
    let name = ModuleIndex.normalized(name.utf8)
    let option = "CONFIG_" + name.uppercased()
    return isBuiltIn(option) || isBuiltIn(option + "_FS")
      || Self.options[name].map { isBuiltIn("CONFIG_\($0)") } == true
  }

  /// Options of modules with other names, as far as a root may depend on them.
  private static let options = [
    "sd_mod": "BLK_DEV_SD", "sr_mod": "BLK_DEV_SR", "nvme": "BLK_DEV_NVME",
    "xen_blkfront": "XEN_BLKDEV_FRONTEND", "mtdblock": "MTD_BLOCK", "mtdblock_ro": "MTD_BLOCK_RO",
    "ubi": "MTD_UBI", "floppy": "BLK_DEV_FD", "nd_pmem": "BLK_DEV_PMEM", "brd": "BLK_DEV_RAM",
    "loop": "BLK_DEV_LOOP", "dasd_eckd_mod": "DASD_ECKD", "dasd_fba_mod": "DASD_FBA",
    "dasd_diag_mod": "DASD_DIAG", "virtio_ccw": "S390_GUEST", "isofs": "ISO9660_FS",
    "virtio_scsi": "SCSI_VIRTIO", "ahci": "SATA_AHCI", "usb_storage": "USB_STORAGE",
    "hv_storvsc": "HYPERV_STORAGE", "vmw_pvscsi": "VMWARE_PVSCSI",
  ]
}

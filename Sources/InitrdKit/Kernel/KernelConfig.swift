/// A kernel's configuration: lines `CONFIG_NAME=value`, as in `/boot/config-RELEASE`.
package struct KernelConfig: Equatable, Sendable {
  private var values: [String: String] = [:]

  /// Reads the text of a configuration. Lines of other forms are ignored.
  package init(text: some Sequence<UInt8>) {
    for line in Array(text).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      guard line.starts(with: "CONFIG_".utf8), let equals = line.firstIndex(of: UInt8(ascii: "="))
      else { continue }
      values[String(decoding: line[..<equals], as: UTF8.self)] =
        String(decoding: line[line.index(after: equals)...], as: UTF8.self)
    }
  }

  /// Whether the configuration has no option; such a text is not a configuration.
  var isEmpty: Bool { values.isEmpty }

  /// The value of an option: `y`, `m`, a number or a quoted text; `nil` if it is not set.
  package subscript(option: String) -> String? { values[option] }

  /// Whether the option is built into the kernel.
  package func isBuiltIn(_ option: String) -> Bool { values[option] == "y" }

  /// Whether the kernel can decompress an initramfs with this compression.
  package func canDecode(_ compression: Compression) -> Bool {
    compression.kernelOption.map(isBuiltIn) ?? true
  }

  /// Whether the driver whose module would be `name` is built in.
  ///
  /// A configuration lists options, not modules. Most options have the name of the module; those of file systems end
  /// with `_FS`.
  func hasBuiltIn(module name: String) -> Bool {
    let name = ModuleIndex.normalized(name.utf8)
    let option = "CONFIG_" + name.uppercased()
    return isBuiltIn(option) || isBuiltIn(option + "_FS")
      || Self.options[name].map { isBuiltIn("CONFIG_\($0)") } == true
  }

  /// The options whose names differ from their modules', for drivers on which a root can depend.
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

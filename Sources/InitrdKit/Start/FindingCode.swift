/// The rules of `check`, by their printed codes; docs/check.md explains each rule.
public enum FindingCode: String, CaseIterable, Sendable {
  // The kernel stops reading the image.
  case noImage = "no-image"
  case legacyInitrd = "legacy-initrd"
  case unknownMagic = "unknown-magic"
  case brokenPadding = "broken-padding"
  case memberJunk = "member-junk"
  case memberNotWhole = "member-not-whole"
  case cutOff = "cut-off"
  case damagedData = "damaged-data"
  case tooLarge = "too-large"
  case noHeader = "no-header"
  case odcArchive = "odc-archive"
  case damagedHeader = "damaged-header"
  case nameWithoutNUL = "name-without-nul"
  case badChecksum = "bad-checksum"
  // A decoder of the kernel refuses the data, or does not work on all machines.
  case gzipHeader = "gzip-header"
  case uncheckedSum = "unchecked-sum"
  case xzCheck = "xz-check"
  case xzFilter = "xz-filter"
  case zstdWindow = "zstd-window"
  case zstdDictionary = "zstd-dictionary"
  case lz4Frame = "lz4-frame"
  case decoderMemory = "decoder-memory"
  // The kernel drops the entry.
  case nameSize = "name-size"
  case missingFolder = "missing-folder"
  case notAFolder = "not-a-folder"
  case symlinkLoop = "symlink-loop"
  case longName = "long-name"
  case slashAfterName = "slash-after-name"
  case occupied = "occupied"
  case lostHardLink = "lost-hard-link"
  case unknownType = "unknown-type"
  case unexpectedData = "unexpected-data"
  case longTarget = "long-target"
  // The kernel misreads the entry or the image.
  case deviceNumber = "device-number"
  case mergedFiles = "merged-files"
  case earlyName = "early-name"
  case earlyPlace = "early-place"
  case bootConfig = "boot-config"
  // A program can't run, or a module can't be loaded.
  case initMissing = "init-missing"
  case initNotRunnable = "init-not-runnable"
  case programMissing = "program-missing"
  case interpreterMissing = "interpreter-missing"
  case libraryMissing = "library-missing"
  case architectureMixed = "architecture-mixed"
  case moduleDependency = "module-dependency"
  case moduleCompression = "module-compression"
  case moduleVersion = "module-version"
  case rootDevice = "root-device"
  case rootDriver = "root-driver"
  case rootFileSystem = "root-file-system"
  // The given kernel does not support it.
  case kernelInitrd = "kernel-initrd"
  case kernelCodec = "kernel-codec"
  case kernelModules = "kernel-modules"
  case kernelRelease = "kernel-release"
  case kernelDevtmpfs = "kernel-devtmpfs"

  /// The effect in the kernel.
  public var effect: Finding.Effect {
    switch self {
    case .legacyInitrd, .unknownMagic, .brokenPadding, .memberJunk, .memberNotWhole,
      .damagedData, .tooLarge, .noHeader, .odcArchive, .damagedHeader, .nameWithoutNUL,
      .badChecksum, .gzipHeader, .xzCheck, .xzFilter, .zstdWindow, .zstdDictionary, .lz4Frame,
      .kernelCodec, .kernelInitrd:
      .refused
    case .nameSize, .missingFolder, .notAFolder, .symlinkLoop, .longName, .slashAfterName,
      .occupied, .lostHardLink, .unknownType, .unexpectedData, .longTarget:
      .dropped
    case .cutOff, .deviceNumber, .mergedFiles, .earlyName, .earlyPlace, .bootConfig: .misread
    case .noImage, .initMissing, .initNotRunnable, .programMissing, .interpreterMissing,
      .libraryMissing, .architectureMixed, .moduleDependency, .moduleCompression, .moduleVersion,
      .rootDevice, .rootDriver, .rootFileSystem, .kernelModules, .kernelRelease:
      .fails
    case .uncheckedSum, .decoderMemory, .kernelDevtmpfs: .none
    }
  }

  /// The severity, unless a finding states another.
  public var severity: Finding.Severity {
    switch self {
    case .uncheckedSum, .decoderMemory, .deviceNumber, .mergedFiles, .earlyName, .earlyPlace,
      .kernelDevtmpfs:
      .warning
    default: .error
    }
  }

  /// The kernel versions to which the rule applies, in words; `nil` for all.
  public var kernels: String? {
    switch self {
    case .damagedHeader: "7.0 and newer; older ones misread the field"
    case .nameWithoutNUL: "6.13 and newer, and stable kernels"
    default: nil
    }
  }

  /// How to fix it, unless a finding states another remedy.
  public var remedy: String {
    switch self {
    case .noImage: "give the path of an initramfs"
    case .legacyInitrd: "extract or mount the file system, and build an archive of its files"
    case .unknownMagic:
      "remove these bytes, or pad the segment before them to a multiple of 4 bytes"
    case .brokenPadding: "pad the segment before it with NULs to a multiple of 4 bytes"
    case .memberJunk: "compress only archives and the NULs between them"
    case .memberNotWhole: "compress the archive as one member, or split it between entries"
    case .cutOff: "copy or build the image again"
    case .damagedData: "copy or build the image again"
    case .tooLarge: "make the image smaller: no kernel reads 4 GiB"
    case .noHeader: "build the archive again: a size before this place is wrong"
    case .odcArchive: "create the archive with cpio -H newc"
    case .damagedHeader: "build the archive again with a tool that pads numbers with zeros"
    case .nameWithoutNUL: "build the archive again"
    case .badChecksum: "build the archive again: the file's data is damaged"
    case .gzipHeader: "compress it again with gzip -n"
    case .uncheckedSum: "compress it again: the kernel does not notice damaged data"
    case .xzCheck: "compress it again with xz --check=crc32"
    case .xzFilter: "compress it again with no filter other than x86"
    case .zstdWindow: "compress it again without --long and --ultra"
    case .zstdDictionary: "compress it again without a dictionary"
    case .lz4Frame: "compress it again with lz4 -l"
    case .decoderMemory: "if guests have little memory, compress it again with a smaller window"
    case .nameSize: "give it a name of 1 to 4,095 bytes"
    case .missingFolder: "add the directory to the archive before the files in it"
    case .notAFolder: "rename one of the two"
    case .symlinkLoop: "use at most 40 symbolic links in a path"
    case .longName: "use at most 255 bytes for each name in the path"
    case .slashAfterName: "remove the slash at the end"
    case .occupied: "rename one of the two"
    case .lostHardLink:
      "add the directory of the first name before it, and do not replace the first name"
    case .unknownType: "make it a file, directory, symbolic link, device, fifo or socket"
    case .unexpectedData: "set its size to 0"
    case .longTarget: "use a target of at most 4,095 bytes"
    case .deviceNumber: "use a major number below 4,096 and a minor number below 1,048,576"
    case .mergedFiles: "give each file its own inode number, or end each archive with a trailer"
    case .earlyName: "remove ./ or / from the start of its name"
    case .earlyPlace: "put it into a separate archive, which is first and not compressed"
    case .bootConfig: "remove it, and add it again with bootconfig -a"
    case .initMissing: "add /init; it may be a symbolic link"
    case .initNotRunnable: "make it an executable program or script"
    case .programMissing: "add it as an executable file, or set a root to mount"
    case .interpreterMissing: "add the interpreter, or use a statically linked program"
    case .libraryMissing: "add the library, or use a statically linked program"
    case .architectureMixed: "use programs and libraries for one machine only"
    case .moduleDependency: "add the module, and run depmod on the module tree of the image"
    case .moduleCompression: "store the modules uncompressed"
    case .moduleVersion: "use the modules of the kernel that boots the image"
    case .rootDevice: "use a disk or partition, or an init that can set up this device"
    case .rootDriver: "include the driver, and let init load it"
    case .rootFileSystem: "include the module of the file system, and let init load it"
    case .kernelInitrd: "set CONFIG_BLK_DEV_INITRD=y"
    case .kernelCodec: "use a compression that the kernel supports, or set the option"
    case .kernelModules: "set CONFIG_MODULES=y, or remove the modules"
    case .kernelRelease: "use the modules of the kernel that boots the image"
    case .kernelDevtmpfs: "set CONFIG_DEVTMPFS=y, or add the device nodes to the image"
    }
  }
}

/// The rules of `check`, by the codes that are printed; docs/check.md explains each.
public enum FindingCode: String, CaseIterable, Sendable {
  // What ends the reading of an image.
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
  // What a decoder of the kernel refuses, or can't do everywhere.
  case gzipHeader = "gzip-header"
  case uncheckedSum = "unchecked-sum"
  case xzCheck = "xz-check"
  case xzFilter = "xz-filter"
  case zstdWindow = "zstd-window"
  case zstdDictionary = "zstd-dictionary"
  case lz4Frame = "lz4-frame"
  case decoderMemory = "decoder-memory"
  // What is dropped.
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
  // What is misread.
  case deviceNumber = "device-number"
  case mergedFiles = "merged-files"
  case earlyName = "early-name"
  case earlyPlace = "early-place"
  case bootConfig = "boot-config"
  // What does not run.
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
  // What the kernel at hand can't do.
  case kernelInitrd = "kernel-initrd"
  case kernelCodec = "kernel-codec"
  case kernelModules = "kernel-modules"
  case kernelRelease = "kernel-release"
  case kernelDevtmpfs = "kernel-devtmpfs"

  /// What becomes of it.
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

  /// How much it matters.
  public var severity: Finding.Severity {
    switch self {
    case .uncheckedSum, .decoderMemory, .deviceNumber, .mergedFiles, .earlyName, .earlyPlace,
      .kernelDevtmpfs:
      .warning
    default: .error
    }
  }

  /// The kernels for which it holds; `nil` for all.
  public var kernels: String? {
    switch self {
    case .damagedHeader: "7.0 and newer; older ones misread the field"
    case .nameWithoutNUL: "6.13 and newer, and stable ones"
    default: nil
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .noImage: "name an initramfs"
    case .legacyInitrd: "unpack or mount it, and build an archive of its files"
    case .unknownMagic: "remove what is not part of the image, or pad what stands before it to 4"
    case .brokenPadding: "pad what stands before it with NULs to a multiple of 4"
    case .memberJunk: "compress nothing but archives, with NULs between them"
    case .memberNotWhole: "compress the archive as one member, or cut it between entries"
    case .cutOff: "copy or build the image again"
    case .damagedData: "copy or build the image again"
    case .tooLarge: "make the image smaller: no kernel takes 4 GiB"
    case .noHeader: "build the archive again: a size before this place is wrong"
    case .odcArchive: "make the archive with cpio -H newc"
    case .damagedHeader: "build the archive again with a tool that pads numbers with zeros"
    case .nameWithoutNUL: "build the archive again"
    case .badChecksum: "build the archive again: the file's data is damaged"
    case .gzipHeader: "compress it again with gzip -n"
    case .uncheckedSum: "compress it again: the kernel does not notice damaged data"
    case .xzCheck: "compress it again with xz --check=crc32"
    case .xzFilter: "compress it again without a filter but the x86 one"
    case .zstdWindow: "compress it again without --long and --ultra"
    case .zstdDictionary: "compress it again without a dictionary"
    case .lz4Frame: "compress it again with lz4 -l"
    case .decoderMemory: "compress it again with a smaller window where guests are small"
    case .nameSize: "give it a name of 1 to 4,095 bytes"
    case .missingFolder: "put the folder into the archive, before what is in it"
    case .notAFolder: "give one of the two another name"
    case .symlinkLoop: "let links lead to a folder by fewer than 40 steps"
    case .longName: "give it a name of at most 255 bytes in each folder"
    case .slashAfterName: "leave out the slash at the end"
    case .occupied: "give one of the two another name"
    case .lostHardLink: "put the first name's folder before it, and don't replace the first name"
    case .unknownType: "make it a file, folder, link, device, fifo or socket"
    case .unexpectedData: "set its size to 0"
    case .longTarget: "let the link lead to a path of at most 4,095 bytes"
    case .deviceNumber: "take a major number below 4,096 and a minor one below 1,048,576"
    case .mergedFiles: "give files numbers of their own, or end each archive with a trailer"
    case .earlyName: "name it without ./ or / in front"
    case .earlyPlace: "put it into an archive of its own, first and not compressed"
    case .bootConfig: "take it off, and put it on again with bootconfig -a"
    case .initMissing: "add /init; it may be a symbolic link"
    case .initNotRunnable: "make it an executable program or script"
    case .programMissing: "add it as an executable file, or name a root to mount"
    case .interpreterMissing: "add the interpreter, or take a static program"
    case .libraryMissing: "add the library, or take a static program"
    case .architectureMixed: "take all programs from one machine's system"
    case .moduleDependency: "add the module, and run depmod on the image's tree"
    case .moduleCompression: "put the modules into the image uncompressed"
    case .moduleVersion: "take the modules of the kernel that is booted"
    case .rootDevice: "name a disk or partition, or take an init that sets this device up"
    case .rootDriver: "carry the driver, and let init load it"
    case .rootFileSystem: "carry the file system's module, and let init load it"
    case .kernelInitrd: "set CONFIG_BLK_DEV_INITRD=y"
    case .kernelCodec: "compress it with what the kernel has, or set the option"
    case .kernelModules: "set CONFIG_MODULES=y, or leave the modules out"
    case .kernelRelease: "take the modules of the kernel that is booted"
    case .kernelDevtmpfs: "set CONFIG_DEVTMPFS=y, or put the device nodes into the image"
    }
  }
}

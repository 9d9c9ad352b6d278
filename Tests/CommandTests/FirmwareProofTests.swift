import Foundation
import TestSupport
import Testing

/// Firmware of Debian's generic kernel with Debian's firmware packages, beside what modinfo(8) and the kernel's rules give,
/// and as a running kernel loads it.
@Suite(.enabled(if: Checkout.hasFirmware, "make test brings the kernels and the firmware"))
struct FirmwareProofTests {
  private let folder: TemporaryFolder
  private let release: String

  init() throws {
    folder = try TemporaryFolder()
    release = try Checkout.release(of: "generic")
  }

  /// Modules that name firmware: plain names, links, globs, files that do not exist.
  private static let modules = [
    "advansys", "bnx2", "brcmfmac", "btintel", "cxgb3", "cxgb4", "cx25840", "e100", "hfi1", "i915",
    "ice", "iwl3945", "iwl4965", "iwlwifi", "kaweth", "keyspan", "mt7615e", "mt76x2u", "mt7921e",
    "nouveau", "r8169", "rt2800pci", "rt2800usb", "rt61pci", "rt73usb", "tehuti", "tg3",
    "ti_usb_3410_5052", "typhoon", "xc5000",
  ]

  /// Makes a root with the generic kernel's modules of these names and all that they need, its configuration, busybox,
  /// and with Debian's firmware.
  private func makeRoot(_ modules: [String], firmware: Bool = true) throws {
    let script = """
      set -e
      kernel=$1 firmware=$2 release=$3 root=$4
      shift 4
      tree=lib/modules/$release
      mkdir -p "$root/$tree" "$root/lib/firmware"
      cd "$kernel"
      cp --parents "boot/config-$release" bin/busybox "$tree"/modules.* "$root"
      for module; do
        sed -n "s,:, ,; s,^\\([^ ]*/$module\\.ko .*\\)\\$,\\1,p; s,^\\([^ ]*/$(echo "$module" | tr _ -)\\.ko .*\\)\\$,\\1,p" \
          "$tree/modules.dep" | tr ' ' '\\n' | grep . | sort -u >"$root/wanted"
        test -s "$root/wanted"
        while read -r path; do cp --parents "$tree/$path" "$root"; done <"$root/wanted"
      done
      rm "$root/wanted"
      test -z "$firmware" || cp -a "$firmware"/lib/firmware/. "$root/lib/firmware/"
      """
    let result = try run(
      "bash",
      [
        "-c", script, "-", Checkout.kernels.appendingPathComponent("generic").path,
        firmware ? Checkout.firmware.path : "", release, folder.path("root"),
      ] + modules)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// Some files as other builders have them: compressed in a variant that this kernel reads and in others, and newer files
  /// for all kernels and for this one.
  private func changeFirmware() throws {
    let script = """
      set -e
      cd "$1/lib/firmware"
      xz --check=crc32 e100/d101m_ucode.bin i915/skl_dmc_ver1_27.bin
      xz --check=crc64 e100/d101s_ucode.bin
      zstd -q --rm rt73.bin mediatek/mt7615_cr4.bin
      mkdir -p "updates/$2/e100" updates/kaweth "$2/advansys"
      echo new >"updates/$2/e100/d102e_ucode.bin"
      echo newer >updates/kaweth/new_code.bin
      echo of this kernel >"$2/advansys/mcode.bin"
      echo plain >"$2/rt61.bin.txt"
      # The links of a package that has compressed its files.
      ln -s rt73.bin.zst rt2573.bin.zst
      mkdir brcm.d
      for name in 43430-sdio.a.txt 43602-pcie.x.bin 43602-pcie.txt 43602-usb.bin; do
        echo "$name" >"brcm.d/brcmfmac$name"
      done
      test ! -d brcm || mv brcm/* brcm.d/
      rmdir brcm 2>/dev/null || :
      ln -s brcm.d brcm
      """
    let result = try run("bash", ["-c", script, "-", folder.path("root"), release])
    try #require(result.status == 0, "\(result.errors)")
  }

  /// What the kernel finds, by modinfo(8) and bash: one line for each file, `path in the image|path in the sysroot`.
  private func expected() throws -> [String] {
    let script = """
      shopt -s nullglob
      cd "$1/lib/firmware"
      find ../modules -name '*.ko' -exec /sbin/modinfo -F firmware {} + | sort -u | while read -r name; do
        for pattern in "$name" "$name.zst" "$name.xz"; do
          for directory in "updates/$2/" updates/ "$2/" ""; do
            for file in $directory$pattern; do
              file=${file#"$directory"}
              file=${file%.zst}
              echo "${file%.xz}"
            done
          done
        done
      done | sort -u | while read -r name; do
        # CONFIG_FW_LOADER_COMPRESS_XZ is set, and not ..._ZSTD.
        for suffix in "" .xz .zst; do
          for directory in "updates/$2/" updates/ "$2/" ""; do
            file=$directory$name$suffix
            [ -s "$file" ] || continue
            case $suffix:$(xz -lvv "$file" 2>/dev/null | grep -o CRC64 | head -n 1) in
              .zst: | .xz:CRC64) echo "$directory$name|$file" ;;
              *) echo "$file|$file" ;;
            esac
            continue 3
          done
        done
      done
      """
    let result = try run("bash", ["-c", script, "-", folder.path("root"), release])
    try #require(result.status == 0, "\(result.errors)")
    return result.text.split(separator: "\n").map(String.init)
  }

  private func build(_ members: String) throws -> String {
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "sysroot": "root", "baseline": null, "compression": "lz4",
        "output": { "path": "initrd.img" }, \(members) }
      """)
    let result = try Mkinitrd.run(["build", "manifest.json"], in: folder.url)
    try #require(result.status == 0, "\(result.errors)")
    return result.text
  }

  @Test func thirtyModulesHaveTheFirmwareThatTheKernelFinds() throws {
    try makeRoot(Self.modules)
    try changeFirmware()
    let names = Self.modules.map { "\"\($0)\"" }.joined(separator: ", ")
    let report = try build(
      """
      "modules": { "include": [\(names)], "softdeps": false }, "partial": true, "init": { "template": "none" }
      """)
    #expect(report.contains("that modules name are not in the sysroot"))
    let extracted = try Mkinitrd.run(
      ["extract", "initrd.img", "lib/firmware", "-C", "out"], in: folder.url)
    try #require(extracted.status == 0, "\(extracted.errors)")

    let expected = try expected()
    #expect(expected.count > 400, "\(expected.count)")
    for path in [
      "e100/d101m_ucode.bin.xz|", "e100/d101s_ucode.bin|e100/d101s_ucode.bin.xz",
      "rt73.bin|rt73.bin.zst",
      "updates/\(release)/e100/d102e_ucode.bin|", "updates/kaweth/new_code.bin|",
      "\(release)/advansys/mcode.bin|", "brcm/brcmfmac43602-pcie.txt|",
      "brcm/brcmfmac43430-sdio.a.txt|",
      "i915/kbl_dmc_ver1_04.bin|",
    ] { #expect(expected.contains { $0.hasPrefix(path) }, "\(path)") }

    // Each is there by the kernel's path, with its bytes; and no file is there that is none of them.
    try folder.write("expected", expected.joined(separator: "\n") + "\n")
    let script = """
      cd "$1"
      while IFS='|' read -r path source; do
        case $path in
          "$source") cat "root/lib/firmware/$source" ;;
          *) xz -dc "root/lib/firmware/$source" 2>/dev/null || zstd -dcq "root/lib/firmware/$source" ;;
        esac | cmp - "out/lib/firmware/$path"
        realpath "out/lib/firmware/$path"
      done <expected | sort -u >reached
      find "$PWD/out/lib/firmware" -type f | sort | comm -3 reached -
      find -L out/lib/firmware -type l
      """
    let compared = try run("bash", ["-c", script, "-", folder.url.path])
    #expect(
      compared.text.isEmpty && compared.errors.isEmpty, "\(compared.text)\n\(compared.errors)")
  }

  /// The kernel's own log, and what it gave to a driver: test_firmware, which requests any name, and e100, which does
  /// not start the network card of QEMU without its file.
  @Test func aKernelLoadsItPlainAndCompressed() throws {
    try makeRoot(["test_firmware", "e100"])
    for (name, text) in [
      ("plain.bin", "plain"), ("x.bin", "was xz"), ("z.bin", "was zstd"), ("v/real.bin", "linked"),
      ("updates/twice.bin", "from updates"), ("\(release)/twice.bin", "of this release"),
      ("updates/\(release)/own.bin", "from updates of this release"), ("own.bin", "old"),
    ] { try folder.write("root/lib/firmware/\(name)", text + "\n") }
    let packed = try run(
      "sh",
      [
        "-c",
        "xz --check=crc32 x.bin && zstd -q --rm z.bin && ln -s /usr/lib/firmware/v/real.bin link.bin",
      ],
      in: folder / "root/lib/firmware")
    try #require(packed.status == 0, "\(packed.errors)")
    try FileManager.default.createDirectory(
      at: folder / "root/usr", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("root/usr/lib"), withDestinationPath: "../lib")
    let requested = ["plain.bin", "x.bin", "z.bin", "link.bin", "twice.bin", "own.bin"]
    try folder.write(
      "request.sh",
      """
      exec >/dev/console 2>&1
      cd /sys/devices/virtual/misc/test_firmware
      for name in \(requested.joined(separator: " ")); do
        echo -n $name >trigger_request && echo "got $name: $(cat /dev/test_firmware)"
      done
      ifconfig eth0 up && echo "eth0 is up"
      exec poweroff -f
      """)
    let names = requested.map { "\"\($0)\"" }.joined(separator: ", ")
    _ = try build(
      """
      "modules": { "include": ["test_firmware", "e100"] }, "firmware": { "include": [\(names)] },
      "busybox": { "applets": ["cat", "ifconfig", "poweroff"] },
      "files": [{ "source": "./request.sh", "dest": "/request.sh" }],
      "init": { "root": null, "program": ["/bin/sh", "/request.sh"] }
      """)
    let result = try Boot.boot(
      "generic", folder.path("initrd.img"),
      append: "ignore_loglevel dyndbg=\"file drivers/base/firmware_loader/main.c +p\"",
      environment: ["QEMU_ARGS": "-netdev user,id=n -device i82551,netdev=n"])
    // The messages of Debian's kernel.
    for line in requested.map({ "direct-loading firmware \($0)" }) + [
      "got plain.bin: plain", "got x.bin: was xz", "got z.bin: was zstd", "got link.bin: linked",
      "got twice.bin: from updates", "got own.bin: from updates of this release",
      "f/w decompressing x.bin", "direct-loading firmware e100/d102e_ucode.bin", "eth0 is up",
    ] { #expect(result.text.contains(line), "\(line)") }
    #expect(!result.text.contains("f/w decompressing z.bin"))
  }
}

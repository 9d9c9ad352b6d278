import Foundation
import TestSupport
import Testing

/// Compares how we, GNU cpio and the compression tools read images of other builders and one of ours.
@Suite(.enabled(if: Checkout.hasImages, "needs the images of make test"))
struct RealImageTests {
  @Test(arguments: RealImage.all)
  func readersAgreeWithCpio(image: RealImage) throws {
    let opened = try image.open()
    try expectNamesAndColumnsOfCpio(opened)
    try expectFilesOfCpio(opened)
    try expectInspectMatchesCpio(image, opened)
  }

  private func expectNamesAndColumnsOfCpio(_ opened: RealImage.Opened) throws {
    let names = try opened.shell(#"for a; do cpio -it --quiet <"$a"; done"#)
    #expect(names.status == 0 && !names.output.isEmpty, "\(names.errors)")
    #expect(try Mkinitrd.run(["list", opened.path]).output == names.output)

    let theirs = try opened.shell(#"for a; do cpio -itvn --quiet <"$a"; done"#)
    let ours = try Mkinitrd.run(["list", "-l", opened.path])
    #expect(ours.status == 0, "\(ours.errors)")
    let (theirRows, ourRows) = (rows(theirs.text, dates: 3), rows(ours.text, dates: 2))
    #expect(theirRows.count == names.text.split(separator: "\n").count)
    #expect(theirRows.count == ourRows.count)
    for (theirRow, var ourRow) in zip(theirRows, ourRows) {
      // cpio shows the size only with the name that has the data; we show it with every name of the file.
      if theirRow.size == "0", theirRow.isHardLink { ourRow.size = "0" }
      // We escape names that a terminal cannot show.
      if ourRow.rest.contains("\\x") { ourRow.rest = theirRow.rest }
      #expect(ourRow == theirRow)
    }
  }

  private func expectFilesOfCpio(_ opened: RealImage.Opened) throws {
    // Only root can create devices and change owners; otherwise cpio ends with an error status.
    let isRoot = geteuid() == 0
    let unpacked = try opened.shell(
      #"mkdir cpio; cd cpio; for a; do cpio -idmu --quiet <"$a" || "# + (isRoot ? "exit 1" : ":")
        + "; done")
    #expect(unpacked.status == 0, "\(unpacked.errors)")
    let result = try Mkinitrd.run(
      ["extract", opened.path, "-C", "out"]
        + (isRoot ? ["--preserve"] : ["--devices", "--set-id"]),
      in: opened.folder.url)
    #expect(result.status == 0 || !isRoot, "\(result.errors)")
    #expect(!result.errors.contains("drops"), "\(result.errors)")

    // diff reports every device and fifo; the lists below compare them.
    let differences = try opened.shell(
      "diff -r --no-dereference cpio out | grep -v -E ' is a (fifo|.* special file) while ' || :")
    #expect(differences.text == "" && differences.errors == "")
    let owners = isRoot ? " %U %G" : ""
    for tests in [
      #"! -type d -printf '%P %y %m %s %l\#(owners)\n'"#,
      // cpio does not restore the times of directories. `stat` compares device numbers.
      #"-type d -printf '%P %y %m\#(owners)\n'"#, #"-type f -printf '%P %T@\n'"#,
      #"\( -type b -o -type c \) -exec stat -c '%n %t %T' {} +"#,
    ] {
      let found = ["cpio", "out"].map {
        "(cd \($0); find . -mindepth 1 \(tests) | sort >../\($0).list)"
      }
      let lists = try opened.shell((found + ["diff cpio.list out.list"]).joined(separator: "\n"))
      #expect(lists.status == 0, "\(tests): \(lists.text)\(lists.errors)")
    }
    #expect(try hardLinks(opened, "out") == hardLinks(opened, "cpio"))
  }

  private func expectInspectMatchesCpio(_ image: RealImage, _ opened: RealImage.Opened) throws {
    let summary = opened.summary
    #expect(summary["builder"] as? String == image.builder)
    let segments = summary["segments"] as? [[String: Any]] ?? []
    let early = Array(repeating: "none", count: opened.archives.count - 1)
    #expect(segments.map { $0["compression"] as? String } == early + [image.codec])
    // get-image adds microcode; newer versions add an archive of compressed modules.
    let raw = ["initramfs-tools": 1, "initramfs-tools-sid": 2, "dracut-sid": 2]
    #expect(early.count == raw[image.name] ?? early.count)
    let sizes = try opened.archives.map {
      try FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int
    }
    #expect(segments.map { $0["unpackedBytes"] as? Int } == sizes)

    let names = try opened.shell(#"for a; do cpio -it --quiet <"$a"; done"#).text
      .split(separator: "\n").map(String.init)
    #expect((summary["entries"] as? [Any])?.count == names.count)
    func count(_ pattern: String) throws -> Int {
      let regex = try Regex(pattern)
      return names.count { $0.contains(regex) }
    }
    #expect(try summary["moduleCount"] as? Int == count(#"\.ko(\.(gz|xz|zst))?$"#))
    #expect(try count(#"\.ko(\.(gz|xz|zst))?$"#) > 0)
    #expect(
      try summary["busybox"] as? Bool == (count("^(usr/)?s?bin/busybox$") > 0))
    let releases = Set(
      names.compactMap { $0.firstMatch(of: #/^(?:usr/)?lib/modules/([^/]+)/#)?.output.1 })
    #expect(summary["kernelReleases"] as? [String] == releases.map(String.init).sorted())
    #expect(releases.count == (image.name == "tiny-initramfs" ? 0 : 1))
    let vendors = [("Intel", "Genuine"), ("AMD", "Authentic")].filter { vendor, start in
      names.contains("kernel/x86/microcode/\(start)\(vendor).bin")
    }
    #expect(Set(summary["microcode"] as? [String] ?? []) == Set(vendors.map(\.0)))

    // Determines the type of /init with the shell.
    let main = try #require(opened.archives.last)
    let initial = try opened.shell(
      """
      mkdir main; cd main; cpio -idm --quiet init <'\(main)'
      if [ -L init ]; then readlink init
      else case $(head -c 4 init | tr -d '\\0') in
        '#!'*) head -n 1 init ;;
        ?ELF) echo ELF ;;
      esac; fi
      """)
    #expect(summary["init"] as? String == initial.text.trimmingCharacters(in: .newlines))
  }

  @Test(arguments: RealImage.all)
  func checkHasExpectedFindingsAndDiffHasNone(image: RealImage) throws {
    let folder = try TemporaryFolder()
    let (path, kernel) = try image.files(folder)
    for arguments in [[], kernel] {
      let check = try Mkinitrd.run(["check", path, "--json"] + arguments)
      #expect(check.status == 0, "\(check.text)")
      let report = try JSONSerialization.jsonObject(with: Data(check.output)) as? [String: Any]
      let found = (report?["findings"] as? [[String: Any]] ?? []).map { finding in
        "\(finding["severity"] ?? "")[\(finding["code"] ?? "")]: \(finding["message"] ?? "")"
      }
      let expected = image.findings + (arguments.isEmpty ? image.findingsWithoutKernel : [])
      #expect(
        found.count == expected.count && zip(found, expected).allSatisfy { $0.hasPrefix($1) },
        "\(found)")
    }
    let diff = try Mkinitrd.run(["diff", path, path])
    #expect(diff.status == 0 && diff.text == "", "\(diff.text)\(diff.errors)")
  }

  @Test(arguments: RealImage.all)
  func checkReportsAnotherKernel(image: RealImage) throws {
    let folder = try TemporaryFolder()
    let (path, _) = try image.files(folder)
    let flavour = image.name == "dracut-small" ? "cloud" : "cloud-next"
    let kernel = try Checkout.kernel(of: flavour, "vmlinuz")
    let check = try Mkinitrd.run(["check", path, "--kernel-image", kernel])
    let code = image.name == "tiny-initramfs" ? "module-version" : "kernel-release"
    #expect(check.status == 1 && check.text.contains("error[\(code)]"), "\(check.text)")
  }

  // MARK: Output of cpio and list

  /// A line of `cpio -itvn` or `list -l`.
  private struct Row: Equatable {
    var mode: Substring
    var links: Substring
    var owner: [Substring]
    /// The size; for devices, the device numbers.
    var size: String
    /// The name and the target.
    var rest: String

    var isHardLink: Bool { mode.hasPrefix("-") && links != "1" }
  }

  /// Splits lines into columns.
  ///
  /// - Parameters:
  ///   - text: the lines.
  ///   - dates: the number of words of a date.
  /// - Returns: a row for each line.
  private func rows(_ text: String, dates: Int) -> [Row] {
    text.split(separator: "\n").map { line in
      let isDevice = line.hasPrefix("c") || line.hasPrefix("b")
      let words = line.split(separator: " ", maxSplits: isDevice ? 6 : 5)
      guard words.count == (isDevice ? 7 : 6) else {
        return Row(mode: line, links: "", owner: [], size: "", rest: "")
      }
      let size = isDevice ? words[4] + words[5] : words[4]
      let rest = words[words.count - 1].split(separator: " ", maxSplits: dates).last ?? ""
      return Row(
        mode: words[0], links: words[1], owner: Array(words[2...3]), size: String(size),
        rest: rest.trimmingCharacters(in: .whitespaces))
    }
  }

  /// The sets of names that share a file.
  private func hardLinks(_ opened: RealImage.Opened, _ folder: String) throws -> Set<[String]> {
    let found = try opened.shell(
      "cd \(folder); find . ! -type d -links +1 -printf '%i %P\\n' | sort")
    let lines = found.text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
    return Set(
      Dictionary(grouping: lines) { $0.first }.values.map { $0.map { String($0.last ?? "") } })
  }
}

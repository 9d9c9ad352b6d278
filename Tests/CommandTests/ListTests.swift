import Foundation
import TestSupport
import Testing

/// Compares the output of `list` with that of GNU cpio for the same archive.
@Suite struct ListTests {
  private let folder: TemporaryFolder

  /// Creates files, hard and symbolic links, a device, and names that cannot be printed directly.
  init() throws {
    folder = try TemporaryFolder()
    let result = try run(
      "bash",
      [
        "-ec",
        """
        mkdir -p t/bin t/lib/modules/6.1/kernel; cd t
        head -c 5000 /dev/zero >bin/busybox; ln bin/busybox bin/sh; ln -s busybox bin/ash
        head -c 70000 /dev/zero >lib/modules/6.1/kernel/a.ko; echo x >$'new\\nline'; echo y >$'esc\\e[2J'
        printf z >$'latin\\xe9'; printf 1 >$'e\\xcc\\x81'; printf 22 >$'\\xc3\\xa9'
        chmod 4755 bin/busybox; touch -d '2024-02-29 12:34:56 UTC' bin/busybox lib
        find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc --quiet >../a.cpio
        cd ..; mkdir u; echo later >u/later; (cd u; echo later | cpio -o -H newc --quiet | gzip) >b.gz
        cat a.cpio b.gz >image
        """,
      ], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func list(_ arguments: String...) throws -> CommandResult {
    try Mkinitrd.run(["list"] + arguments, in: folder.url)
  }

  private func lines(_ arguments: String...) throws -> [String] {
    let result = try Mkinitrd.run(["list"] + arguments, in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return result.text.split(separator: "\n").map(String.init)
  }

  @Test func namesMatchCpio() throws {
    let cpio = try run(
      "sh", ["-c", "cpio -it --quiet <a.cpio; gzip -dc b.gz | cpio -it --quiet"], in: folder.url)
    #expect(try list("image").output == cpio.output)
    let nul = try list("image", "-0").output.split(separator: 0)
    #expect(nul.count == 15)
    #expect(nul.contains { $0.elementsEqual(Array("latin".utf8) + [0xE9]) })
    #expect(nul.contains { $0.elementsEqual("new\nline".utf8) })
    // These names are equal as Swift strings and different for a kernel.
    #expect(nul.contains { $0.elementsEqual([0xC3, 0xA9]) })
    #expect(nul.contains { $0.elementsEqual([0x65, 0xCC, 0x81]) })
  }

  @Test func patternsAndSegmentsSelectEntries() throws {
    #expect(try lines("image", "--segment", "1") == ["later"])
    #expect(try lines("image", "lib/*.ko") == ["lib/modules/6.1/kernel/a.ko"])
    #expect(
      try lines("image", "bin", "later") == ["bin", "bin/ash", "bin/busybox", "bin/sh", "later"])
    for form in [[], ["-l"], ["--segment", "0"]] {
      let some = try Mkinitrd.run(["list", "image", "none*", "bin/sh", "x"] + form, in: folder.url)
      let what = form == ["--segment", "0"] ? "segment" : "image"
      #expect(some.status == 1 && some.text.contains("bin/sh"))
      #expect(
        some.errors == """
          image: error: nothing in the \(what) matches none*
          image: error: nothing in the \(what) matches x

          """)
    }
    for form in [[], ["-l"]] {
      let none = try Mkinitrd.run(["list", "image", "--segment", "2"] + form, in: folder.url)
      #expect(none.status == 1 && none.text == "")
      #expect(
        none.errors == "image: error: there is no segment 2; the last segment is 1\n",
        "\(none.errors)")
    }
    #expect(try list("image", "--segment", "-1").status == 64)
  }

  @Test func longFormHasTheColumnsOfLs() throws {
    let rows = try lines("-l", "image")
    #expect(
      rows.contains {
        $0.hasPrefix("-rwsr-xr-x  2  0  0") && $0.hasSuffix("5000  2024-02-29 12:34  bin/sh")
      },
      "\(rows)")
    #expect(
      rows.contains {
        $0.hasPrefix("-rwsr-xr-x") && $0.hasSuffix("5000  2024-02-29 12:34  bin/busybox")
      })
    #expect(rows.contains { $0.hasPrefix("lrwxrwxrwx") && $0.hasSuffix("bin/ash -> busybox") })
    #expect(rows.contains { $0.hasPrefix("drwxr-xr-x") && $0.contains("2024-02-29 12:34  lib") })
    #expect(rows.contains { $0.hasSuffix("  esc\\x1b[2J") })
    #expect(rows.contains { $0.hasSuffix("  latin\\xe9") })
  }

  @Test func printedNamesAreAccepted() throws {
    #expect(try list("-l", #"latin\xe9"#, "image").status == 1)
    #expect(try list("image", #"latin\xe9"#).output == Array("latin".utf8) + [0xE9, 0x0A])
    #expect(try list("image", #"*\xE9"#).output == Array("latin".utf8) + [0xE9, 0x0A])
    #expect(try list("-0", "image", #"new\x0a*"#).text == "new\nline\0")
    // An escaped pattern character stands for itself.
    #expect(try list("image", #"b\x2an"#).text == "")
    #expect(try Mkinitrd.run(["cat", "image", #"latin\xe9"#], in: folder.url).text == "z")
    let extracted = try Mkinitrd.run(
      ["extract", "image", "-C", "out", #"esc\x1b\x5b2J"#], in: folder.url)
    #expect(extracted.errors == "out: 1 entry, 2 bytes\n", "\(extracted.errors)")
  }

  @Test func sizesListsTheLargestFirst() throws {
    let rows = try lines("--sizes", "image")
    #expect(rows.first == "70,000  lib/modules/6.1/kernel/a.ko")
    #expect(rows.dropFirst().prefix(2) == [" 5,000  bin/busybox", " 5,000  bin/sh"])
  }

  @Test func treeShowsDirectoriesAndLinks() throws {
    let text = try list("--tree", "image", "bin", "lib").text
    #expect(
      text == """
        .
        ├── bin
        │   ├── ash -> busybox
        │   ├── busybox
        │   └── sh
        └── lib
            └── modules
                └── 6.1
                    └── kernel
                        └── a.ko

        """)
  }

  @Test func treeAddsMissingParentsAndShowsTheLastOfEqualPaths() throws {
    let script = """
      mkdir -p o/a/c o/a.b; cd o; echo x >a/c/x; ln -s one a/l; echo a/l | cpio -o -H newc --quiet >../i
      ln -sf two a/l; printf './a/c/x\n./a/l\na.b\na\n' | cpio -o -H newc --quiet >>../i
      """
    #expect(try run("bash", ["-ec", script], in: folder.url).status == 0)
    #expect(
      try list("--tree", "i").text == """
        .
        ├── a
        │   ├── c
        │   │   └── x
        │   └── l -> two
        └── a.b

        """)
  }

  @Test func memoryForEntriesIsLimited() throws {
    let script = """
      mkdir m; cd m; seq 2000 | while read -r name; do : >$name; done
      ls | cpio -o -H newc --quiet >../i
      """
    #expect(try run("bash", ["-ec", script], in: folder.url).status == 0)
    #expect(try lines("--memory", "256KiB", "i").count == 2000)
    #expect(try lines("--memory", "1MiB", "-l", "i").count == 2000)
    for form in ["-l", "--tree", "--sizes", "--json"] {
      let result = try list("--memory", "256KiB", form, "i")
      #expect(result.status == 1)
      #expect(result.errors.contains("more than 262144 bytes of memory"), "\(result.errors)")
    }
    for command in [["check"], ["extract", "-C", "out"], ["diff", "i"]] {
      let result = try Mkinitrd.run(command + ["--memory", "256KiB", "i"], in: folder.url)
      #expect(result.status != 0)
      #expect((result.text + result.errors).contains("262144 bytes of memory"), "\(command)")
    }
  }

  @Test func jsonKeepsEveryByteOfAName() throws {
    let result = try list("--json", "image")
    let object = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    let entries = try #require(object?["entries"] as? [[String: Any]])
    let paths = entries.compactMap { $0["path"] as? String }
    for path in ["/latin\\xe9", "/new\\x0aline", "/bin/sh"] {
      #expect(paths.contains(path), "\(path)")
    }
    // The two names are equal as Swift strings, so their bytes are compared.
    #expect(
      Set(paths.map { Array($0.utf8) }).isSuperset(
        of: [[0x2F, 0xC3, 0xA9], [0x2F, 0x65, 0xCC, 0x81]]))
    let shell = try #require(entries.first { $0["path"] as? String == "/bin/sh" })
    #expect(shell["bytes"] as? Int == 5000 && shell["links"] as? Int == 2)
    #expect(shell["mode"] as? String == "4755" && shell["type"] as? String == "file")
  }

  @Test func closedPipeIsNotAnError() throws {
    let result = try run(
      "bash",
      [
        "-c",
        "set -o pipefail; '\(Mkinitrd.path)' inspect image | head -1; '\(Mkinitrd.path)' list -l image | head -1",
      ],
      in: folder.url)
    #expect(result.errors == "")
  }

  @Test func maxUnpackedEndsTheListing() throws {
    let bomb = try run(
      "sh",
      [
        "-c",
        "head -c 60000000 /dev/zero >t/big; cd t; echo big | cpio -o -H newc --quiet | gzip >../bomb",
      ],
      in: folder.url)
    #expect(bomb.status == 0)
    #expect(try list("bomb").text == "big\n")
    let limited = try list("bomb", "--max-unpacked", "10MiB")
    #expect(limited.status == 1 && limited.text == "big\n")
    #expect(limited.errors.contains("more than 10485760 bytes uncompressed"), "\(limited.errors)")
    #expect(try list("bomb", "--memory", "x").status == 64)
  }

  @Test(arguments: ["list", "cat", "extract", "check", "inspect", "diff"])
  func limitsApplyToEveryCommand(command: String) throws {
    let made = try run(
      "bash",
      [
        "-ec",
        """
        head -c 6000000 /dev/zero >t/big; cd t; pack() { echo $1 | cpio -o -H newc --quiet; }
        (pack big | gzip; pack big | gzip) >../bomb; pack bin/ash | xz --check=crc32 --lzma2=dict=64MiB >../window
        """,
      ], in: folder.url)
    #expect(made.status == 0, "\(made.errors)")
    let further = ["cat": ["big"], "extract": ["--overwrite", "-C", "out"], "diff": ["a.cpio"]]
    func errors(_ image: String, _ limit: String...) throws -> String {
      let result = try Mkinitrd.run(
        [command, image] + further[command, default: []] + limit, in: folder.url)
      #expect(result.status != 0)
      return result.text + result.errors
    }
    // Each of the two segments alone is below the limit.
    let message = "more than 10485760 bytes uncompressed"
    #expect(try errors("bomb", "--max-unpacked", "10MiB").contains(message))
    #expect(try errors("window", "--memory", "32MiB").contains("over the limit of 33554432"))
    #expect(try errors("bomb", "--memory", "x").contains("expected a size such as 64MiB"))
  }
}

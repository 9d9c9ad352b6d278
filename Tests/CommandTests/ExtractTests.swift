import Foundation
import TestSupport
import Testing

/// Compares `extract` with GNU cpio and the kernel, and tests it with hostile images.
@Suite struct ExtractTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("canary/file", "untouched", mode: 0o640)
    try folder.write("canary/deep/er", "untouched")
  }

  /// All files except the extracted ones.
  private func surroundings() throws -> [String] {
    try listing(folder.url.path, "%n %T@").filter { !$0.hasPrefix("out") && !$0.hasPrefix("image") }
  }

  private func image(_ build: (inout RawArchive) -> Void) throws -> String {
    var archive = RawArchive()
    build(&archive)
    archive.end()
    return try folder.write("image", archive.bytes)
  }

  private func extract(_ image: String, _ arguments: [String] = []) throws -> CommandResult {
    try Mkinitrd.run(["extract", image, "-C", "out"] + arguments, in: folder.url)
  }

  // MARK: Compared with cpio and the kernel

  @Test(arguments: ["none", "gzip", "xz", "zstd"])
  func extractedTreeMatchesCpio(compression: String) throws {
    try folder.write("root/one", [UInt8](repeating: 7, count: 300_000), mode: 0o755)
    try FileManager.default.linkItem(at: folder / "root/one", to: folder / "root/two")
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "partial": true, "kernel": null, "arch": "x86_64", "sysroot": "root",
        "init": { "template": "none" },
        "files": [{ "source": "/one", "dest": "/a/one" }, { "source": "/two", "dest": "/b/two" },
                  { "content": "", "dest": "/a/empty", "mode": "0400" },
                  { "content": "x", "dest": "/set/id", "mode": "4711", "uid": 3, "gid": 4 }],
        "directories": [{ "path": "/tmp", "mode": "1777" }, { "path": "/set", "mode": "2750" }],
        "symlinks": { "/link": "a/one", "/dangling": "/no/where" },
        "nodes": [{ "path": "/n/socket", "type": "socket" }, { "path": "/n/fifo", "type": "fifo" }],
        "compression": "\(compression)" }
      """)
    let built = try Mkinitrd.run(
      ["build", folder.path("manifest.json"), "-o", "image"], in: folder.url)
    #expect(built.status == 0, "\(built.errors)")
    var archive = try Data(contentsOf: folder / "image")
    if compression != "none" {
      archive = Data(try run(compression, ["-dc"], input: archive).output)
    }
    try FileManager.default.createDirectory(at: folder / "cpio", withIntermediateDirectories: true)
    _ = try run("cpio", ["-idm", "--quiet"], in: folder / "cpio", input: archive)
    // Only root can create devices and change owners; this is true for cpio too.
    let isRoot = geteuid() == 0
    let result = try extract("image", isRoot ? ["--preserve"] : ["--devices", "--set-id"])
    #expect(result.status == (isRoot ? 0 : 1), "\(result.errors)")
    // cpio does not restore the times of directories and links.
    let details = "%n %U %G"
    #expect(try listing(folder.path("out"), details) == listing(folder.path("cpio"), details))
    #expect(try listing(folder.path("out"), "").contains { $0.hasPrefix("set/id f 4711 1 ") })
    let times = ["-type", "f", "-printf", "%P %T@\\n"]
    #expect(
      try run("find", [folder.path("out")] + times).text.split(separator: "\n").sorted()
        == run("find", [folder.path("cpio")] + times).text.split(separator: "\n").sorted())
  }

  /// Pseudorandom entries with a fixed seed: repeated names, links to links, hard links to replaced entries.
  private struct Disorder {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }

    mutating func one(of choices: [String]) -> String { choices[below(choices.count)] }

    mutating func path() -> String {
      let name = one(of: ["a", "b", "d", "l", "m", "e"])
      switch below(20) {
      case 0...8: return name
      case 9...15: return one(of: ["d/", "l/", "m/", "e/", "d/e/", "l/e/", "d/l/"]) + name
      case 16: return name + "/"
      case 17: return "d/../" + name
      case 18: return one(of: [".", "d/.", "l/..", "l/", "d/e/..", "d//e"])
      default: return "./" + name
      }
    }

    mutating func add(_ folder: String, to archive: inout RawArchive) {
      let path = folder + "/" + path()
      let (links, inode) = (UInt32(1 + below(2)), UInt32(below(3)))
      let time = UInt32(100 + below(900))
      switch below(20) {
      case 0...7:
        archive.add(
          path, String(repeating: "x", count: below(3) * below(9)),
          mode: UInt32([0o644, 0o4755, 0, 0o2711][below(4)]), links: links, inode: inode, time: time
        )
      case 8...12:
        archive.add(
          path, .directory, mode: UInt32([0o755, 0o1777, 0, 0o2700][below(4)]), time: time)
      case 13...17:
        let target = one(of: [
          "a", "d", ".", "l", "m", "e", "../\(folder)/d", "/\(folder)/e", "nothing", "d/e", "l/e",
          "d/",
          "../../../\(folder)/b", "e\0junk",
        ])
        archive.add(path, .symlink, target, mode: 0o777, links: links, inode: inode, time: time)
      case 18: archive.add(path, .socket, mode: 0o640, links: links, inode: inode, time: time)
      default: if below(2) == 0 { archive.end() } else { archive.add(path, .unknown, time: time) }
      }
    }
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"), arguments: [1, 2])
  func extractedTreeMatchesKernel(seed: UInt64) throws {
    var disorder = Disorder(seed: seed)
    let treeInit = Array(try Data(contentsOf: URL(fileURLWithPath: Boot.treeInit)))
    let image = try image {
      $0.add(".", .directory, mode: 0o755)
      $0.add("init", treeInit, mode: 0o755)
      for number in 0..<120 {
        $0.add("c\(number)", .directory, mode: 0o755)
        for _ in 0..<(4 + disorder.below(10)) { disorder.add("c\(number)", to: &$0) }
      }
    }
    let result = try extract(image, ["--devices", "--set-id"])
    #expect(result.status == 0, "\(result.errors)")
    let unpacked = try Boot.unpack(image)
    #expect(!unpacked.console.contains("nitramfs unpacking failed"), "\(unpacked.console)")
    let extracted = try run(Boot.treeInit, [folder.path("out")]).text.split(separator: "\n")
    func comparable(_ lines: [String]) -> [String] {
      lines.filter { $0.first == "c" || $0.hasPrefix("init") }.map { line in
        // The extracted files belong to the test's user. A file without a time in the image has the current
        // time.
        line.split(separator: " ").enumerated().filter { !(3...4).contains($0.offset) }
          .map { $0.offset == 8 && $0.element.count > 9 ? "now" : String($0.element) }
          .joined(separator: " ")
      }
    }
    let expected = comparable(unpacked.tree)
    #expect(expected.count > 400)
    #expect(comparable(extracted.map(String.init)) == expected)
  }

  // MARK: Hostile images

  @Test func nothingOutsideTheDirectoryIsTouched() throws {
    let before = try surroundings()
    let image = try image {
      $0.add("../up", "x")
      $0.add("../canary/file", "x")
      $0.add(folder.path("canary/file"), "x")
      $0.add("/absolute", "x")
      // Writing through a link with a relative target and one with an absolute target.
      $0.add("relative", .symlink, "../canary")
      $0.add("relative/file", "x")
      $0.add("full", .symlink, folder.path("canary"))
      $0.add("full/file", "x")
      $0.add("full/deep", .directory, mode: 0o700)
      // A directory that is later replaced by a link.
      $0.add("turns", .directory, mode: 0o755)
      $0.add("turns", .symlink, "../canary")
      $0.add("turns/file", "x")
      $0.add("turns/deep/er", "x")
      // A mode for a directory that is a link, and a file that replaces a link.
      $0.add("relative/", .directory, mode: 0o777)
      $0.add("over", .symlink, "../canary/file")
      $0.add("over", "x")
      // Hard links to a name that became a link to the outside.
      $0.add("hard", "x", links: 2, inode: 1)
      $0.add("hard", .symlink, "../canary/file")
      $0.add("hard too", "xx", links: 2, inode: 1)
      $0.add("last", "still extracted")
    }
    for round in [[], ["--overwrite"], ["--overwrite", "--segments"], ["--overwrite", "*"]] {
      let result = try extract(image, round)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try surroundings() == before, "\(round)")
      let file = folder / "out/\(round.contains("--segments") ? "0/" : "")last"
      #expect(try String(contentsOf: file, encoding: .utf8) == "still extracted")
    }
    let extracted = try listing(folder.path("out"))
    for line in [
      "up f 644 1 ", "absolute f 644 1 ", "over f 644 1 ", "hard l 777 2 ../canary/file",
    ] {
      #expect(extracted.contains { $0.hasPrefix(line) }, "\(line) in \(extracted)")
    }
  }

  @Test(arguments: [[], ["*"]])
  func existingEntriesAreReplacedAndNotFollowed(patterns: [String]) throws {
    let image = try image {
      for name in ["fifo", "link", "hard", "socket"] { $0.add(name, "from the image") }
      for name in ["pipe", "turned", "kept"] {
        $0.add(name, .directory, mode: 0o755)
        $0.add(name + "/file", "from the image")
      }
      $0.add("full", "a file where a folder is")
      $0.add("hollow", "a file where an empty folder is")
      $0.add("points", .symlink, "link")
    }
    let seed = """
      mkdir -p out/full/of out/hollow out/kept; mkfifo out/fifo out/pipe; ln -s ../canary/file out/link
      ln canary/file out/hard; ln -s ../canary out/turned; ln -s ../canary/file out/points
      echo mine >out/kept/mine; ln -s ../../canary/file out/kept/file
      """
    #expect(try run("sh", ["-ec", seed], in: folder.url).status == 0)
    let before = try surroundings().map { $0.replacing("640 9 2 ", with: "640 9 1 ") }
    let refused = try extract(image)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("the directory is not empty"), "\(refused.errors)")
    let result = try extract(image, ["--overwrite"] + patterns)
    #expect(result.status == 1)
    #expect(result.errors.contains("can't extract full: "), "\(result.errors)")
    #expect(try surroundings() == before)
    for name in ["fifo", "link", "hard", "socket", "pipe/file", "turned/file", "kept/file"] {
      #expect(
        try String(contentsOf: folder / "out/\(name)", encoding: .utf8) == "from the image",
        "\(name)")
    }
    let extracted = try listing(folder.path("out"))
    for line in ["kept/mine f ", "full/of d ", "hollow f ", "turned d ", "points l 777 1 link"] {
      #expect(extracted.contains { $0.hasPrefix(line) }, "\(line) in \(extracted)")
    }
    #expect(!extracted.contains { $0.hasPrefix(".mkinitrd") }, "the folder in between is gone")
  }

  @Test func devicesAndSetIDBitsNeedOptions() throws {
    let image = try image {
      $0.add("console", .characterDevice, mode: 0o600)
      $0.add("fifo", .fifo, links: 2, inode: 4)
      $0.add("fifo too", .fifo, links: 2, inode: 4)
      $0.add("tool", "x", mode: 0o4755)
      $0.add("owned", "x", owner: 7)
    }
    let plain = try extract(image)
    #expect(plain.status == 0)
    #expect(
      plain.errors.contains("Skipped 3 devices, fifos or sockets (use --devices)"),
      "\(plain.errors)")
    #expect(plain.errors.contains("Cleared 1 set-id bit (use --set-id)"))
    let owner = "\(geteuid())"
    #expect(
      try listing(folder.path("out"), "%U").map { $0.split(separator: " ").prefix(5).last } == [
        Substring(owner), Substring(owner),
      ])
    // Without the capability, the device is reported and everything else is extracted.
    let arguments = ["extract", image, "-C", "out", "--overwrite", "--devices", "--set-id"]
    let result = try run(
      "setpriv", ["--bounding-set=-mknod", "--inh-caps=-mknod", Mkinitrd.path] + arguments,
      in: folder.url)
    #expect(result.status == 1)
    #expect(
      result.errors.contains("can't extract console: can't create a device"), "\(result.errors)")
    let extracted = try listing(folder.path("out"))
    for line in ["fifo p 644 2", "fifo too p 644 2", "tool f 4755 1 ", "owned f 644 "] {
      #expect(extracted.contains { $0.hasPrefix(line) }, "\(line) in \(extracted)")
    }
  }

  @Test func falseSizesAreReported() throws {
    let image = try image {
      $0.add("good", "x")
      $0.add("huge", "a few bytes", claiming: .max)
    }
    let result = try extract(image)
    #expect(result.status == 1)
    // As in the kernel, the missing bytes are NULs; as a hole they need no space on disk.
    #expect(
      result.errors.contains(
        "incomplete file huge: 4294967159 bytes at its end are not in the image"),
      "\(result.errors)")
    #expect(result.errors.contains("the image ends inside of an entry"), "\(result.errors)")
    #expect(try listing(folder.path("out")).map { $0.prefix(6) } == ["good f", "huge f"])
    let used = try run(
      "sh", ["-c", "stat -c %s out/huge; du -k out/huge | cut -f1; head -c 12 out/huge"],
      in: folder.url)
    let lines = used.text.split(separator: "\n", maxSplits: 2)
    #expect(
      lines[0] == "4294967295" && Int(lines[1]) ?? 99 < 99 && lines[2].hasPrefix("a few bytes"),
      "\(used.text)")
  }

  @Test func jsonReportHasCountsAndRemarks() throws {
    let image = try image {
      $0.add("gone/\u{1B}x", "x")
      $0.add("pipe", .fifo)
      $0.add("cut", "a few", claiming: 1000)
    }
    let result = try extract(image, ["--json"])
    #expect(
      result.status == 1 && result.errors.contains(": error: the image ends"), "\(result.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    for (name, count) in [
      ("entryCount", 1), ("bytes", 1000), ("droppedCount", 1), ("incompleteCount", 1),
      ("refusedCount", 0), ("skippedCount", 1),
    ] { #expect(object[name] as? Int == count, "\(name)") }
    let remarks = object["remarks"] as? [[String: String]] ?? []
    #expect(remarks.compactMap { $0["path"] }.sorted() == ["/cut", #"/gone/\x1bx"#, "/pipe"])
  }

  @Test func messagesEscapeControlCharacters() throws {
    let image = try image { $0.add("gone/\u{1B}[2J\n\u{202E}", "x") }
    let result = try extract(image)
    #expect(
      result.errors.contains(#"the kernel drops gone/\x1b[2J\x0a\xe2\x80\xae: "#),
      "\(result.errors)")
  }

  @Test func tooDeepDirectoriesAreNotExtracted() throws {
    let image = try image {
      var path = ""
      for _ in 0..<600 {
        path += (path.isEmpty ? "" : "/") + "d"
        $0.add(path, .directory, mode: 0o755)
      }
      $0.add("last", "x")
    }
    let result = try extract(image)
    #expect(result.status == 1)
    #expect(
      result.errors.contains("more than 512 directories deep, with everything in it"),
      "\(result.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path("out/last")))
  }

  // MARK: Errors and cat

  @Test(arguments: [
    (["extract", "nothing.img"], "can't open"),
    (["extract", "notes", "-C", "new"], "not an initramfs: this is text"),
    (["extract", "image", "-C", "no/where"], "can't create the directory"),
    (["extract", "image", "-C", "notes"], "not a directory"),
    (["extract", "image"], "is not empty"),
    (
      ["extract", "image", "-C", "out", "fiel"],
      "nothing in the image matches fiel; did you mean file?"
    ),
    (["cat", "image", "fiel"], "no file fiel in the image; did you mean file?"),
    (["cat", "image", "gone"], "no file gone in the image"),
    (["cat", "notes", "x"], "this is text"),
  ])
  func impossibleRequestsAreErrors(arguments: [String], message: String) throws {
    _ = try image { $0.add("file", "x") }
    try folder.write("notes", "no image\n")
    let before = try listing(folder.url.path)
    let result = try Mkinitrd.run(arguments, in: folder.url)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try listing(folder.url.path) == before)
  }

  @Test func catPrintsTheLastContentOfAFile() throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let image = try image {
      $0.add("file", "old")
      $0.add("file", bytes)
    }
    for codec in ["cat", "gzip", "zstd"] {
      let packed = try run(codec, codec == "cat" ? [image] : ["-c", image]).output
      try folder.write("packed", packed)
      #expect(
        try Mkinitrd.run(["cat", "packed", "/file"], in: folder.url).output == bytes, "\(codec)")
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// Applies the kernel's rules to images, in memory and in a directory.
@Suite struct ExtractionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func image(_ build: (inout RawArchive) -> Void) throws -> String {
    var archive = RawArchive()
    build(&archive)
    archive.end()
    return try folder.write("image", archive.bytes)
  }

  private func cat(_ path: String, in image: String) throws(InitrdError) -> String {
    var content: [UInt8] = []
    try FileContent(image).read(path.utf8) { (piece: Span<UInt8>) throws(InitrdError) in
      for index in piece.indices { content.append(piece[index]) }
    }
    return String(decoding: content, as: UTF8.self)
  }

  // MARK: One file

  @Test(arguments: [
    ("first", "one"), ("last", "two"), ("both", "second"), ("one more", "two"), ("twice", "new"),
    ("emptied", ""), ("usr/bin/sh", "shell"), ("bin/sh", "shell"), ("/sh", "shell"),
    ("../usr//bin/./sh", "shell"), ("up/bin/sh", "shell"), ("plain", "behind"),
    ("alone", "not linked across a trailer"),
  ])
  func lastEntryIsReadAndLinksAreFollowed(path: String, content: String) throws {
    let image = try image {
      $0.add("first", "one", links: 2, inode: 1)
      $0.add("first too", links: 2, inode: 1)
      $0.add("last", links: 3, inode: 2)
      $0.add("one more", links: 3, inode: 2)
      $0.add("last too", "two", links: 3, inode: 2)
      $0.add("both", "first", links: 2, inode: 3)
      $0.add("both too", "second", links: 2, inode: 3)
      $0.add("twice", "old and longer")
      $0.add("emptied", "full")
      $0.add("plain", .symlink, "usr")
      for path in ["usr", "usr/bin"] { $0.add(path, .directory, mode: 0o755) }
      $0.add("bin", .symlink, "/usr/bin")
      $0.add("sh", .symlink, "bin/../bin/sh")
      $0.add("up", .symlink, "../../usr")
      $0.end()
      $0.add("bin/sh", "shell")
      $0.add("twice", "new")
      $0.add("emptied", "")
      $0.add("plain", "behind")
      $0.add("alone", "not linked across a trailer", links: 2, inode: 2)
    }
    #expect(try cat(path, in: image) == content)
  }

  @Test(arguments: [
    ("etc/fstba", "did you mean etc/fstab?"), ("ect/fstab", "did you mean etc?"),
    ("etc", "is a directory in the image"), ("loop", "more than 40 symbolic links"),
    ("null", "is not a regular file in the image"),
    ("gone/x", "the kernel drops gone/x: its directory does not"),
    ("etc/fstab/x", "no file etc/fstab/x"), ("", "no file"), ("dangling", "no file dangling"),
  ])
  func pathThatIsNotAFileIsAnError(path: String, message: String) throws {
    let image = try image {
      $0.add("etc", .directory, mode: 0o755)
      $0.add("etc/fstab", "x")
      $0.add("loop", .symlink, "loop")
      $0.add("dangling", .symlink, "nowhere at all")
      $0.add("null", .socket)
      $0.add("gone/x", "x")
    }
    let error = try #require(throws: InitrdError.self) { try cat(path, in: image) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func truncatedImageGivesItsCompleteFiles() throws {
    let image = try image { $0.add("whole", "content") }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: image))
    try folder.write("image", bytes + Data("0707".utf8))
    var content: [UInt8] = []
    #expect(throws: InitrdError.self) {
      try FileContent(image).read("whole".utf8) { (piece: Span<UInt8>) throws(InitrdError) in
        for index in piece.indices { content.append(piece[index]) }
      }
    }
    #expect(content == Array("content".utf8))
  }

  /// A short path can lead through 40 links of 4,095 bytes each.
  @Test func pathResolutionHasAStepLimit() throws {
    let image = try image {
      $0.add("d", .directory, mode: 0o755)
      $0.add("l0", .symlink, "d")
      for number in 1..<40 {
        $0.add(
          "l\(number)", .symlink,
          String(repeating: "d/../", count: 800) + "l\(number - 1)", mode: 0o777)
      }
      for number in 0..<10 { $0.add("l39/\(number)", "x") }
    }
    func failure(maxSteps: Int) throws -> InitrdError? {
      var reader = try ImageReader(image)
      var builder = TreeBuilder(.init(), maxSteps: maxSteps)
      return try reader.build(&builder)
    }
    #expect(try failure(maxSteps: 300_000)?.code == .limit)
    #expect(try failure(maxSteps: 3_000_000) == nil)
  }

  /// Missing parents are created for a single segment. Each of the 2,000 directories of a path takes memory.
  @Test func memoryForAddedParentsIsLimited() throws {
    let image = try image {
      for number in 0..<20 {
        $0.add("\(number)/" + String(repeating: "d/", count: 2000) + "x", "x")
      }
    }
    var reader = try ImageReader(image)
    var builder = TreeBuilder(ReadLimits(memory: 4 << 20), perSegment: true)
    #expect(try reader.build(&builder)?.code == .limit)
    #expect(builder.number < 10)
    var whole = TreeBuilder(ReadLimits(memory: 4 << 20))
    #expect(try reader.build(&whole) == nil)
  }

  @Test func patternSelectsEverythingBelowADirectory() {
    var state: UInt32 = 7
    func text(_ letters: [UInt8], _ length: Int) -> [UInt8] {
      (0..<length).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return letters[Int(state >> 16) % letters.count]
      }
    }
    var selected = 0
    for round in 0..<20_000 {
      let glob = Glob(text(Array("aab/*?".utf8), round % 6))
      let path = text(Array("aab/".utf8), 1 + round % 9)
      let folders = path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { path[..<$0] }
      let expected = (folders + [path[...]]).contains { glob.matches($0) }
      #expect(glob.matches(path, orFolderAbove: true) == expected)
      selected += expected ? 1 : 0
    }
    #expect(selected > 1000)
  }

  // MARK: The tree

  /// Entries that a kernel drops, with the reasons.
  @Test func entriesThatTheKernelDropsAreReported() throws {
    let image = try image {
      $0.add("no/folder", "x")
      $0.add("full", .directory, mode: 0o755)
      $0.add("full/x", "x")
      $0.add("full", "a file over a folder")
      $0.add("slash/", "x")
      $0.add("", "x")
      $0.add("typeless", .unknown)
      $0.add("pipe", .fifo, "data")
      $0.add("full/x/below", "x")
      $0.add(String(repeating: "n", count: 256), "x")
      $0.add("target", .symlink, String(repeating: "t", count: 4097))
      $0.add("dir/a", links: 2, inode: 7)
      $0.add("b", "lost with a", links: 2, inode: 7)
    }
    let report = try Extraction(image, into: folder.path("out")).run()
    #expect(report.counts == [.dropped: 11])
    #expect(
      report.remarks.map { printable($0.path.prefix(12)) + ": " + $0.reason } == [
        "no/folder: its directory does not exist",
        "full: it can't replace the existing file or directory",
        "slash/: its name ends with a slash, but it is not a directory", ": its name is empty",
        "typeless: the kernel does not know its type",
        "pipe: it has data, but is neither a file nor a symbolic link",
        "full/x/below: a part of its path is not a directory",
        "nnnnnnnnnnnn: its path has a name of more than 255 bytes",
        "target: its target has more than 4095 bytes",
        "dir/a: its directory does not exist",
        "b: the file for its hard link does not exist",
      ])
    #expect(try listing(folder.path("out")).map { $0.prefix { $0 != " " } } == ["full", "full/x"])
    #expect(report.entries == 2 && report.bytes == 1)
  }

  @Test func directoryDevExistsWithoutAnEntry() throws {
    let image = try image { $0.add("dev/x", "x") }
    let report = try Extraction(image, into: folder.path("out")).run()
    #expect(report.remarks == [])
    #expect(try listing(folder.path("out"), "").map { $0.prefix(9) } == ["dev d 755", "dev/x f 6"])
  }

  @Test func modesTimesAndSetIDBitsAreExtracted() throws {
    let image = try image {
      $0.add(".", .directory, mode: 0o750, time: 5)
      $0.add("shut", .directory, mode: 0o2500, time: 7)
      $0.add("shut/in", .directory, mode: 0, time: 8)
      $0.add("shut/in/tool", "x", mode: 0o6755, time: 1 << 31)
      $0.add("tmp", .directory, mode: 0o1777, time: 6)
      $0.add("link", .symlink, "shut", mode: 0o777, time: 9)
    }
    var extraction = Extraction(image, into: folder.path("out"))
    #expect(try extraction.run().setIDCleared == 2)
    func modes(_ folder: String) throws -> [String] {
      try run("find", [folder, "-printf", "%P %m %T@\n"]).text.replacing(".0000000000", with: "")
        .split(separator: "\n").map(String.init).sorted()
    }
    #expect(
      try modes(extraction.folder) == [
        " 750 5", "link 777 9", "shut 500 7", "shut/in 0 8", "shut/in/tool 755 2147483648",
        "tmp 1777 6",
      ])
    extraction.folder = folder.path("whole")
    extraction.setsIDBits = true
    _ = try extraction.run()
    #expect(
      try modes(extraction.folder).filter { $0.hasPrefix("shut") } == [
        "shut 2500 7", "shut/in 0 8", "shut/in/tool 6755 2147483648",
      ])
    _ = try run("chmod", ["-R", "u+rwx", extraction.folder, folder.path("out")])
  }

  // MARK: Selections

  @Test(
    arguments: [
      (["etc/*"], ["etc", "etc/a", "etc/deep", "etc/deep/b"]), (["/etc/a"], ["etc", "etc/a"]),
      (["./etc/deep/"], ["etc", "etc/deep", "etc/deep/b"]), (["*.ko"], ["lib", "lib/x.ko"]),
      (["second"], ["second"]), (["first"], ["first"]), (["etc/[ab]"], ["etc", "etc/a"]),
      (["lib", "first"], ["first", "lib", "lib/x.ko"]), (["never", "lib"], nil),
      (["bin/x.ko"], nil),
    ] as [([String], [String]?)])
  func patternsSelectParentsAndHardLinkedData(patterns: [String], expected: [String]?) throws {
    let image = try image {
      for path in ["etc", "etc/deep", "lib"] { $0.add(path, .directory, mode: 0o755) }
      $0.add("etc/a", "a")
      $0.add("etc/deep/b", "b")
      $0.add("lib/x.ko", "module")
      $0.add("bin", .symlink, "lib")
      $0.add("first", links: 2, inode: 1)
      $0.add("second", "of both", links: 2, inode: 1)
    }
    var extraction = Extraction(image, into: folder.path("out"))
    extraction.patterns = patterns.map { Array($0.utf8) }
    guard let expected else {
      let error = try #require(throws: InitrdError.self) { try extraction.run() }
      #expect(error.message.hasPrefix("nothing in the image matches"))
      #expect(
        error.remedy
          == (patterns == ["bin/x.ko"] ? "its path without symbolic links is lib/x.ko" : nil))
      #expect(!FileManager.default.fileExists(atPath: folder.path("out")), "nothing was begun")
      return
    }
    #expect(try extraction.run().entries == expected.count)
    let lines = try listing(folder.path("out"))
    #expect(lines.map { String($0.prefix { $0 != " " }) } == expected)
    for line in lines where line.hasPrefix("first") || line.hasPrefix("second") {
      #expect(line.contains(" f 644 7 1 "), "\(line)")
    }
  }

  @Test func segmentsAreExtractedSeparately() throws {
    let image = try image {
      $0.add("etc", .directory, mode: 0o755)
      $0.add("etc/a", "old")
      $0.end()
      $0.add("etc/a", "new")
    }
    var extraction = Extraction(image, into: folder.path("out"))
    extraction.perSegment = true
    #expect(try extraction.run().entries == 4)
    #expect(
      try listing(folder.path("out")).map { $0.prefix { $0 != " " } } == [
        "0", "0/etc", "0/etc/a", "1", "1/etc", "1/etc/a",
      ])
    for (segment, content) in ["old", "new"].enumerated() {
      #expect(
        try String(contentsOf: folder / "out/\(segment)/etc/a", encoding: .utf8) == content)
    }
  }

  // MARK: Names

  @Test func namesOfAnyBytesAreExtracted() throws {
    let names: [[UInt8]] = [
      Array("\u{E9}".utf8), Array("e\u{301}".utf8), [0xFF, 0xFE], [0xFF], [0xC3],
      [0x1B, 0x5B, 0x32],
      Array("a\nb".utf8), Array("\u{202E}x".utf8), [0x5C], Array(" ".utf8), Array("-rf".utf8),
      Array("\u{212B}".utf8), Array("\u{C5}".utf8), Array(".mkinitrd-extract-1".utf8),
    ]
    let image = try image {
      for (number, name) in names.enumerated() { $0.add(name, "\(number)") }
    }
    let report = try Extraction(image, into: folder.path("out")).run()
    #expect(report.entries == names.count, "\(report.remarks)")
    let found = try run("find", [".", "-type", "f", "-printf", "%P\\0"], in: folder / "out").output
    #expect(Set(found.split(separator: 0).map(Array.init)) == Set(names))
    for (number, name) in names.enumerated() {
      var content: [UInt8] = []
      try FileContent(image).read(name) { (piece: Span<UInt8>) throws(InitrdError) in
        for index in piece.indices { content.append(piece[index]) }
      }
      #expect(content == Array("\(number)".utf8))
    }
  }
}

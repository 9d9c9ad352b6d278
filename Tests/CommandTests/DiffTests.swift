import Foundation
import TestSupport
import Testing

/// Tests of the command `diff`.
@Suite struct DiffTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try make("a", "")
  }

  /// Makes an image of a small tree after the script `change` has run in it.
  private func make(_ name: String, _ change: String, codec: String = "cat") throws {
    let result = try run(
      "bash",
      [
        "-ec",
        """
        rm -rf t; mkdir -p t/bin t/etc; cd t
        echo one >bin/one; ln bin/one bin/two; echo text >etc/text; ln -s text etc/link; mkfifo fifo
        \(change)
        find . -mindepth 1 -exec touch -h -d @1000 {} +
        find . -mindepth 1 -print0 | LC_ALL=C sort -z ${SORT:-} | cpio -0 -o -H newc --quiet --reproducible | \(codec) >../\(name)
        """,
      ], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func diff(_ arguments: String...) throws -> CommandResult {
    try Mkinitrd.run(["diff"] + arguments, in: folder.url)
  }

  @Test func equalImagesHaveNoDifferences() throws {
    try make("b", "")
    let result = try diff("a", "b")
    #expect(result.status == 0 && result.text == "" && result.errors == "")
  }

  @Test(arguments: [
    ("echo new >etc/new", "+ etc/new (4 bytes)"), ("rm etc/text", "- etc/text (5 bytes)"),
    ("echo more >>etc/text", "~ etc/text: content, size 5 → 10"),
    ("echo tex7 >etc/text", "~ etc/text: content\n"),
    ("chmod 600 etc/text", "~ etc/text: mode 0644 → 0600"),
    (
      "rm etc/text; mkdir etc/text",
      "~ etc/text: type file → directory, content, size 5 → 0, mode 0644 → 0755"
    ),
    ("ln -sf other etc/link", "~ etc/link: content text → other, size 4 → 5"),
    ("rm bin/two; echo one >bin/two", "~ bin/one: links 2 → 1\n"),
    ("chown 5:6 fifo", "~ fifo: owner 0:0 → 5:6"),
  ])
  func changedEntryIsReported(change: String, line: String) throws {
    guard getuid() == 0 || !change.contains("chown") else { return }
    try make("b", change)
    let result = try diff("a", "b")
    #expect(result.status == 1)
    #expect((result.text + "\n").contains(line), "\(result.text)")
    let json = try diff("a", "b", "--json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
    #expect(object?["equal"] as? Bool == false && json.status == 1)
  }

  @Test func segmentsAndOrderAreCompared() throws {
    try make("b", "", codec: "gzip -n")
    let packed = try diff("a", "b")
    #expect(packed.status == 1 && packed.text.contains("segments of b: gzip"), "\(packed.text)")
    #expect(!packed.text.contains("~"))
    try make("c", "SORT=-r; rmdir etc 2>/dev/null || true")
    let script =
      "cd t; printf 'etc\\nbin\\n' >../order; find . -mindepth 1 | sort | grep -v '^./[eb][a-z]*$' | sed 's,^./,,' >>../order; cpio -o -H newc --quiet --reproducible <../order >../c"
    _ = try run("sh", ["-ec", script], in: folder.url)
    let reordered = try diff("a", "c")
    #expect(
      reordered.status == 1 && reordered.text.contains("order: the first entry"),
      "\(reordered.text)")
  }

  @Test func errorsAreStatus2() throws {
    #expect(try diff("a", "gone").status == 2)
    try folder.write("junk", "no image")
    let result = try diff("a", "junk")
    #expect(result.status == 2 && result.errors.contains("junk: byte 0"), "\(result.errors)")
  }

  /// A symbolic link allows directories below a directory whose path already has the maximum length.
  @Test func overlongPathsAreRefused() throws {
    let name = String(repeating: "n", count: 250)
    var archive = RawArchive()
    for start in ["", "m/"] {
      var path = start + name
      for _ in 0..<15 {
        archive.add(path, .directory, mode: 0o755)
        path += "/" + name
      }
      archive.add("m", .symlink, String(path.dropLast(251)))
    }
    archive.end()
    try folder.write("deep", archive.bytes)
    let result = try diff("a", "deep")
    #expect(result.status == 2)
    #expect(
      result.errors.contains("deep: error: a path of more than 4095 bytes"), "\(result.errors)")
  }
}

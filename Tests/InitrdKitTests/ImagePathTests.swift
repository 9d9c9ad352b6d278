import BaseKit
import InitrdKit
import Testing

@Suite struct ImagePathTests {
  @Test(arguments: [
    ("/a/b", "a/b"), ("a//b/", "a/b"), ("./a/./b", "a/b"), ("/", ""), ("", ""), ("...", "..."),
  ])
  func pathsAreNormalised(text: String, expected: String) throws {
    #expect(try ImagePath(text).bytes == Array(expected.utf8))
  }

  @Test(arguments: [
    "..", "a/../b", "TRAILER!!!", "/TRAILER!!!", String(repeating: "x", count: 256), "a\0b",
    String(repeating: "x/", count: 2100),
  ])
  func pathsThatTheKernelDropsAreRefused(text: String) {
    let error = #expect(throws: InitrdError.self) { try ImagePath(text) }
    #expect(error?.code == .limit)
  }

  @Test func longestAllowedPathsAreAccepted() throws {
    #expect(try ImagePath(String(repeating: "x", count: 255)).bytes.count == 255)
    let long = String(repeating: "x/", count: 2047) + "x"
    #expect(try ImagePath(long).bytes.count == 4095)
    #expect(throws: InitrdError.self) { try ImagePath(long + "x") }
    #expect(try ImagePath("a/TRAILER!!!").bytes.count == 12)
  }

  @Test func namesAreComparedAsBytes() throws {
    // One letter in two normal forms: equal strings, but two different files for a kernel.
    let (composed, decomposed) = ("/\u{e9}", "/e\u{301}")
    #expect(composed == decomposed)
    #expect(try ImagePath(composed) != ImagePath(decomposed))
    #expect(try ImagePath([0xFF, 0xFE]).bytes == [0xFF, 0xFE])
  }

  @Test func parentsSortBeforeChildren() throws {
    let paths = try ["a/b", "a", "a-b", "a/b/c", "b"].map { try ImagePath($0) }.sorted()
    #expect(paths.map(\.description) == ["/a", "/a-b", "/a/b", "/a/b/c", "/b"])
    #expect(try ImagePath("a/b").parent == ImagePath("a"))
    #expect(try ImagePath("a").parent == .root)
    #expect(ImagePath.root.parent == nil)
  }

  @Test(arguments: [
    (Array("a b\u{e9}".utf8), "a b\u{e9}"), ([0x1B, 0x5B], "\\x1b["), ([0xFF, 0x61], "\\xffa"),
    (Array("a\\b\n".utf8), "a\\x5cb\\x0a"), (Array("\u{202E}x".utf8), "\\xe2\\x80\\xaex"),
    ([0xE9], "\\xe9"), ([0xF0, 0x9F], "\\xf0\\x9f"), (Array("\u{1F600}".utf8), "\u{1F600}"),
  ])
  func printedNamesAreEscaped(bytes: [UInt8], expected: String) {
    #expect(printable(bytes) == expected)
  }

  @Test(arguments: [
    ("", ""), ("/", ""), (".", ""), ("./", ""), ("a", "a"), ("/a", "a"), ("a/", "a"), ("./a", "a"),
    ("a/./b", "a/b"), ("a//b", "a/b"), ("a/.", "a"), ("a/..", "a/.."), (".a/b.", ".a/b."),
    ("//./a///b/.//", "a/b"), ("...", "..."),
  ])
  func plainPathsHaveNoSuperfluousParts(path: String, plain: String) {
    #expect(plainPath(Array(path.utf8)) == Array(plain.utf8))
    #expect(plainNames(Array(path.utf8)).joined(separator: [0x2F]).elementsEqual(plain.utf8))
  }
}

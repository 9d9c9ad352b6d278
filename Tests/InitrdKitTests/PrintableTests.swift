import Testing

@testable import InitrdKit

/// Escaping of names for terminals, and the reverse.
@Suite struct PrintableTests {
  @Test(arguments: [
    ("plain", "plain"), ("new\nline", #"new\x0aline"#), (#"back\slash"#, #"back\x5cslash"#),
    ("\u{202E}x", #"\xe2\x80\xaex"#), ("é", "é"),
  ])
  func controlCharactersAreEscaped(name: String, shown: String) {
    #expect(printable(name.utf8) == shown)
    #expect(unprintable(shown.utf8) == Array(name.utf8))
  }

  @Test func printedNamesAreParsedBack() {
    var state: UInt32 = 1
    for length in 0..<300 {
      let name = (0..<length % 24).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        // Many bytes that are escaped, or that look like an escape.
        return [UInt8(state >> 24), 0x5C, 0x78, 0x65, 0x39, 0xC3, 0xA9][Int(state >> 8) % 7]
      }
      #expect(unprintable(printable(name).utf8) == name)
      #expect(
        Glob(unprintable(printable(name).utf8, isPattern: true)).matches(name)
          || name.contains { [0x2A, 0x3F, 0x5B].contains($0) })
    }
  }

  @Test(arguments: [#"\"#, #"\x"#, #"\x1"#, #"\x+1"#, #"\xg1"#, #"\n"#, #"a\"#])
  func incompleteEscapesAreKept(text: String) {
    #expect(unprintable(text.utf8) == Array(text.utf8))
  }
}

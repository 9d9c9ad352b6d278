import Foundation
import InitrdKit
import Testing

@Suite struct JSONValueTests {
  private let value = JSONValue.object([
    ("b", .array([.null, .bool(true), .integer(.min), .number(0.5), .number(.nan)])),
    ("a", .object([])), ("", .array([])), ("c", .object([("d", .string("e"))])),
  ])

  @Test func compactTextHasOneLine() {
    #expect(
      value.text()
        == #"{"b":[null,true,-9223372036854775808,0.5,null],"a":{},"":[],"c":{"d":"e"}}"#)
  }

  @Test func indentedTextHasALineForEachValue() {
    #expect(
      value.text(indented: true) == """
        {
          "b": [
            null,
            true,
            -9223372036854775808,
            0.5,
            null
          ],
          "a": {},
          "": [],
          "c": {
            "d": "e"
          }
        }
        """)
  }

  /// Foundation reads back every string that we write.
  @Test func writtenStringsAreReadByFoundation() throws {
    let scalars =
      (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{202E}", "\u{1F600}"]
    for scalar in scalars {
      let text = "a\(scalar)b"
      let line = JSONValue.array([.string(text)]).text()
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
      let back = try JSONDecoder().decode([String].self, from: Data(line.utf8))
      #expect(back.first.map { Array($0.utf8) } == Array(text.utf8), "\(scalar.value)")
    }
  }
}

import Foundation
import Testing

@testable import InitrdKit

@Suite struct JSONReaderTests {
  private static func read(_ text: String) throws(InitrdError) -> JSONNode {
    try JSONReader.read(Array(text.utf8), file: "m.json")
  }

  // MARK: Invalid text

  private static let refusals: [(text: String, error: String)] = [
    ("", "1:1: error: the text is empty"),
    (" \n\t\r\n  ", "3:3: error: the text is empty"),
    (
      "\u{FEFF}{}", "1:1: error: the text starts with a byte order mark; save it as plain UTF-8"
    ),
    ("{} {}", "1:4: error: something follows the end of the value"),
    ("1\n\n x", "3:2: error: something follows the end of the value"),
    ("}", #"1:1: error: expected a value, found "}""#),
    ("True", #"1:1: error: expected a value, found "T""#),
    ("tru", #"1:1: error: expected a value, found "t""#),
    ("nul", #"1:1: error: expected a value, found "n""#),
    ("falsey", "1:6: error: something follows the end of the value"),
    ("'a'", #"1:1: error: expected a value, found "'""#),
    ("+1", #"1:1: error: expected a value, found "+""#),
    (".5", #"1:1: error: expected a value, found ".""#),
    ("\u{E9}", #"1:1: error: expected a value, found "\xc3""#),
    ("\u{0}", #"1:1: error: expected a value, found "\x00""#),
    (
      "/ x\n{}",
      #"1:1: error: found "/"; a comment begins with // or /*"#
    ),
    ("# x", ##"1:1: error: expected a value, found "#"; a comment begins with // or /*"##),
    ("[1, /* x *", "1:5: error: a comment without an end"),
    ("[1 /*/]", "1:4: error: a comment without an end"), ("// x", "1:5: error: the text is empty"),
    ("{} // x\n/", #"2:1: error: found "/"; a comment begins with // or /*"#),
    ("[1, // x\n]", #"2:1: error: a comma before "]"; JSON has no comma after the last element"#),
    ("/* a\n\n */ x", #"3:5: error: expected a value, found "x""#),
    ("[", "1:2: error: expected a value, found the end of the text"),
    ("[1", #"1:3: error: expected "," or "]", found the end of the text"#),
    ("[1 2]", #"1:4: error: expected "," or "]", found "2""#),
    ("[1}", #"1:3: error: expected "," or "]", found "}""#),
    ("[,1]", #"1:2: error: expected a value, found ",""#),
    ("[1,,2]", #"1:4: error: expected a value, found ",""#),
    (
      "[1,\n ]",
      #"2:2: error: a comma before "]"; JSON has no comma after the last element"#
    ),
    (
      #"{"a": 1, }"#,
      #"1:10: error: a comma before "}"; JSON has no comma after the last element"#
    ),
    ("{", "1:2: error: expected a name in double quotes, found the end of the text"),
    ("{a: 1}", #"1:2: error: expected a name in double quotes, found "a""#),
    ("{1: 1}", #"1:2: error: expected a name in double quotes, found "1""#),
    (#"{"a" 1}"#, #"1:6: error: expected ":" after the name, found "1""#),
    (#"{"a""#, #"1:5: error: expected ":" after the name, found the end of the text"#),
    (#"{"a": }"#, #"1:7: error: expected a value, found "}""#),
    (#"{"a": 1 "b": 2}"#, #"1:9: error: expected "," or "}", found """"#),
    (
      "{\"a\": 1,\n \"b\": 2,\n   \"a\": 3}",
      #"3:4: error: the name "a" is repeated; the first one is at line 1"#
    ),
    (
      #"{"a": 1, "\u0061": 2}"#,
      #"1:10: error: the name "a" is repeated; the first one is at line 1"#
    ),
    ("[01]", #"1:2: error: a number with a leading zero; write a mode as a string: "0644""#),
    ("-00", #"1:1: error: a number with a leading zero; write a mode as a string: "0644""#),
    ("-", "1:2: error: expected a digit, found the end of the text"),
    ("-x", #"1:2: error: expected a digit, found "x""#),
    ("[1.]", #"1:4: error: expected a digit, found "]""#),
    ("1e", "1:3: error: expected a digit, found the end of the text"),
    ("1e+ ", #"1:4: error: expected a digit, found " ""#),
    ("0x10", "1:2: error: something follows the end of the value"),
    (" 9223372036854775808", "1:2: error: a number that is too large"),
    ("-9223372036854775809", "1:1: error: a number that is too large"),
    ("1e400", "1:1: error: a number that is too large"),
    (#"["a]"#, "1:2: error: a string without an end"),
    (#"["a\"#, "1:4: error: a string without an end"),
    ("[\"a\nb\"]", #"1:4: error: a control character in a string; end the string, or write \n"#),
    ("\"a\tb\"", "1:3: error: a control character in a string"),
    ("\"\u{0}\"", "1:2: error: a control character in a string"),
    (#""a\x41""#, #"1:3: error: an unknown escape: \x"#),
    (#""\'""#, #"1:2: error: an unknown escape: \'"#),
    (#""\u12""#, #"1:2: error: expected four hexadecimal digits after \u"#),
    (#""\u+123""#, #"1:2: error: expected four hexadecimal digits after \u"#),
    (#""\u00g0""#, #"1:2: error: expected four hexadecimal digits after \u"#),
    (#""\ud800""#, "1:2: error: half of a surrogate pair"),
    (#""\udc00""#, "1:2: error: half of a surrogate pair"),
    (#""\ud800\n""#, "1:2: error: half of a surrogate pair"),
    (#""\ud83d\ud83d""#, "1:2: error: half of a surrogate pair"),
    (#""\ud83d\u00""#, #"1:2: error: expected four hexadecimal digits after \u"#),
    // A column counts bytes: the accented letter has two.
    ("[\"\u{E9}\", x]", #"1:8: error: expected a value, found "x""#),
    ("[1,\r\n x]", #"2:2: error: expected a value, found "x""#),
  ]

  @Test(arguments: refusals)
  func invalidJSONIsRefused(text: String, error expected: String) {
    let error = #expect(throws: InitrdError.self, "\(text)") { try Self.read(text) }
    #expect(error?.code == .jsonSyntax)
    #expect(error?.description == "m.json:\(expected)")
  }

  /// Invalid UTF-8: truncated, overlong, a surrogate, beyond the last code point.
  @Test(arguments: [
    [0xFF], [0xC3], [0x80], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x98],
  ])
  func invalidUTF8IsRefused(bytes: [UInt8]) {
    let text = Array("[\"ok\", \"".utf8) + bytes + Array("\"]".utf8)
    let error = #expect(throws: InitrdError.self) { try JSONReader.read(text, file: "m.json") }
    #expect(error?.description == "m.json:1:8: error: a string that is not UTF-8")
  }

  // MARK: Valid text

  private static let readings: [(text: String, written: String)] = [
    (" \t\r\n null\n", "null"), ("true", "true"), ("false", "false"),
    ("0", "0"), ("-0", "0"), ("-9223372036854775808", "-9223372036854775808"),
    ("9223372036854775807", "9223372036854775807"),
    ("0.5", "0.5"), ("-1.5e1", "-15.0"), ("1E+2", "100.0"), ("2e-1", "0.2"), ("0e0", "0.0"),
    ("[]", "[]"), ("{}", "{}"), (" [ 1 , [ ] ,{ } ] ", "[1,[],{}]"),
    (#"{"b": 1, "a": {"b": 2}}"#, #"{"b":1,"a":{"b":2}}"#),
    (#"{"//": 1, "//": [2], "a": 3}"#, #"{"//":1,"//":[2],"a":3}"#),
    (
      "// x\n{/**/\"a\"/* * / */:// y\r\n1/***/, \"b\"://\n\"/* // */\"}/* z */ // end",
      #"{"a":1,"b":"/* // */"}"#
    ),
    (#"{"": ""}"#, #"{"":""}"#),
    (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\u0008\u000c\n\r\t""#),
    (#""\u0041\u00e9\u20AC\ud83d\ude00\u0000""#, "\"A\u{E9}\u{20AC}\u{1F600}\\u0000\""),
    ("\"\u{7F}\u{2028}\u{10FFFF}\"", #""\u007f\u2028\udbff\udfff""#),
    // One letter in two normal forms: two different names.
    ("{\"\u{E9}\": 1, \"e\u{301}\": 2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
  ]

  @Test(arguments: readings)
  func validJSONIsRead(text: String, written: String) throws {
    let again = try Self.read(text).written.text()
    #expect(Array(again.utf8) == Array(written.utf8), "\(again)")
  }

  @Test func everyValueHasALocation() throws {
    let root = try Self.read("{\n  \"a\": [1,\n    \"\u{E9}\", null]\n}")
    guard case .object(let members) = root.value, case .array(let nodes) = members[0].value.value
    else {
      Issue.record("not what was written")
      return
    }
    #expect(members[0].location.description == "m.json:2:3")
    #expect(members[0].value.location.description == "m.json:2:8")
    #expect(nodes.map(\.location.description) == ["m.json:2:9", "m.json:3:5", "m.json:3:11"])
  }

  // MARK: Hostile text

  @Test(arguments: [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]")])
  func deepNestingIsRefused(open: String, close: String) throws {
    func nested(_ count: Int) -> String {
      String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
    }
    let levels = open.hasPrefix("[{") ? JSONReader.depthLimit / 2 : JSONReader.depthLimit
    _ = try Self.read(nested(levels))
    for count in [levels + 1, 100_000] {
      let error = #expect(throws: InitrdError.self) { try Self.read(nested(count)) }
      #expect(error?.message == "lists and objects are nested deeper than 64")
    }
    // Neighbours do not increase the depth.
    _ = try Self.read("[" + String(repeating: "[{}],", count: 1000) + "[]]")
  }

  static let small = #"""
    {"manifestVersion": 1, "//": [-1.5e3, true, false, null, {}],
     "name": "\u00e9\ud83d\ude00\n é", "kernel": null, "busybox": {"applets": ["sh", "["]},
     "files": [{"content": "x", "dest": "/a/b", "mode": "0644", "uid": 7}],
     "symlinks": {"/b": "${arch}"}, "nodes": [{"path": "/d", "type": "fifo"}],
     "init": {"root": {"device": "/dev/vda"}, "environment": {"A": "b"}},
     "compression": {"algorithm": "xz", "level": 9}, "baseline": "19784K"}
    """#

  /// Whether a manifest can be read. Checks that each error has a location.
  private static func isRead(_ bytes: [UInt8]) -> Bool {
    do throws(InitrdError) {
      _ = try Manifest(json: bytes, file: "m.json")
      return true
    } catch {
      for line in [error] + error.others {
        let place = line.location
        #expect(place?.line ?? 0 > 0 && place?.column ?? 0 > 0, "\(line)")
        #expect(place?.column ?? 0 <= bytes.count + 1, "\(line)")
        #expect(!line.description.utf8.contains(0x0A) || !line.others.isEmpty, "\(line)")
      }
      return false
    }
  }

  @Test func truncatedManifestIsAnError() {
    let bytes = Array(Self.small.utf8)
    #expect(Self.isRead(bytes))
    for end in bytes.indices { #expect(!Self.isRead(Array(bytes[..<end])), "\(end)") }
  }

  @Test func changedBytesDoNotTrap() {
    let bytes = Array(Self.small.utf8)
    var readable = 0
    for index in bytes.indices {
      for byte in [0x00, 0x0A, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xC3, 0xFF] {
        var mutated = bytes
        mutated[index] = UInt8(byte)
        if Self.isRead(mutated) { readable += 1 }
        mutated = bytes
        mutated.insert(UInt8(byte), at: index)
        if Self.isRead(mutated) { readable += 1 }
      }
      var mutated = bytes
      mutated.remove(at: index)
      if Self.isRead(mutated) { readable += 1 }
    }
    #expect(readable > 0)
  }

  // MARK: Writing

  /// Foundation reads back every string and name that we write.
  @Test(arguments: [false, true])
  func writtenStringsAreReadByFoundation(indented: Bool) throws {
    let special: [Unicode.Scalar] = [
      "\u{2028}", "\u{202E}", "\u{FEFF}", "\u{FFFF}", "\u{10000}", "\u{1F600}", "\u{10FFFF}",
    ]
    for scalar in (0...0x2FF).compactMap(Unicode.Scalar.init) + special {
      let text = "a\(scalar)b"
      let line = JSONValue.object([(text, .array([.string(text)]))]).text(indented: indented)
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || indented && $0 == 0x0A })
      let back = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: [String]]
      #expect(back?.first.map { Array($0.key.utf8) } == Array(text.utf8), "\(scalar.value)")
      #expect(
        back?.first?.value.first.map { Array($0.utf8) } == Array(text.utf8), "\(scalar.value)")
    }
  }

  @Test func writtenNumbersAreReadByFoundation() throws {
    let numbers: [Double] = [0, -0.0, 0.1, 1e300, -5e-300, 1 / 3, 1e16, 123456789.125]
    let integers: [Int64] = [.max, .min, 0]
    let values = numbers.map { JSONValue.number($0) } + integers.map { JSONValue.integer($0) }
    let text = JSONValue.array(values).text()
    let back = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [NSNumber]
    #expect(back?.prefix(numbers.count).map { $0.doubleValue } == numbers)
    #expect(back?.suffix(integers.count).map { $0.int64Value } == integers)
    #expect(JSONValue.number(.infinity).text() == "null")
  }

  /// Reads a text, writes it, and reads it again.
  @Test(arguments: [false, true])
  func writtenValuesAreReadAgain(indented: Bool) throws {
    let once = try Self.read(Self.small).written.text(indented: indented)
    let twice = try Self.read(once).written.text(indented: indented)
    #expect(Array(once.utf8) == Array(twice.utf8))
    let first = try JSONSerialization.jsonObject(with: Data(Self.small.utf8)) as? NSDictionary
    let second = try JSONSerialization.jsonObject(with: Data(once.utf8)) as? NSDictionary
    #expect(first != nil && first == second)
  }
}

import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// The reader and `docs/schema/manifest.schema.json` say the same of every manifest: what an editor accepts is
/// built, and what it marks is refused.
@Suite struct ManifestSchemaTests {
  /// Judges every text of a JSON list by the schema; one interpreter for all, since starting it is slow.
  private static let judge = """
    import json, sys, jsonschema
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    print(json.dumps([judge.is_valid(json.loads(text)) for text in json.load(sys.stdin)]))
    """

  /// Debian's package python3-jsonschema; `make test` demands it.
  static let hasJudge =
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
    || (try? run("/usr/bin/python3", ["-I", "-c", "import jsonschema"]).status) == 0

  /// Whether the schema takes each of `texts`.
  static func judged(_ texts: [String]) throws -> [Bool] {
    let result = try run(
      "/usr/bin/python3",
      ["-I", "-c", judge, Checkout.file("docs/schema/manifest.schema.json").path],
      input: JSONEncoder().encode(texts))
    try #require(result.status == 0, "apt-get install python3-jsonschema: \(result.errors)")
    let judgements = try JSONDecoder().decode([Bool].self, from: Data(result.output))
    try #require(judgements.count == texts.count)
    return judgements
  }

  private static func isRead(_ text: String) -> Bool {
    (try? Manifest(json: Array(text.utf8), file: "manifest.json")) != nil
  }

  @Test(.enabled(if: hasJudge)) func schemaAndReaderAgree() throws {
    // The text, what the reader must say, and what the schema must say; nil: the same as the other.
    var cases: [(text: String, read: Bool?, fits: Bool?)] = []
    cases += ManifestCases.valid.map { (ManifestCases.manifest($0), true, true) }
    let invalid = ManifestCases.invalid.map(ManifestCases.manifest) + ManifestCases.invalidWhole
    cases += invalid.map { ($0, false, false) }
    cases += ManifestCases.readerOnly.map { (ManifestCases.manifest($0.members), false, true) }
    #expect(ManifestCases.valid.count >= 40)
    #expect(invalid.count >= 90)
    #expect(Set(cases.map(\.text)).count == cases.count, "a case stands there twice")
    let slips = try Self.slips(of: ManifestCases.valid)
    #expect(slips.count > 1000)
    cases += slips.map { ($0, nil, nil) }

    let judgements = try Self.judged(cases.map(\.text))
    for (item, fits) in zip(cases, judgements) {
      let read = Self.isRead(item.text)
      #expect(read == item.read ?? fits, "the reader, of \(item.text)")
      #expect(fits == item.fits ?? read, "the schema, of \(item.text)")
    }
    let ofSlips = judgements.suffix(slips.count)
    #expect(ofSlips.contains(true) && ofSlips.contains(false))
  }

  // MARK: Slips

  /// What stands in for every value of the valid manifests.
  private static let replacements: [JSONValue] = [
    .null, .bool(true), .integer(0), .integer(1), .integer(-1), .number(0.5), .string(""),
    .string("x"), .string("7"), .string("/dev/x"), .string("../x"), .string("a\nb"),
    .string("${x}"), .array([]), .array([.string("x")]), .array([.null]), .object([]),
    .object([(name: "name", value: .string("x"))]),
  ]

  /// The manifests that differ from one of these in one place: a value is another one, a key is misspelt
  /// or missing. Neither of the two judges is told what to say of them.
  private static func slips(of valid: [String]) throws -> [String] {
    var texts: Set<String> = []
    for members in valid where members.utf8.count < 1000 {
      let text = ManifestCases.manifest(members)
      let root = try JSONReader.read(Array(text.utf8), file: "manifest.json")
      texts.formUnion(slips(of: root).map { $0.text() })
    }
    return texts.sorted()
  }

  private static func slips(of node: JSONNode) -> [JSONValue] {
    var found = replacements
    switch node.value {
    case .array(let nodes):
      let values = nodes.map(\.written)
      for (index, node) in nodes.enumerated() {
        for slip in slips(of: node) {
          var copy = values
          copy[index] = slip
          found.append(.array(copy))
        }
      }
    case .object(let members):
      let values = members.map { (name: $0.name, value: $0.value.written) }
      for (index, member) in members.enumerated() {
        var copy = values
        for slip in slips(of: member.value) {
          copy[index].value = slip
          found.append(.object(copy))
        }
        copy = values
        copy[index].name += "x"
        found.append(.object(copy))
        copy.remove(at: index)
        found.append(.object(copy))
      }
    default: break
    }
    return found
  }

  // MARK: The page

  /// No key of the schema is missing on the page.
  @Test func everyKeyIsDocumented() throws {
    let page = try String(contentsOf: Checkout.file("docs/manifest.md"), encoding: .utf8)
    let schema = try JSONSerialization.jsonObject(
      with: Data(contentsOf: Checkout.file("docs/schema/manifest.schema.json")))
    let keys = Self.keys(of: schema)
    #expect(keys.count > 50)
    for key in keys.sorted() { #expect(page.contains("`\(key)`"), "\(key)") }
  }

  private static func keys(of node: Any) -> Set<String> {
    var found: Set<String> = []
    for item in node as? [Any] ?? [] { found.formUnion(keys(of: item)) }
    for (name, value) in node as? [String: Any] ?? [:] {
      if name == "properties", let members = value as? [String: Any] {
        found.formUnion(members.keys)
      }
      found.formUnion(keys(of: value))
    }
    return found
  }
}

extension JSONNode {
  /// The value as it can be written again.
  var written: JSONValue {
    switch value {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let value): .string(value)
    case .array(let nodes): .array(nodes.map(\.written))
    case .object(let members): .object(members.map { ($0.name, $0.value.written) })
    }
  }
}

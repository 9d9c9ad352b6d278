import Foundation
import TestSupport
import Testing

@testable import InitrdKit

/// The reader and `docs/schema/manifest.schema.json` accept the same manifests.
@Suite struct ManifestSchemaTests {
  /// Validates every text of a JSON list. One interpreter validates all, because it starts slowly.
  private static let validator = """
    import json, sys, jsonschema
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    print(json.dumps([validator.is_valid(json.loads(text)) for text in json.load(sys.stdin)]))
    """

  /// Whether Debian's package python3-jsonschema is installed; `make test` requires it.
  static let hasValidator =
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
    || (try? run("/usr/bin/python3", ["-I", "-c", "import jsonschema"]).status) == 0

  /// Whether the schema accepts each of `texts`.
  static func areValid(_ texts: [String]) throws -> [Bool] {
    let result = try run(
      "/usr/bin/python3",
      ["-I", "-c", validator, Checkout.file("docs/schema/manifest.schema.json").path],
      input: JSONEncoder().encode(texts))
    try #require(result.status == 0, "apt-get install python3-jsonschema: \(result.errors)")
    let validity = try JSONDecoder().decode([Bool].self, from: Data(result.output))
    try #require(validity.count == texts.count)
    return validity
  }

  private static func isRead(_ text: String) -> Bool {
    (try? Manifest(json: Array(text.utf8), file: "manifest.json")) != nil
  }

  @Test(.enabled(if: hasValidator)) func schemaAndReaderAgree() throws {
    // The text, and whether the reader and the schema must accept it; nil: both must agree.
    var cases: [(text: String, read: Bool?, fits: Bool?)] = []
    cases += ManifestCases.valid.map { (ManifestCases.manifest($0), true, true) }
    let invalid = ManifestCases.invalid.map(ManifestCases.manifest) + ManifestCases.invalidWhole
    cases += invalid.map { ($0, false, false) }
    cases += ManifestCases.readerOnly.map { (ManifestCases.manifest($0.members), false, true) }
    #expect(ManifestCases.valid.count >= 40)
    #expect(invalid.count >= 90)
    #expect(Set(cases.map(\.text)).count == cases.count, "a case exists twice")
    let mistakes = try Self.mistakes(of: ManifestCases.valid)
    #expect(mistakes.count > 1000)
    cases += mistakes.map { ($0, nil, nil) }

    let validity = try Self.areValid(cases.map(\.text))
    for (item, fits) in zip(cases, validity) {
      let read = Self.isRead(item.text)
      #expect(read == item.read ?? fits, "the reader, of \(item.text)")
      #expect(fits == item.fits ?? read, "the schema, of \(item.text)")
    }
    let ofMistakes = validity.suffix(mistakes.count)
    #expect(ofMistakes.contains(true) && ofMistakes.contains(false))
  }

  // MARK: Mistakes

  /// Replacements for every value of the valid manifests.
  private static let replacements: [JSONValue] = [
    .null, .bool(true), .integer(0), .integer(1), .integer(-1), .number(0.5), .string(""),
    .string("x"), .string("7"), .string("/dev/x"), .string("../x"), .string("a\nb"),
    .string("${x}"), .array([]), .array([.string("x")]), .array([.null]), .object([]),
    .object([(name: "name", value: .string("x"))]),
  ]

  /// Manifests that differ from a valid one in one place: another value, a misspelt key, or a missing key.
  /// The test only expects that the reader and the schema agree.
  private static func mistakes(of valid: [String]) throws -> [String] {
    var texts: Set<String> = []
    for members in valid where members.utf8.count < 1000 {
      let text = ManifestCases.manifest(members)
      let root = try JSONReader.read(Array(text.utf8), file: "manifest.json")
      texts.formUnion(mistakes(of: root).map { $0.text() })
    }
    return texts.sorted()
  }

  private static func mistakes(of node: JSONNode) -> [JSONValue] {
    var found = replacements
    switch node.value {
    case .array(let nodes):
      let values = nodes.map(\.written)
      for (index, node) in nodes.enumerated() {
        for mistake in mistakes(of: node) {
          var copy = values
          copy[index] = mistake
          found.append(.array(copy))
        }
      }
    case .object(let members):
      let values = members.map { (name: $0.name, value: $0.value.written) }
      for (index, member) in members.enumerated() {
        var copy = values
        for mistake in mistakes(of: member.value) {
          copy[index].value = mistake
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

  // MARK: Documentation

  /// The page names every key of the schema.
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
  /// The value, without its location, for the writer.
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

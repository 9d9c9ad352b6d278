import Foundation
import TestSupport
import Testing

/// The `--json` output of every command matches the schemas of docs/schema, for good and bad input.
@Suite struct SchemaTests {
  private let trial: BuildTrial

  init() throws { trial = try BuildTrial() }

  /// Validates documents, each with its schema's name. One interpreter validates all, because it starts
  /// slowly.
  private static let validator = """
    import json, sys, jsonschema
    validators = {}
    for name, text in json.load(sys.stdin):
        if name not in validators:
            schema = json.load(open(f"{sys.argv[1]}/{name}.schema.json", encoding="utf-8"))
            jsonschema.Draft202012Validator.check_schema(schema)
            validators[name] = jsonschema.Draft202012Validator(schema)
        try:
            errors = validators[name].iter_errors(json.loads(text))
            print(*(f"{error.json_path} {error.message[:200]}" for error in errors), sep="; ")
        except ValueError as error:
            print(f"no JSON: {error}: {text[:200]}")
    """

  /// Whether Debian's package python3-jsonschema is installed; `make test` requires it.
  static let hasValidator =
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
    || (try? run("/usr/bin/python3", ["-I", "-c", "import jsonschema"]).status) == 0

  /// The output of a command, and the schema that it must match.
  private struct Document {
    let schema: String
    let command: [String]
    let text: String
  }

  private func expectMatch(_ documents: [Document]) throws {
    let result = try run(
      "/usr/bin/python3", ["-I", "-c", Self.validator, Checkout.file("docs/schema").path],
      input: JSONEncoder().encode(documents.map { [$0.schema, $0.text] }))
    try #require(result.status == 0, "apt-get install python3-jsonschema: \(result.errors)")
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    try #require(lines.count == documents.count + 1)
    for (document, fault) in zip(documents, lines) {
      #expect(fault.isEmpty, "\(document.command) against \(document.schema): \(fault)")
    }
  }

  /// Runs a command with `--json`.
  private func document(
    _ schema: String, _ command: [String], status: Int32 = 0,
    _ location: SourceLocation = #_sourceLocation
  ) throws -> Document {
    let result = try Mkinitrd.run(command + ["--json"], in: trial.sysroot.folder.url)
    #expect(result.status == status, "\(command): \(result.errors)", sourceLocation: location)
    return Document(schema: schema, command: command, text: result.text)
  }

  private var folder: TemporaryFolder { trial.sysroot.folder }

  @Test(.enabled(if: hasValidator)) func outputOfEveryCommandMatchesItsSchema() throws {
    try folder.write("manifest.json", sampleManifest)
    try folder.write("note.txt", "x")
    try folder.write(
      "other.json",
      """
      { "manifestVersion": 1, "sysroot": "root", "kernel": null, "arch": "x86_64",
        "init": { "template": "none" }, "baseline": null, "compression": "gzip", "partial": true,
        "files": [{ "source": "/gone", "dest": "/gone", "optional": true }, { "content": "", "dest": "/empty" },
                  { "content": "x", "dest": "/a\\\\b\\u202e" }],
        "symlinks": { "/l": "target" },
        "nodes": [{ "path": "/c", "type": "char", "major": 1, "minor": 3 },
                  { "path": "/b", "type": "block", "major": 8, "minor": 1 },
                  { "path": "/f", "type": "fifo" }, { "path": "/s", "type": "socket" }] }
      """)
    let odd = try oddImage()
    try expectMatch([
      try document("build", ["build", "manifest.json"]),
      try document("build", ["build", "other.json", "-o", "other.img"]),
      try document("plan", ["build", "-n", "manifest.json"]),
      try document("plan", ["build", "-n", "other.json"]),
      try document("append", ["append", "other.img", "--file", "note.txt:/x/y", "-o", "more.img"]),
      try document(
        "append", ["append", "more.img", "--file", "note.txt:/z", "--compression", "xz"]),
      try document("list", ["list", "out/initrd.img"]),
      try document("list", ["list", "more.img", "--segment", "1"]),
      try document("list", ["list", "more.img", "l", "none*"], status: 1),
      try document("list", ["list", odd], status: 1),
      try document("check", ["check", "out/initrd.img"]),
      try document("check", ["check", odd], status: 1),
      try document("inspect", ["inspect", "more.img"]),
      try document("inspect", ["inspect", odd], status: 1),
      try document("diff", ["diff", "more.img", "more.img"]),
      try document("diff", ["diff", "out/initrd.img", "more.img"], status: 1),
      try document("diff", ["diff", "more.img", "out/initrd.img"], status: 1),
      try document("extract", ["extract", "more.img", "-C", "tree"]),
      try document("extract", ["extract", odd, "-C", "odd"], status: 1),
      try document("init", ["init", "--sysroot", "root"]),
      try document("init", ["init", "--sysroot", "root", "-o", "m.jsonc", "--schema"]),
    ])
  }

  /// A truncated image with all kinds of entries and with names that cannot be printed directly.
  private func oddImage() throws -> String {
    var archive = RawArchive()
    archive.add("./etc//", .directory, mode: 0o755)
    archive.add("/lead", "x")
    archive.add("no/such\u{1B}/folder", "x")
    archive.add("..", .directory)
    archive.add("pipe", .fifo)
    archive.add("init", "#!/bin/none\n", mode: 0o4755)
    archive.add("cut", "a few", claiming: 1000)
    return try folder.write("odd.img", archive.bytes)
  }

  @Test(.enabled(if: hasValidator)) func errorsMatchTheSchema() throws {
    try folder.write("bad.json", "{ \"manifestVersion\": 1, \"naem\": 1, \"name\": 2 }")
    try folder.write("missing.json", sampleManifest.replacing("ext4\"]", with: "nope\", \"no\"]"))
    try folder.write("syntax.json", "{ /* ")
    try folder.write("text", "this is no image")
    let documents = [
      try document("error", ["build", "bad.json"], status: 1),
      try document("error", ["build", "-n", "missing.json"], status: 1),
      try document("error", ["build", "syntax.json"], status: 1),
      try document("error", ["build", "bad.json", "--threads", "0"], status: 64),
      try document("error", ["build", "--nonsense"], status: 64),
      try document("error", ["append", "none", "--file", "x:/y"], status: 1),
      try document("error", ["list", "none"], status: 1),
      try document("error", ["list", "text", "--memory", "x"], status: 64),
      try document("error", ["check", "none"], status: 2),
      try document("error", ["diff", "none", "text"], status: 2),
      try document("error", ["inspect", "none"], status: 1),
      try document("error", ["extract", "text", "-C", "out2"], status: 1),
      try document("error", ["extract", "text", "nothing", "-C", "out2"], status: 1),
      try document("error", ["init", "--sysroot", "nowhere"], status: 1),
      try document("error", ["init", "--root", "x"], status: 64),
    ]
    try expectMatch(documents)
    let object = try JSONSerialization.jsonObject(with: Data(documents[0].text.utf8))
    let diagnostics = try #require((object as? [String: Any])?["diagnostics"] as? [[String: Any]])
    #expect(diagnostics.count == 2, "all errors, and not the first only")
    let place = try #require(diagnostics[0]["place"] as? [String: Any])
    #expect(place["file"] as? String == "bad.json" && place["line"] as? Int == 1)
    #expect(diagnostics[0]["remedy"] as? String == "did you mean \"name\"?")
    // Standard error has the same message as text.
    let text = try Mkinitrd.run(["build", "bad.json", "--json"], in: folder.url).errors
    #expect(text.hasPrefix("bad.json:1:25: error: unknown key \"naem\""), "\(text)")
  }

  @Test(.enabled(if: hasValidator)) func reportsOnStandardErrorMatchTheSchemas() throws {
    try folder.write("manifest.json", sampleManifest)
    try folder.write("bad.json", "{}")
    func document(_ schema: String, _ script: String, status: Int32 = 0) throws -> Document {
      let script = script.replacing("mkinitrd-swift", with: "'\(Mkinitrd.path)'")
      let result = try run("bash", ["-c", "set -o pipefail; \(script)"], in: folder.url)
      #expect(result.status == status, "\(script): \(result.text)")
      return Document(schema: schema, command: [script], text: result.errors)
    }
    try expectMatch([
      try document("build", "mkinitrd-swift build manifest.json -o - --json >streamed.img"),
      try document(
        "append",
        "mkinitrd-swift append - --file <(echo x):/x -o - --json <streamed.img >more.img"),
      try document("error", "mkinitrd-swift build bad.json -o - --json >bad.img", status: 1),
    ])
    #expect(try Mkinitrd.run(["build", "manifest.json"], in: folder.url).status == 0)
    let streamed = try Data(contentsOf: folder / "streamed.img")
    #expect(try trial.image() == streamed)
    #expect(try Data(contentsOf: folder / "more.img").starts(with: streamed))
    #expect(try Data(contentsOf: folder / "bad.img").isEmpty)
    #expect(try Mkinitrd.run(["cat", "more.img", "x"], in: folder.url).text == "x\n")
  }

  @Test(.enabled(if: hasValidator && Checkout.hasImages, "needs the images of make test"))
  func outputForRealImagesMatchesTheSchemas() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Checkout.images.path)
    // Names that begin with a dot are lock files.
    let images = names.filter { !$0.hasPrefix(".") }.sorted().map {
      Checkout.images.appendingPathComponent("\($0)/image").path
    }
    #expect(images.count >= 5)
    try folder.write("note.txt", "x")
    for (number, image) in images.enumerated() {
      let checked = try Mkinitrd.run(["check", image, "--json"])
      let other = images[(number + 1) % images.count]
      let extracted = try Mkinitrd.run(
        ["extract", image, "-C", "tree", "--json"], in: folder.url)
      _ = try run("rm", ["-rf", folder.path("tree")])
      let documents = [
        Document(schema: "check", command: ["check", image], text: checked.text),
        Document(schema: "extract", command: ["extract", image], text: extracted.text),
        try document("list", ["list", image]), try document("inspect", ["inspect", image]),
        try document("diff", ["diff", image, other], status: 1),
        try document("append", ["append", image, "--file", "note.txt:/x", "-o", "more.img"]),
      ]
      try expectMatch(documents)
    }
  }

  // MARK: The schema files

  private func schemas() throws -> [String: [String: Any]] {
    let folder = Checkout.file("docs/schema")
    var found: [String: [String: Any]] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let name = try #require(file.wholeMatch(of: #/([a-z]+)\.schema\.json/#)?.output.1)
      let object = try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appendingPathComponent(file)))
      found[String(name)] = try #require(object as? [String: Any])
    }
    return found
  }

  /// Equal definitions have equal shapes in all schemas, and no schema allows unknown members.
  @Test func schemasAreStrictAndConsistent() throws {
    var shapes: [String: NSDictionary] = [:]
    for (name, schema) in try schemas() where name != "manifest" {
      let properties = try #require(schema["properties"] as? [String: Any])
      #expect(Set(try #require(schema["required"] as? [String])) == Set(properties.keys), "\(name)")
      #expect(schema["additionalProperties"] as? Bool == false, "\(name)")
      for (definition, shape) in schema["$defs"] as? [String: [String: Any]] ?? [:] {
        let shape = shape as NSDictionary
        #expect(shapes.updateValue(shape, forKey: definition) ?? shape == shape, "\(definition)")
        // Attributes are part of other definitions, which are strict.
        guard shape["properties"] != nil, definition != "attributes" else { continue }
        let isStrict =
          shape["additionalProperties"] as? Bool == false
          || shape["unevaluatedProperties"] as? Bool == false
        #expect(isStrict, "\(definition) of \(name)")
      }
    }
    #expect(shapes.count > 15)
  }

  @Test func schemaCommandPrintsTheFiles() throws {
    let names = try Mkinitrd.run(["schema"]).text.split(separator: "\n").map(String.init)
    #expect(Set(names) == Set(try schemas().keys))
    for name in names {
      let file = Checkout.file("docs/schema/\(name).schema.json")
      #expect(Data(try Mkinitrd.run(["schema", name]).output) == (try Data(contentsOf: file)))
    }
    #expect(
      try Mkinitrd.run(["init", "--sysroot", "root", "-o", "m.json", "--schema"], in: folder.url)
        .status == 0)
    let written = try Data(contentsOf: folder / "manifest.schema.json")
    #expect(try written == Data(contentsOf: Checkout.file("docs/schema/manifest.schema.json")))
    let manifest = try String(contentsOf: folder / "m.json", encoding: .utf8)
    #expect(manifest.contains("\"$schema\": \"./manifest.schema.json\""))
  }
}

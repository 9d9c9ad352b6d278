/// Reads the kinds of values in a manifest. For an invalid value, each method adds an error and returns `nil`.
extension ManifestReader {
  /// The members of an object, by name.
  struct Fields {
    let node: JSONNode
    fileprivate let members: [String: JSONNode]

    subscript(name: String) -> JSONNode? { members[name] }
  }

  // MARK: Errors

  mutating func report(_ message: String, _ node: JSONNode, remedy: String? = nil) {
    diagnostics.error(.manifest, message, at: node.location, remedy: remedy)
  }

  /// Whether a value follows a rule; adds an error if not.
  mutating func keeps(
    _ violation: ManifestRules.Violation?, at location: InitrdError.Location
  ) -> Bool {
    guard let violation else { return true }
    diagnostics.error(.manifest, violation.message, at: location, remedy: violation.remedy)
    return false
  }

  mutating func reportPlanned(_ what: String, _ node: JSONNode) {
    reportPlanned(what, at: node.location)
  }

  private mutating func reportPlanned(_ what: String, at location: InitrdError.Location) {
    diagnostics.error(
      .notSupported, "\(what) is not supported yet", at: location,
      remedy: "remove it; docs/manifest.md lists what is supported")
  }

  private mutating func expected(_ what: String, _ node: JSONNode) {
    report("expected \(what), found \(node.kind)", node)
  }

  func suggestion(_ name: String, _ names: [String]) -> String {
    if let near = nearest(to: name, in: names) { return "did you mean \"\(near)\"?" }
    return "expected one of: " + names.sorted().joined(separator: ", ")
  }

  // MARK: Objects and lists

  /// The members of an object, all of which must be in `built`. Those in `planned` are reserved for a later version.
  mutating func fields(
    _ node: JSONNode, built: [String], planned: [String] = []
  ) -> Fields? {
    guard let members = members(node) else { return nil }
    var known: [String: JSONNode] = [:]
    for member in members {
      if planned.contains(member.name) {
        reportPlanned("\"\(member.name)\"", at: member.location)
      } else if built.contains(member.name) {
        known[member.name] = member.value
      } else {
        diagnostics.error(
          .manifest, "unknown key \"\(printable(member.name.utf8))\"", at: member.location,
          remedy: suggestion(member.name, built.filter { $0 != "$schema" }))
      }
    }
    return Fields(node: node, members: known)
  }

  /// The members of an object with any names, without comments.
  mutating func members(_ node: JSONNode) -> [JSONNode.Member]? {
    guard case .object(let members) = node.value else {
      expected("an object", node)
      return nil
    }
    return members.filter { $0.name != "//" }
  }

  mutating func list(_ node: JSONNode) -> [JSONNode] {
    guard case .array(let nodes) = node.value else {
      expected("a list", node)
      return []
    }
    return nodes
  }

  // MARK: Single values

  /// A string that follows a rule; by default, a string without NULs and without unknown variables.
  mutating func text(
    _ node: JSONNode, _ rule: (String) -> ManifestRules.Violation? = ManifestRules.text
  ) -> String? {
    guard case .string(let text) = node.value else {
      expected("a string", node)
      return nil
    }
    return keeps(rule(text), at: node.location) ? text : nil
  }

  mutating func flag(_ node: JSONNode) -> Bool? {
    guard case .bool(let value) = node.value else {
      expected("true or false", node)
      return nil
    }
    return value
  }

  mutating func integer(_ node: JSONNode, in range: ClosedRange<Int64>) -> Int64? {
    integer(node) { ManifestRules.number($0, in: range) }
  }

  /// A whole number that follows a rule.
  mutating func integer(
    _ node: JSONNode, _ rule: (Int64) -> ManifestRules.Violation?
  ) -> Int64? {
    // JSON has one kind of number: 1.0 is the integer 1, also for a schema.
    let exact: Int64? =
      switch node.value {
      case .integer(let value): value
      case .number(let value): Int64(exactly: value)
      default: nil
      }
    guard let value = exact else {
      expected("a whole number", node)
      return nil
    }
    return keeps(rule(value), at: node.location) ? value : nil
  }

  /// A number of bytes, or a string with a unit.
  mutating func size(_ node: JSONNode) -> UInt64? {
    guard case .string = node.value else {
      return integer(node, in: 1...Int64.max).map { UInt64($0) }
    }
    guard let text = text(node) else { return nil }
    do throws(InitrdError) {
      if let size = try ByteSize(text) { return size.bytes }
      report(
        "\"\(printable(text.utf8))\" is not a size", node,
        remedy: "write 2MiB, or a number of bytes")
    } catch { report(error.message, node) }
    return nil
  }

  mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ node: JSONNode, _ type: Choice.Type = Choice.self
  ) -> Choice? {
    guard let text = text(node) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    report("unknown value \"\(printable(text.utf8))\"", node, remedy: suggestion(text, names))
    return nil
  }

  /// Permissions as an octal string.
  mutating func mode(_ node: JSONNode) -> UInt16? {
    if case .integer = node.value {
      report("a mode must be an octal string", node, remedy: "write \"0644\"")
      return nil
    }
    guard let text = text(node) else { return nil }
    let digits = text.utf8.allSatisfy { 0x30...0x37 ~= $0 } && 1...5 ~= text.utf8.count
    guard digits, let mode = UInt16(text, radix: 8), mode <= 0o7777 else {
      report("\"\(printable(text.utf8))\" is not an octal mode from 0 to 7777", node)
      return nil
    }
    return mode
  }

  mutating func path(_ node: JSONNode) -> ImagePath? {
    guard let text = text(node) else { return nil }
    return path(text, node.location)
  }

  mutating func path(_ text: String, _ location: InitrdError.Location) -> ImagePath? {
    do throws(InitrdError) { return try ImagePath(text) } catch {
      diagnostics.error(error.code, error.message, at: location, remedy: error.remedy)
      return nil
    }
  }

  /// A name, or an object with `name` and `optional`.
  mutating func item(_ node: JSONNode) -> Manifest.Item? {
    guard case .object = node.value else { return named(node, optional: false, node.location) }
    guard let fields = fields(node, built: ["name", "optional"]) else { return nil }
    let optional = fields["optional"].flatMap { flag($0) } ?? false
    guard let name = fields["name"] else {
      report("\"name\" is missing", node)
      return nil
    }
    return named(name, optional: optional, name.location)
  }

  private mutating func named(
    _ node: JSONNode, optional: Bool, _ location: InitrdError.Location
  ) -> Manifest.Item? {
    guard let name = text(node, ManifestRules.name) else { return nil }
    return Manifest.Item(name, optional: optional, location: location)
  }

  /// The members `mode`, `uid` and `gid` of an entry.
  mutating func ownership(_ fields: Fields) -> Manifest.Ownership {
    Manifest.Ownership(
      mode: fields["mode"].flatMap { mode($0) },
      uid: UInt32(fields["uid"].flatMap { integer($0, in: ManifestRules.ids) } ?? 0),
      gid: UInt32(fields["gid"].flatMap { integer($0, in: ManifestRules.ids) } ?? 0))
  }
}

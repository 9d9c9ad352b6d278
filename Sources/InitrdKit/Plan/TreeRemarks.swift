/// What a user should know about a tree: what is left out of the image, and what an image can't hold.
struct TreeRemarks {
  /// Sockets, which a program makes anew.
  var sockets: [[UInt8]] = []
  /// The image itself, from an earlier build.
  var outputs: [[UInt8]] = []
  /// For each extended attribute the first entry that has it, and the number of entries.
  private var attributes: [[UInt8]: (first: [UInt8], count: Int)] = [:]
  private var withAttributes = 0
  private var withoutKnowledge = 0

  /// Notes the extended attributes of an entry.
  mutating func note(_ entry: TreeEntry) {
    guard let names = entry.attributes else {
      withoutKnowledge += 1
      return
    }
    guard !names.isEmpty else { return }
    withAttributes += 1
    for name in names { attributes[name, default: (entry.path, 0)].count += 1 }
  }

  /// Adds what was noted about the tree `name`.
  func add(
    to diagnostics: inout Diagnostics, of name: String, _ destination: TreeEntries.Destination
  ) {
    let (key, location) = (destination.key, destination.location)
    if !sockets.isEmpty {
      diagnostics.note(
        .badInput,
        "\(key): left out \(counted(sockets.count, "socket", "sockets")) of \(name):"
          + " \(Self.list(sockets))", at: location)
    }
    if !outputs.isEmpty {
      diagnostics.note(
        .conflict, "\(key): left out the image that is built: \(Self.list(outputs)) of \(name)",
        at: location, remedy: "name another file with -o, or exclude it")
    }
    if withoutKnowledge > 0 {
      diagnostics.note(
        .system,
        "\(key): the extended attributes of \(counted(withoutKnowledge, "entry", "entries")) of \(name) are unknown,"
          + " because /proc is not mounted",
        at: location)
    }
    guard !attributes.isEmpty else { return }
    let listed = attributes.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { row in
      let (first, count) = row.value
      return "\(printable(row.key)) of /\(printable(first))"
        + (count > 1 ? " and \(count - 1) more" : "")
    }
    let isError = destination.attributes == .error
    diagnostics.add(
      Diagnostic(
        isError ? .error : .note, .limit,
        "\(key): \(counted(withAttributes, "entry", "entries")) of \(name)"
          + " \(withAttributes == 1 ? "has" : "have") extended attributes, which an initramfs can't hold: "
          + listed.joined(separator: ", "), at: location,
        remedy: isError
          ? "exclude the files, remove the attributes, or leave \"xattrs\" out" : nil))
  }

  /// The first of some paths.
  private static func list(_ paths: [[UInt8]]) -> String {
    let shown = paths.prefix(3).map { "/" + printable($0) }.joined(separator: ", ")
    return paths.count > 3 ? "\(shown) and \(paths.count - 3) more" : shown
  }
}

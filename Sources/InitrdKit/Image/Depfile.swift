/// A dependency file for make, ninja and others, in the form that compilers write with `-MD -MP`.
enum Depfile {
  /// Returns `target: input …`, and a rule without a recipe for each input: if an input is deleted later, make builds
  /// the target again, and does not stop with an error.
  ///
  /// - Throws: `limit` for a name that contains a line end, because the format can't express it.
  static func rule(target: String, inputs: [String]) throws(InitrdError) -> [UInt8] {
    var escaped: [String] = []
    for name in [target] + inputs {
      guard !name.utf8.contains(0x0A), !name.utf8.contains(0x0D) else {
        throw InitrdError(
          .limit, "a dependency file can't name \(printable(name.utf8)): it contains a line end",
          remedy: "rename the file, or build without --depfile")
      }
      escaped.append(escape(name))
    }
    var text = escaped[0] + ":"
    for input in escaped.dropFirst() { text += " \\\n  " + input }
    text += "\n"
    // With a percent sign it would be a pattern rule.
    for input in escaped.dropFirst() where !input.utf8.contains(0x25) { text += "\n\(input):\n" }
    return Array(text.utf8)
  }

  private static func escape(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "$": text += "$$"
      case "#", " ", "\t", ":": text += "\\" + String(scalar)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

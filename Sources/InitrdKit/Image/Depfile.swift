/// A dependency file in the form that compilers write with `-MD -MP`, and make, ninja and others read.
enum Depfile {
  /// `target: input …`, and a rule without a recipe for each input, so that one which is gone later on makes the
  /// target be built again instead of stopping make.
  ///
  /// - Throws: `limit` for a name with a line end in it, which the format can't say.
  static func rule(target: String, inputs: [String]) throws(InitrdError) -> [UInt8] {
    var escaped: [String] = []
    for name in [target] + inputs {
      guard !name.utf8.contains(0x0A), !name.utf8.contains(0x0D) else {
        throw InitrdError(
          .limit, "a dependency file can't name \(printable(name.utf8)): there is a line end in it")
      }
      escaped.append(escape(name))
    }
    var text = escaped[0] + ":"
    for input in escaped.dropFirst() { text += " \\\n  " + input }
    text += "\n"
    // A percent sign would make a pattern rule of it.
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

/// A JSON value for output. Members keep their order.
package enum JSONValue: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case integer(Int64)
  /// A number. Infinity and NaN are written as `null`.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// A list of this number of values, each of which is made when it is written.
  case made(Int, @Sendable (Int) -> JSONValue)
  /// Names with values.
  case object([(name: String, value: JSONValue)])

  /// The value as JSON text (RFC 8259): on one line, or indented by two blanks for each level. Characters that could
  /// change the screen are escaped.
  package func text(indented: Bool = false) -> String {
    var text = ""
    write(indented: indented) { text += $0 }
    return text
  }

  /// Passes the JSON text to `sink` in pieces.
  package func write(indented: Bool = false, to sink: (String) -> Void) {
    var text = ""
    append(to: &text, indent: indented ? "\n" : nil, sink)
    sink(text)
  }

  private func append(to text: inout String, indent: String?, _ sink: (String) -> Void) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? String(value) : "null"
    case .string(let value): Self.append(value, to: &text)
    case .array(let values):
      Self.append(values, between: ("[", "]"), to: &text, indent: indent) { value, text, indent in
        value.append(to: &text, indent: indent, sink)
      }
    case .made(let count, let value):
      Self.append(0..<count, between: ("[", "]"), to: &text, indent: indent) {
        index, text, indent in
        value(index).append(to: &text, indent: indent, sink)
        if text.utf8.count >= 1 << 16 {
          sink(text)
          text = ""
        }
      }
    case .object(let members):
      Self.append(members, between: ("{", "}"), to: &text, indent: indent) { member, text, indent in
        Self.append(member.name, to: &text)
        text += indent == nil ? ":" : ": "
        member.value.append(to: &text, indent: indent, sink)
      }
    }
  }

  private static func append<Element>(
    _ elements: some Collection<Element>, between brackets: (String, String), to text: inout String,
    indent: String?, _ append: (Element, inout String, String?) -> Void
  ) {
    text += brackets.0
    let inner = indent.map { $0 + "  " }
    for (number, element) in elements.enumerated() {
      if number > 0 { text += "," }
      text += inner ?? ""
      append(element, &text, inner)
    }
    if !elements.isEmpty { text += indent ?? "" }
    text += brackets.1
  }

  private static func append(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      // The most frequent characters.
      case "0"..."9", "A"..."Z", "a"..."z", "-"..."/": text.unicodeScalars.append(scalar)
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where isPrintable(scalar): text.unicodeScalars.append(scalar)
      default:
        for unit in String(scalar).utf16 {
          text += "\\u" + hexadecimal(UInt8(unit >> 8)) + hexadecimal(UInt8(unit & 0xFF))
        }
      }
    }
    text += "\""
  }
}

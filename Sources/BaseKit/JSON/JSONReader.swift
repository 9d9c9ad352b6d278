/// A strict reader of JSON (RFC 8259, UTF-8). Its values have their places in the text.
///
/// Comments are allowed wherever a blank is: `// …` up to the end of the line, and `/* … */`. A name must not be repeated
/// in one object, except `"//"`, which is a comment, too.
package struct JSONReader {
  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var line = 1
  private var lineStart = 0
  private var depth = 0

  /// The maximum depth of nested lists and objects.
  package static let depthLimit = 64

  /// Reads a text, which must be one value.
  ///
  /// - Throws: `json-syntax` with line and column.
  package static func read(_ bytes: [UInt8], file: String) throws(InitrdError) -> JSONNode {
    var reader = JSONReader(bytes: bytes, file: file)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw reader.error("the text starts with a byte order mark", remedy: "save it as plain UTF-8")
    }
    try reader.skipBlanks()
    guard reader.position < bytes.count else { throw reader.error("the text is empty") }
    let node = try reader.value()
    try reader.skipBlanks()
    guard reader.position == bytes.count else {
      throw reader.error("something follows the end of the value")
    }
    return node
  }

  private init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  // MARK: Places

  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var location: InitrdError.Location {
    .init(file: file, line: line, column: position - lineStart + 1)
  }

  private func error(
    _ message: String, at location: InitrdError.Location? = nil, remedy: String? = nil
  ) -> InitrdError {
    InitrdError(.jsonSyntax, message, at: location ?? self.location, remedy: remedy)
  }

  /// The character at the position, for a message.
  private var found: String {
    guard let byte else { return "the end of the text" }
    return "\"\(printable([byte]))\""
  }

  /// Skips blanks and comments.
  private mutating func skipBlanks() throws(InitrdError) {
    while let byte {
      switch byte {
      case 0x0A, 0x20, 0x09, 0x0D: advance()
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(InitrdError) {
    let start = location
    switch bytes.dropFirst(position + 1).first {
    case UInt8(ascii: "/"): while let byte, byte != 0x0A { position += 1 }
    case UInt8(ascii: "*"):
      position += 2
      while !bytes[position...].starts(with: "*/".utf8) {
        guard byte != nil else { throw error("a comment without an end", at: start) }
        advance()
      }
      position += 2
    default:
      throw error("found \(found)", remedy: "a comment begins with // or /*")
    }
  }

  /// Moves on by one byte.
  private mutating func advance() {
    if byte == 0x0A {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  // MARK: Values

  private mutating func value() throws(InitrdError) -> JSONNode {
    let start = location
    let value: JSONNode.Value
    switch byte {
    case UInt8(ascii: "{"): value = .object(try object())
    case UInt8(ascii: "["): value = .array(try array())
    case UInt8(ascii: "\""): value = .string(try string())
    case UInt8(ascii: "-"): value = try number()
    case .some(UInt8(ascii: "0")...UInt8(ascii: "9")): value = try number()
    case UInt8(ascii: "t"): value = try word("true", .bool(true))
    case UInt8(ascii: "f"): value = try word("false", .bool(false))
    case UInt8(ascii: "n"): value = try word("null", .null)
    case UInt8(ascii: "#"):
      throw error("expected a value, found \(found)", remedy: "a comment begins with // or /*")
    default: throw error("expected a value, found \(found)")
    }
    return JSONNode(value: value, location: start)
  }

  private mutating func word(
    _ text: String, _ value: JSONNode.Value
  ) throws(InitrdError) -> JSONNode.Value {
    guard bytes[position...].starts(with: text.utf8) else {
      throw error("expected a value, found \(found)")
    }
    position += text.utf8.count
    return value
  }

  private mutating func object() throws(InitrdError) -> [JSONNode.Member] {
    var members: [JSONNode.Member] = []
    // Names are compared as bytes: two normal forms of one letter are equal strings, but different names for a kernel.
    var places: [[UInt8]: InitrdError.Location] = [:]
    try sequence(closedBy: UInt8(ascii: "}")) { reader throws(InitrdError) in
      let start = reader.location
      guard reader.byte == UInt8(ascii: "\"") else {
        throw reader.error("expected a name in double quotes, found \(reader.found)")
      }
      let name = try reader.string()
      if name != "//", let first = places.updateValue(start, forKey: Array(name.utf8)) {
        throw reader.error(
          "the name \"\(printable(name.utf8))\" is repeated; the first one is at line \(first.line ?? 0)",
          at: start)
      }
      try reader.skipBlanks()
      guard reader.byte == UInt8(ascii: ":") else {
        throw reader.error("expected \":\" after the name, found \(reader.found)")
      }
      reader.position += 1
      try reader.skipBlanks()
      members.append(.init(name: name, location: start, value: try reader.value()))
    }
    return members
  }

  private mutating func array() throws(InitrdError) -> [JSONNode] {
    var nodes: [JSONNode] = []
    try sequence(closedBy: UInt8(ascii: "]")) { reader throws(InitrdError) in
      nodes.append(try reader.value())
    }
    return nodes
  }

  /// Reads elements with commas between them, from the opening bracket to the closing one.
  private mutating func sequence(
    closedBy end: UInt8, _ element: (inout JSONReader) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw error("lists and objects are nested deeper than \(Self.depthLimit)")
    }
    position += 1
    try skipBlanks()
    var isFirst = true
    while byte != end || !isFirst {
      if byte == end {
        throw error("a comma before \(found)", remedy: "JSON has no comma after the last element")
      }
      try element(&self)
      isFirst = false
      try skipBlanks()
      if byte == end { break }
      guard byte == UInt8(ascii: ",") else {
        throw error("expected \",\" or \"\(printable([end]))\", found \(found)")
      }
      position += 1
      try skipBlanks()
    }
    position += 1
    depth -= 1
  }

  // MARK: Numbers

  private mutating func number() throws(InitrdError) -> JSONNode.Value {
    let start = position
    let place = location
    if byte == UInt8(ascii: "-") { position += 1 }
    let digits = skipDigits()
    guard !digits.isEmpty else { throw error("expected a digit, found \(found)") }
    guard digits.count == 1 || digits.first != UInt8(ascii: "0") else {
      throw error(
        "a number with a leading zero", at: place, remedy: "write a mode as a string: \"0644\"")
    }
    var isWhole = true
    if byte == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      if skipDigits().isEmpty { throw error("expected a digit, found \(found)") }
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      isWhole = false
      position += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
      if skipDigits().isEmpty { throw error("expected a digit, found \(found)") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole {
      guard let value = Int64(text) else {
        throw error("a number that is too large", at: place)
      }
      return .integer(value)
    }
    guard let value = Double(text), value.isFinite else {
      throw error("a number that is too large", at: place)
    }
    return .number(value)
  }

  private mutating func skipDigits() -> ArraySlice<UInt8> {
    let start = position
    while let byte, byte &- 0x30 < 10 { position += 1 }
    return bytes[start..<position]
  }

  // MARK: Strings

  private mutating func string() throws(InitrdError) -> String {
    let start = location
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte else { throw error("a string without an end", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("a string that is not UTF-8", at: start)
        }
        return string
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20:
        throw error(
          "a control character in a string",
          remedy: byte == 0x0A ? "end the string, or write \\n" : nil)
      default:
        text.append(byte)
        position += 1
      }
    }
  }

  private mutating func escape() throws(InitrdError) -> [UInt8] {
    let start = location
    position += 1
    guard let byte else { throw error("a string without an end", at: start) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var code = try codeUnit(start)
      if 0xD800..<0xDC00 ~= code, bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        let low = try codeUnit(start)
        guard 0xDC00..<0xE000 ~= low else { throw error("half of a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw error("half of a surrogate pair", at: start)
      }
      return Array(String(scalar).utf8)
    default: throw error("an unknown escape: \\\(printable([byte]))", at: start)
    }
  }

  /// The four hexadecimal digits of an escape.
  private mutating func codeUnit(_ start: InitrdError.Location) throws(InitrdError) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("expected four hexadecimal digits after \\u", at: start) }
    position += 4
    return code
  }
}

import InitrdKit

/// The common parts of all JSON answers; docs/commands.md describes them.
extension JSONValue {
  /// Members of an object, in their order.
  typealias Members = [(name: String, value: JSONValue)]

  /// A whole answer: `formatVersion`, the members of a command, and the diagnostics.
  static func document(_ members: Members, diagnostics: [Diagnostic] = []) -> JSONValue {
    .object(
      [("formatVersion", .integer(1))] + members
        + [("diagnostics", .array(diagnostics.map(\.json)))])
  }

  /// An array of texts.
  static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

  /// A number that is not negative.
  static func count(_ number: some BinaryInteger) -> JSONValue {
    .integer(Int64(clamping: number))
  }

  /// A text, or `null`.
  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  /// A number that is not negative, or `null`.
  static func optional(_ number: (some BinaryInteger)?) -> JSONValue {
    if let number { .count(number) } else { .null }
  }

  /// A path in an image: with a leading slash, without `.` and superfluous slashes, escaped as on a terminal.
  static func path(_ name: [UInt8]) -> JSONValue {
    .string("/" + printable(plainPath(name)))
  }

  /// The reasons for an entry or module.
  static func reasons(_ reasons: [Reason]) -> JSONValue { .array(reasons.map(\.json)) }

  /// The properties of an entry, the same in all answers.
  static func attributes(
    type: FileType?, mode: UInt16, uid: UInt32, gid: UInt32, links: Int, bytes: UInt64,
    modified: UInt32?, target: [UInt8], major: UInt32, minor: UInt32
  ) -> Members {
    var members: Members = [
      ("type", .string(typeName(type))), ("mode", .string(octal(mode))), ("uid", .count(uid)),
      ("gid", .count(gid)), ("links", .count(links)), ("bytes", .count(bytes)),
      ("modified", .optional(modified)),
    ]
    if type == .symlink { members.append(("target", .string(printable(target)))) }
    if type == .blockDevice || type == .characterDevice {
      members += [("major", .count(major)), ("minor", .count(minor))]
    }
    return members
  }

  /// A segment of an image, or an archive of a plan; unknown values are `null`.
  static func segment(
    name: String? = nil, offset: UInt64?, compression: Compression, level: Int? = nil,
    parameters: String? = nil, bytes: UInt64?, unpackedBytes: UInt64, entryCount: Int
  ) -> JSONValue {
    .object([
      ("name", .optional(name)), ("offset", .optional(offset)),
      ("compression", .string(compression.rawValue)), ("level", .optional(level)),
      ("parameters", .optional(parameters)), ("bytes", .optional(bytes)),
      ("unpackedBytes", .count(unpackedBytes)), ("entryCount", .count(entryCount)),
    ])
  }
}

extension Diagnostic {
  /// The diagnostic as JSON.
  var json: JSONValue {
    .object([
      ("severity", .string(severity.rawValue)), ("code", .string(code.name)),
      ("message", .string(message)), ("place", location?.json ?? .null),
      ("remedy", .optional(remedy)),
    ])
  }
}

extension InitrdError.Location {
  /// The place as JSON.
  var json: JSONValue {
    .object([
      ("file", .optional(file)), ("line", .optional(line)), ("column", .optional(column)),
      ("offset", .optional(offset)),
    ])
  }
}

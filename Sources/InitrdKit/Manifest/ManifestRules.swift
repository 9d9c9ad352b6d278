/// The rules for single values of a manifest.
///
/// The JSON reader applies them with the place of each value in the text; ``Manifest/validate()`` applies the same ones
/// to manifests that are made in code.
enum ManifestRules {
  /// What is wrong with a value.
  struct Violation: Equatable, Sendable {
    let message: String
    var remedy: String?
  }

  // MARK: Numbers

  static let alignments: ClosedRange<Int64> = 4...4096
  /// Permissions with set-id and sticky bits.
  static let modes: ClosedRange<Int64> = 0...0o7777
  /// 4294967295 means "leave it as it is" to the kernel.
  static let ids: ClosedRange<Int64> = 0...4_294_967_294
  /// The kernel's device numbers, beyond which they alias silently.
  static let majors: ClosedRange<Int64> = 0...4095
  static let minors: ClosedRange<Int64> = 0...1_048_575
  /// Seconds that the init waits for the root.
  static let timeouts: ClosedRange<Int64> = 0...86_400
  /// Bytes and numbers that have to be at least 1.
  static let positive: ClosedRange<Int64> = 1...Int64.max

  static func number(_ value: some BinaryInteger, in range: ClosedRange<Int64>) -> Violation? {
    if let value = Int64(exactly: value), range.contains(value) { return nil }
    let top = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
    return Violation(message: "\(value) is out of range: at least \(range.lowerBound)\(top)")
  }

  static func alignment(_ value: some BinaryInteger) -> Violation? {
    if let violation = number(value, in: alignments) { return violation }
    return value % 4 == 0 ? nil : Violation(message: "\(value) is not a multiple of 4")
  }

  static func mode(_ value: some BinaryInteger) -> Violation? {
    if let value = Int64(exactly: value), modes.contains(value) { return nil }
    return Violation(
      message: "\"\(String(value, radix: 8))\" is not an octal mode from 0 to 7777")
  }

  static func level(_ level: some BinaryInteger, of compression: Compression) -> Violation? {
    guard let levels = compression.levels else {
      return Violation(message: "\"\(compression.rawValue)\" has no levels")
    }
    return number(level, in: Int64(levels.lowerBound)...Int64(levels.upperBound))
  }

  /// A device's number; fifos and sockets have none.
  static func deviceNumber(
    _ value: UInt32, in range: ClosedRange<Int64>, of kind: Manifest.Node.Kind
  ) -> Violation? {
    switch kind {
    case .char, .block: number(value, in: range)
    case .fifo, .socket:
      value == 0 ? nil : Violation(message: "a \(kind.rawValue) has no device number")
    }
  }

  // MARK: Text

  /// A string without NULs, whose `${…}` are known.
  static func text(_ text: String) -> Violation? {
    if text.utf8.contains(0) { return Violation(message: "a NUL in a string") }
    return Variables.unknown(in: text).map {
      Violation(
        message: "unknown variable \($0)",
        remedy: "known are: ${arch}, ${release}; $${ is ${ itself")
    }
  }

  /// A string of one line.
  static func line(_ value: String) -> Violation? {
    if let violation = text(value) { return violation }
    return value.utf8.contains(0x0A)
      ? Violation(message: "a line end in a string that has to be one line") : nil
  }

  /// A name of one line, which is not empty.
  static func name(_ value: String) -> Violation? {
    value.isEmpty ? Violation(message: "an empty name") : line(value)
  }

  /// A path of one line, which is not empty.
  static func path(_ value: String) -> Violation? {
    value.isEmpty ? Violation(message: "an empty path") : text(value)
  }

  /// Mount options: no blanks, which would end them on the kernel's command line.
  static func mountWord(_ value: String) -> Violation? {
    if let violation = line(value) { return violation }
    return value.utf8.contains(0x20) || value.utf8.contains(0x09)
      ? Violation(message: "a blank in mount options") : nil
  }

  static func fileSystem(_ value: String) -> Violation? {
    if let violation = name(value) { return violation }
    return value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") }
      ? nil : Violation(message: "\"\(printable(value.utf8))\" is not a file system's name")
  }

  static func device(_ device: String) -> Violation? {
    if let violation = line(device) { return violation }
    let sources = ["/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="]
    let source = sources.first { device.utf8.starts(with: $0.utf8) }
    if let source, device.utf8.count > source.utf8.count { return nil }
    return Violation(
      message: "\"\(printable(device.utf8))\" names no device",
      remedy: "write /dev/NAME, UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…")
  }

  /// The words of a program, of which the first is its path.
  static func program(_ words: [String]) -> Violation? {
    for word in words { if let violation = line(word) { return violation } }
    return words.first?.utf8.first == UInt8(ascii: "/")
      ? nil : Violation(message: "a program is a list that starts with an absolute path")
  }

  /// An environment variable's name: letters, digits and `_`, no digit first.
  static func variableName(_ name: String) -> Violation? {
    let isName =
      name.utf8.first.map { !(0x30...0x39 ~= $0) } == true
      && name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    return isName
      ? nil
      : Violation(
        message: "\"\(printable(name.utf8))\" can't be the name of a variable",
        remedy: "use letters, digits and _, and no digit first")
  }

  static func moduleName(_ name: String) -> Violation? {
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy {
        isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
    return isName
      ? nil : Violation(message: "\"\(printable(name.utf8))\" is not a module's name")
  }

  /// A module's options; modprobe takes a backslash at the end of a line for "goes on in the next one".
  static func moduleOptions(_ options: String) -> Violation? {
    if let violation = line(options) { return violation }
    return options.utf8.last == UInt8(ascii: "\\")
      ? Violation(message: "options can't end with a backslash") : nil
  }

  /// A symbolic link's target.
  static func linkTarget(_ target: [UInt8]) -> Violation? {
    if target.contains(0) { return Violation(message: "a NUL in a string") }
    return 1...4095 ~= target.count
      ? nil
      : Violation(message: "a link's target has 1 to 4095 bytes, this one \(target.count)")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

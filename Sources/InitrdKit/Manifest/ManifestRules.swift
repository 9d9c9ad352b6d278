/// The rules for single values of a manifest.
///
/// The JSON reader applies them and adds the place of each value in the text. ``Manifest/validate()`` applies them to
/// manifests made in code.
enum ManifestRules {
  /// The violation of a rule by a value.
  struct Violation: Equatable, Sendable {
    let message: String
    var remedy: String?
  }

  // MARK: Numbers

  static let alignments: ClosedRange<Int64> = 4...4096
  /// Permission bits with set-id and sticky bits.
  static let modes: ClosedRange<Int64> = 0...0o7777
  /// Owners and groups. 4294967295 is excluded: for the kernel it means "keep the owner".
  static let ids: ClosedRange<Int64> = 0...4_294_967_294
  /// The kernel's range of device numbers; it cuts off larger ones without a message.
  static let majors: ClosedRange<Int64> = 0...4095
  static let minors: ClosedRange<Int64> = 0...1_048_575
  /// The longest wait for the root, in seconds.
  static let timeouts: ClosedRange<Int64> = 0...86_400
  /// Sizes and counts.
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

  /// A major or minor number; fifos and sockets have none.
  static func deviceNumber(
    _ value: UInt32, in range: ClosedRange<Int64>, of kind: Manifest.Node.Kind
  ) -> Violation? {
    switch kind {
    case .char, .block: number(value, in: range)
    case .fifo, .socket:
      value == 0 ? nil : Violation(message: "a \(kind.rawValue) can't have a device number")
    }
  }

  // MARK: Text

  /// A string without NULs and without unknown variables.
  static func text(_ text: String) -> Violation? {
    if text.utf8.contains(0) { return Violation(message: "a string can't contain a NUL") }
    return Variables.unknown(in: text).map {
      Violation(
        message: "unknown variable \($0)",
        remedy: "expected one of: ${arch}, ${release}; write $${ for a literal ${")
    }
  }

  /// A string of one line.
  static func line(_ value: String) -> Violation? {
    if let violation = text(value) { return violation }
    return value.utf8.contains(0x0A)
      ? Violation(message: "this string can't contain a line end") : nil
  }

  /// A name: one line, not empty.
  static func name(_ value: String) -> Violation? {
    value.isEmpty ? Violation(message: "the name is empty") : line(value)
  }

  /// A path: not empty.
  static func path(_ value: String) -> Violation? {
    value.isEmpty ? Violation(message: "the path is empty") : text(value)
  }

  /// The `dest` of a file with `content`, which has no name of its own.
  static func fileName(isBelowDest: Bool) -> Violation? {
    isBelowDest
      ? Violation(
        message: "the path of a file with \"content\" ends with a slash",
        remedy: "write the whole path of the file") : nil
  }

  /// Mount options: one line without blanks, which would end the options on the kernel's command line.
  static func mountWord(_ value: String) -> Violation? {
    if let violation = line(value) { return violation }
    return value.utf8.contains(0x20) || value.utf8.contains(0x09)
      ? Violation(message: "mount options can't contain blanks") : nil
  }

  static func fileSystem(_ value: String) -> Violation? {
    if let violation = name(value) { return violation }
    return value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") }
      ? nil : Violation(message: "\"\(printable(value.utf8))\" is not a name of a file system")
  }

  static func device(_ device: String) -> Violation? {
    if let violation = line(device) { return violation }
    let sources = ["/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="]
    let source = sources.first { device.utf8.starts(with: $0.utf8) }
    if let source, device.utf8.count > source.utf8.count { return nil }
    return Violation(
      message: "\"\(printable(device.utf8))\" is not a device",
      remedy: "write /dev/NAME, UUID=…, LABEL=…, PARTUUID=… or PARTLABEL=…")
  }

  /// A program: its absolute path and its arguments.
  static func program(_ words: [String]) -> Violation? {
    for word in words { if let violation = line(word) { return violation } }
    return words.first?.utf8.first == UInt8(ascii: "/")
      ? nil : Violation(message: "a program must be a list that starts with an absolute path")
  }

  /// The name of an environment variable: letters, digits and `_`; the first is not a digit.
  static func variableName(_ name: String) -> Violation? {
    let isName =
      name.utf8.first.map { !(0x30...0x39 ~= $0) } == true
      && name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    return isName
      ? nil
      : Violation(
        message: "\"\(printable(name.utf8))\" is not a valid name of a variable",
        remedy: "use letters, digits and _; the first can't be a digit")
  }

  static func moduleName(_ name: String) -> Violation? {
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy {
        isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
    return isName
      ? nil : Violation(message: "\"\(printable(name.utf8))\" is not a name of a module")
  }

  /// The options of a module. They can't end with a backslash, with which modprobe joins two lines.
  static func moduleOptions(_ options: String) -> Violation? {
    if let violation = line(options) { return violation }
    return options.utf8.last == UInt8(ascii: "\\")
      ? Violation(message: "options can't end with a backslash") : nil
  }

  /// The target of a symbolic link.
  static func linkTarget(_ target: [UInt8]) -> Violation? {
    if target.contains(0) { return Violation(message: "a string can't contain a NUL") }
    return 1...4095 ~= target.count
      ? nil
      : Violation(message: "the target has \(target.count) bytes; it must have 1 to 4095")
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

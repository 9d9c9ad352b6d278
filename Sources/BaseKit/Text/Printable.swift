/// `bytes` as text for a terminal: control characters, bidirectional controls, separators, backslashes and bytes that are
/// not UTF-8 become `\xNN`, so that a name can't change the screen around it.
package func printable(_ bytes: some Sequence<UInt8>) -> String {
  var rest = Array(bytes)[...]
  if rest.allSatisfy({ isPlain($0) && $0 != UInt8(ascii: "\\") }) {
    return String(decoding: rest, as: UTF8.self)
  }
  var text = ""
  while let lead = rest.first {
    let width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    let head = rest.prefix(width)
    if let scalar = String(validating: head, as: UTF8.self)?.unicodeScalars.first,
      isPrintable(scalar)
    {
      text.unicodeScalars.append(scalar)
      rest = rest.dropFirst(UTF8.width(scalar))
    } else {
      text += "\\x" + hexadecimal(lead)
      rest = rest.dropFirst()
    }
  }
  return text
}

/// The bytes of a name in the form of ``printable(_:)``: `\xNN` is a byte; any other backslash stands for itself.
///
/// - Parameters:
///   - text: the name, or a shell pattern.
///   - isPattern: whether to quote bytes given as `\xNN` that have a meaning in patterns.
/// - Returns: the bytes.
package func unprintable(_ text: some Sequence<UInt8>, isPattern: Bool = false) -> [UInt8] {
  var rest = Array(text)[...]
  var bytes: [UInt8] = []
  while let byte = rest.popFirst() {
    let digits = rest.dropFirst().prefix(2)
    if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), digits.count == 2,
      digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let named = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    {
      if isPattern, named < 0x80 { bytes.append(byte) }
      bytes.append(named)
      rest = rest.dropFirst(3)
    } else {
      bytes.append(byte)
    }
  }
  return bytes
}

/// `text` with everything escaped that could change the screen, as in ``printable(_:)``, except line ends and backslashes:
/// for whole messages, whose names may be escaped already.
package func terminalSafe(_ text: String) -> String {
  if text.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "\n") }) { return text }
  var safe = ""
  for scalar in text.unicodeScalars {
    if scalar == "\n" || scalar == "\\" || isPrintable(scalar) {
      safe.unicodeScalars.append(scalar)
    } else {
      safe += printable(String(scalar).utf8)
    }
  }
  return safe
}

/// Two lower-case hexadecimal digits.
package func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "0" + digits : digits
}

/// Whether a byte is a printable ASCII character, as most are.
private func isPlain(_ byte: UInt8) -> Bool { 0x20...0x7E ~= byte }

/// Whether a character can be shown unchanged, and is not a backslash.
func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
  default: scalar != "\\"
  }
}

/// The name in messages of what is at `path` below a directory.
package func displayPath(_ path: String, below directory: String) -> String {
  directory.utf8.last == UInt8(ascii: "/") ? directory + path : "\(directory)/\(path)"
}

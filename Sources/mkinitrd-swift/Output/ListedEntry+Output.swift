import InitrdKit

extension ListedEntry {
  /// The order of entries with the largest first: by size, then by path.
  func isLarger(than other: Self) -> Bool {
    size == other.size ? path.lexicographicallyPrecedes(other.path) : size > other.size
  }

  /// The columns of `ls -l`.
  var row: [String] {
    let isDevice = type == .blockDevice || type == .characterDevice
    let arrow = type == .symlink ? " -> \(printable(target))" : ""
    return [
      modeText(type: type, mode: mode), String(links), String(uid),
      String(gid), isDevice ? "\(major), \(minor)" : String(size),
      dateText(modified), printable(path) + arrow,
    ]
  }

  /// The entry as JSON.
  var json: JSONValue {
    let plain = plainPath(path)
    // An unusual name, such as `./init`, is added as it is in the archive.
    let name: JSONValue.Members =
      plain == path ? [] : [("name", .string(printable(path)))]
    return .object(
      [("path", .path(path)), ("segment", .count(segment))] + name
        + JSONValue.attributes(
          type: type, mode: mode, uid: uid, gid: gid, links: Int(links),
          bytes: size, modified: modified, target: target, major: major,
          minor: minor))
  }
}

/// The name of a type.
func typeName(_ type: FileType?) -> String { type?.name ?? "unknown" }

/// The type and the permissions in the form of ls(1): `-rwxr-xr-x`.
func modeText(type: FileType?, mode: UInt16) -> String {
  let first =
    switch type {
    case .fifo: "p"
    case .characterDevice: "c"
    case .directory: "d"
    case .blockDevice: "b"
    case .regular: "-"
    case .symlink: "l"
    case .socket: "s"
    case nil: "?"
    }
  let letters: [Character] = ["r", "w", "x"]
  var text = (0..<9).map { bit in mode & (0o400 >> bit) != 0 ? letters[bit % 3] : "-" }
  for (bit, place, letter) in [(0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")]
  where mode & UInt16(bit) != 0 {
    text[place] = Character(text[place] == "x" ? letter : letter.uppercased())
  }
  return first + String(text)
}

/// Permissions as at least four octal digits.
func octal(_ mode: UInt16) -> String {
  let digits = String(mode, radix: 8)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// Seconds since 1970 as a day and a minute of UTC: `2026-11-23 04:50`.
func dateText(_ seconds: UInt32) -> String {
  // Years begin in March here, so that the leap day is the last day of a year. Year 0 began 719,468 days before 1970.
  let day = Int(seconds / 86_400) + 719_468
  let era = day / 146_097
  let inEra = day % 146_097
  let year = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
  let inYear = inEra - (365 * year + year / 4 - year / 100)
  let month = (5 * inYear + 2) / 153
  let dayOfMonth = inYear - (153 * month + 2) / 5 + 1
  let civilMonth = month < 10 ? month + 3 : month - 9
  let civilYear = era * 400 + year + (civilMonth <= 2 ? 1 : 0)
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let minutes = Int(seconds % 86_400) / 60
  return
    "\(civilYear)-\(two(civilMonth))-\(two(dayOfMonth)) \(two(minutes / 60)):\(two(minutes % 60))"
}

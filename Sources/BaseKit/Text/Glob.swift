/// A shell pattern over bytes: `*`, `?`, `[a-z]`, `[!a-z]`, as fnmatch(3) without flags has them.
package struct Glob: Sendable {
  private let pattern: [UInt8]

  package init(_ pattern: some Sequence<UInt8>) { self.pattern = Array(pattern) }

  /// Whether `text` has a character that makes it a pattern.
  package static func isPattern(_ text: some Sequence<UInt8>) -> Bool {
    text.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// Whether the whole of `text` matches, or with `orFolderAbove` what is before one of its slashes.
  package func matches(_ text: some Sequence<UInt8>, orFolderAbove: Bool = false) -> Bool {
    let text = Array(text)
    var (position, index) = (0, 0)
    // Where to go on when a mismatch makes the last `*` take one byte more.
    var retry: (position: Int, index: Int)?
    while index < text.count {
      if orFolderAbove, position == pattern.count, text[index] == UInt8(ascii: "/") { return true }
      if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
        position += 1
        retry = (position, index)
      } else if let next = step(position, text[index]) {
        (position, index) = (next, index + 1)
      } else if let (star, start) = retry {
        (position, index) = (star, start + 1)
        retry = (star, start + 1)
      } else {
        return false
      }
    }
    return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The position after the element at `position` when it matches `byte`.
  private func step(_ position: Int, _ byte: UInt8) -> Int? {
    guard position < pattern.count else { return nil }
    switch pattern[position] {
    case UInt8(ascii: "?"): return position + 1
    case UInt8(ascii: "["):
      guard let (set, next) = bracket(position) else {
        return byte == pattern[position] ? position + 1 : nil
      }
      return set(byte) ? next : nil
    case UInt8(ascii: "\\") where position + 1 < pattern.count:
      return pattern[position + 1] == byte ? position + 2 : nil
    case let literal: return literal == byte ? position + 1 : nil
    }
  }

  /// The set that starts at `position`, and where it ends; `nil` when no `]` closes it.
  private func bracket(_ position: Int) -> (contains: (UInt8) -> Bool, end: Int)? {
    var index = position + 1
    let negated =
      index < pattern.count && [UInt8(ascii: "!"), UInt8(ascii: "^")].contains(pattern[index])
    if negated { index += 1 }
    var ranges: [ClosedRange<UInt8>] = []
    let first = index
    while index < pattern.count {
      let low = pattern[index]
      if low == UInt8(ascii: "]"), index > first {
        return ({ byte in ranges.contains { $0.contains(byte) } != negated }, index + 1)
      }
      if index + 2 < pattern.count, pattern[index + 1] == UInt8(ascii: "-"),
        pattern[index + 2] != UInt8(ascii: "]")
      {
        if low <= pattern[index + 2] { ranges.append(low...pattern[index + 2]) }
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    return nil
  }
}

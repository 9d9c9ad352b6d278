/// A shell pattern for bytes: `*`, `?`, `[a-z]`, `[!a-z]`, with the rules of fnmatch(3) without flags.
package struct Glob: Sendable {
  private let pattern: [UInt8]

  package init(_ pattern: some Sequence<UInt8>) { self.pattern = Array(pattern) }

  /// Whether `text` contains a special character of patterns.
  package static func isPattern(_ text: some Sequence<UInt8>) -> Bool {
    text.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// Whether all of `text` matches, or with `orFolderAbove` one of the directories above it.
  package func matches(_ text: some Sequence<UInt8>, orFolderAbove: Bool = false) -> Bool {
    let text = Array(text)
    var (position, index) = (0, 0)
    // The place to continue after a mismatch, when the last `*` matches one more byte.
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

  /// The position after the element at `position` if that matches `byte`.
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

  /// The set that starts at `position`, and its end; `nil` if no `]` closes it.
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

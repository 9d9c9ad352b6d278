import InitrdKit

/// Draws paths as a tree, in the form of tree(1).
struct PathTree {
  private var paths: [(path: [UInt8], number: Int)] = []
  private let note: (Int) -> String
  private static let slash = UInt8(ascii: "/")

  /// A tree of about `count` paths; `note` returns the text after a name, for the number of its path.
  init(_ count: Int, note: @escaping (Int) -> String) {
    paths.reserveCapacity(count)
    self.note = note
  }

  /// Adds a path with its number; of equal paths the last one counts.
  mutating func add(_ path: [UInt8], _ number: Int) {
    let path = plainPath(path)
    if !path.isEmpty { paths.append((path, number)) }
  }

  /// Passes the lines, each with a line end, to `sink`.
  mutating func print(to sink: (String) -> Void) {
    // A slash sorts before all other bytes, so that the content of a directory directly follows it.
    paths.sort { first, second in
      if first.path == second.path { return first.number < second.number }
      return first.path.lexicographicallyPrecedes(second.path) {
        ($0 == Self.slash ? 0 : $0) < ($1 == Self.slash ? 0 : $1)
      }
    }
    sink(".\n")
    print(paths.indices, from: 0, indent: "", to: sink)
  }

  /// Prints the paths in `range`, which have the first `start` bytes in common.
  private func print(
    _ range: Range<Int>, from start: Int, indent: String, to sink: (String) -> Void
  ) {
    var first = range.lowerBound
    while first < range.upperBound {
      let name = name(first, start)
      var inside = first
      while inside < range.upperBound, paths[inside].path.count == name.endIndex,
        self.name(inside, start) == name
      {
        inside += 1
      }
      var end = inside
      while end < range.upperBound, self.name(end, start) == name { end += 1 }
      let note = inside > first ? note(paths[inside - 1].number) : ""
      let isLast = end == range.upperBound
      sink("\(indent)\(isLast ? "└── " : "├── ")\(printable(name))\(note)\n")
      print(
        inside..<end, from: name.endIndex + 1, indent: indent + (isLast ? "    " : "│   "), to: sink
      )
      first = end
    }
  }

  /// The component of a path that starts at this byte.
  private func name(_ number: Int, _ start: Int) -> ArraySlice<UInt8> {
    paths[number].path[start...].prefix { $0 != Self.slash }
  }
}

/// Which entries of a tree are read: those that a pattern matches, without what is excluded.
struct TreeFilter: Sendable {
  private let excluded: [Glob]
  private let pattern: TreePattern?
  /// For each pattern of what is excluded, whether it has matched something.
  private(set) var hasMatched: [Bool]

  /// - Parameters:
  ///   - excluded: patterns for whole paths, in which `*` also matches slashes; a directory stands for everything in it.
  ///   - pattern: what is included; `nil`: everything.
  init(excluding excluded: [String] = [], matching pattern: TreePattern? = nil) {
    self.excluded = excluded.map { text in
      let slash = UInt8(ascii: "/")
      return Glob(
        text.utf8.trimmingPrefix { $0 == slash }.reversed().drop { $0 == slash }.reversed())
    }
    self.pattern = pattern
    hasMatched = excluded.map { _ in false }
  }

  /// Whether the entry at `path` is included.
  mutating func includes(_ path: [UInt8]) -> Bool {
    if let pattern, pattern.match(path) == nil { return false }
    return !excludes(path)
  }

  /// Whether something below the directory at `path` may be included.
  mutating func enters(_ path: [UInt8]) -> Bool {
    if let pattern, !pattern.mayMatchBelow(path) { return false }
    return !excludes(path)
  }

  private mutating func excludes(_ path: [UInt8]) -> Bool {
    guard !path.isEmpty else { return false }
    let index = excluded.firstIndex { $0.matches(path, orFolderAbove: true) }
    if let index { hasMatched[index] = true }
    return index != nil
  }
}

/// A pattern for paths as shells have it: `*`, `?` and `[a-z]` match within a name, and `**` matches any number of
/// directories. A directory that matches stands for everything in it.
struct TreePattern: Sendable {
  private enum Part {
    case directories
    case name(Glob)
  }

  private let parts: [Part]
  /// Whether there is a `**` in it.
  let hasDirectories: Bool

  init(_ names: some Sequence<some Collection<UInt8>>) {
    var parts: [Part] = []
    for name in names {
      parts.append(name.elementsEqual("**".utf8) ? .directories : .name(Glob(name)))
    }
    hasDirectories = parts.contains { if case .directories = $0 { true } else { false } }
    // Everything below, but not the directory itself.
    if case .directories = parts.last { parts.append(.name(Glob("*".utf8))) }
    self.parts = parts
  }

  /// How many names of `path` are those of directories above the match; `nil` when neither the path nor a directory
  /// above it matches.
  func match(_ path: [UInt8]) -> Int? {
    let (matched, _) = walk(path)
    return matched
  }

  /// Whether what is below the directory at `path` may match.
  func mayMatchBelow(_ path: [UInt8]) -> Bool {
    let (matched, positions) = walk(path)
    return matched != nil || !positions.isEmpty
  }

  /// Follows the names of a path, with all positions in the pattern at which the walk may be.
  private func walk(_ path: [UInt8]) -> (matched: Int?, positions: Set<Int>) {
    var positions = skippingDirectories([0])
    for (depth, name) in path.split(separator: UInt8(ascii: "/")).enumerated() {
      var next: Set<Int> = []
      for position in positions where position < parts.count {
        switch parts[position] {
        case .directories: next.insert(position)
        case .name(let glob): if glob.matches(name) { next.insert(position + 1) }
        }
      }
      positions = skippingDirectories(next)
      if positions.contains(parts.count) { return (depth, positions) }
    }
    return (nil, positions)
  }

  /// `**` also matches no directory.
  private func skippingDirectories(_ positions: Set<Int>) -> Set<Int> {
    var all = positions
    for position in positions {
      var position = position
      while position < parts.count, case .directories = parts[position] {
        position += 1
        all.insert(position)
      }
    }
    return all
  }
}

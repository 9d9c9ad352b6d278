/// A selection of the paths in an image, by patterns.
package struct Selection: Sendable {
  private let patterns: [Glob]

  /// Selects the paths that match one of `patterns`: shell patterns for whole paths, in which `*` also matches slashes.
  package init(_ patterns: [[UInt8]]) {
    self.patterns = patterns.map { pattern in
      let path = plainPath(pattern)
      return Glob(path.isEmpty ? [UInt8(ascii: "*")] : path)
    }
  }

  /// Whether one of the patterns matches the path or a directory above it.
  package func contains(_ path: [UInt8]) -> Bool {
    let path = plainPath(path)
    return patterns.contains { $0.matches(path, orFolderAbove: true) }
  }

  /// The numbers of the patterns that match the path or a directory above it.
  package func patterns(matching path: [UInt8]) -> [Int] {
    let path = plainPath(path)
    return patterns.indices.filter { patterns[$0].matches(path, orFolderAbove: true) }
  }

  /// The numbers of the patterns that match the path itself, which has no superfluous slashes.
  func matches(_ path: [UInt8]) -> [Int] {
    patterns.indices.filter { patterns[$0].matches(path) }
  }
}

extension UnpackedTree {
  /// Removes everything that is not selected. Directories above selected entries stay.
  ///
  /// - Returns: the numbers of the patterns that matched something.
  mutating func keep(_ selection: Selection) -> Set<Int> {
    var found: Set<Int> = []
    prune(0, [], 0, selection, isSelected: false, &found)
    return found
  }

  private mutating func prune(
    _ folder: Int, _ path: [UInt8], _ depth: Int, _ selection: Selection, isSelected: Bool,
    _ found: inout Set<Int>
  ) {
    for (name, node) in nodes[folder].children {
      let path = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
      let matches = selection.matches(path)
      found.formUnion(matches)
      let isSelected = isSelected || !matches.isEmpty
      if nodes[node].type == .directory, depth < Placement.maxDepth {
        prune(node, path, depth + 1, selection, isSelected: isSelected, &found)
        if !nodes[node].children.isEmpty { continue }
      }
      if !isSelected { nodes[folder].children[name] = nil }
    }
  }
}

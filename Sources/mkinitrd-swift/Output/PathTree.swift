import InitrdKit

/// Paths as a tree, such as tree(1) draws it.
struct PathTree {
  private var children: [[UInt8]: PathTree] = [:]
  private var note = ""

  /// Adds a path; `note` stands behind its name.
  mutating func add(_ path: [UInt8], note: String = "") {
    add(path.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != [0x2E] }[...], note)
  }

  private mutating func add(_ names: ArraySlice<[UInt8]>, _ note: String) {
    // Deeper than any path that a kernel takes would be a stack of calls as deep.
    guard let name = names.first, names.count <= 2048 else {
      self.note = note
      return
    }
    children[name, default: PathTree()].add(names.dropFirst(), note)
  }

  /// The lines, each with a line end, handed over one by one.
  func print(to sink: (String) -> Void) {
    sink(".\n")
    print(indent: "", to: sink)
  }

  private func print(indent: String, to sink: (String) -> Void) {
    let sorted = children.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (index, (name, child)) in sorted.enumerated() {
      let isLast = index == sorted.count - 1
      sink("\(indent)\(isLast ? "└── " : "├── ")\(printable(name))\(child.note)\n")
      child.print(indent: indent + (isLast ? "    " : "│   "), to: sink)
    }
  }
}

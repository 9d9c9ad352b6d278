extension Plan {
  /// Checks the limits of the manifest's `budget`: those for the plan and, if `imageSize` is known, that for the image.
  ///
  /// - Throws: `budget`, with a list of the largest entries.
  func requireBudget(imageSize: UInt64?) throws(InitrdError) {
    var broken: [String] = []
    if let limit = budget.entries, entries.count > limit {
      broken.append("\(entries.count) entries, but the budget is \(limit)")
    }
    if let limit = budget.unpacked, archiveSize > limit {
      broken.append("\(archiveSize) bytes unpacked, but the budget is \(limit)")
    }
    if let limit = budget.image, let imageSize, imageSize > limit {
      broken.append("an image of \(imageSize) bytes, but the budget is \(limit)")
    }
    guard !broken.isEmpty else { return }
    let largest = entries.sorted { ($1.storedSize, $0.path) < ($0.storedSize, $1.path) }.prefix(5)
    let list = largest.map { "\($0.path) (\($0.storedSize))" }.joined(separator: ", ")
    throw InitrdError(
      .budget, broken.joined(separator: "; "), remedy: "the largest entries are \(list)")
  }
}

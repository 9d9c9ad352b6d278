extension Plan {
  /// Checks the limits of the manifest's `budget`: those of the plan, and with a size that of the image.
  ///
  /// - Throws: `budget` with the largest entries, which are where to save.
  func requireBudget(imageSize: UInt64?) throws(InitrdError) {
    var broken: [String] = []
    if let limit = budget.entries, entries.count > limit {
      broken.append("\(entries.count) entries, and the budget is \(limit)")
    }
    if let limit = budget.unpacked, archiveSize > limit {
      broken.append("\(archiveSize) bytes unpacked, and the budget is \(limit)")
    }
    if let limit = budget.image, let imageSize, imageSize > limit {
      broken.append("an image of \(imageSize) bytes, and the budget is \(limit)")
    }
    guard !broken.isEmpty else { return }
    let largest = entries.sorted { ($1.storedSize, $0.path) < ($0.storedSize, $1.path) }.prefix(5)
    let list = largest.map { "\($0.path) (\($0.storedSize))" }.joined(separator: ", ")
    throw InitrdError(.budget, broken.joined(separator: "; "), remedy: "the largest are \(list)")
  }
}

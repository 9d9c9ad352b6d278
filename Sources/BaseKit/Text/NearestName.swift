/// The name of `names` that `name` is most likely a slip for; `nil` when none is near.
///
/// Near is what takes at most two edits, or one in names of up to four letters; `-` and `_` are alike.
package func nearest(to name: String, in names: some Sequence<String>) -> String? {
  let wanted = comparable(name)
  let limit = wanted.count <= 4 ? 1 : 2
  var best: (name: String, distance: Int)?
  for candidate in names {
    let other = comparable(candidate)
    guard abs(other.count - wanted.count) <= limit else { continue }
    let distance = editDistance(wanted, other)
    guard distance <= limit else { continue }
    // Of equally near ones the first by name, so that the answer is always the same.
    if let best, (best.distance, best.name) <= (distance, candidate) { continue }
    best = (candidate, distance)
  }
  return best?.name
}

private func comparable(_ name: String) -> [UInt8] {
  name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
}

/// How many letters must be inserted, taken away, replaced, or swapped with their neighbour.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var before: [Int] = []
  var last = Array(0...right.count)
  for i in left.indices {
    var row = [i + 1]
    for j in right.indices {
      var cost = min(last[j + 1], row[j]) + 1
      cost = min(cost, last[j] + (left[i] == right[j] ? 0 : 1))
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        cost = min(cost, before[j - 1] + 1)
      }
      row.append(cost)
    }
    (before, last) = (last, row)
  }
  return last[right.count]
}

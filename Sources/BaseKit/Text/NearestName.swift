/// The name in `names` that was probably meant by `name`; `nil` when none is similar.
///
/// A similar name differs by at most two edits, or by one in names of up to four letters; `-` and `_` are equal.
package func nearest(to name: String, in names: some Sequence<String>) -> String? {
  let wanted = comparable(name)
  let limit = wanted.count <= 4 ? 1 : 2
  var best: (name: String, distance: Int)?
  for candidate in names {
    let other = comparable(candidate)
    guard abs(other.count - wanted.count) <= limit else { continue }
    let distance = editDistance(wanted, other)
    guard distance <= limit else { continue }
    // Of equally similar names the first in order, so that the answer is always the same.
    if let best, (best.distance, best.name) <= (distance, candidate) { continue }
    best = (candidate, distance)
  }
  return best?.name
}

private func comparable(_ name: String) -> [UInt8] {
  name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
}

/// The number of letters to insert, remove, replace, or swap with their neighbour.
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

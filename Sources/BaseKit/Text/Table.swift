/// Rows of cells in aligned columns.
package struct Table {
  private var rows: [[String]] = []
  private let rightAligned: Set<Int>

  /// A table; the columns with these numbers, from 0, are right-aligned.
  package init(rightAligned: Set<Int> = []) { self.rightAligned = rightAligned }

  package mutating func add(_ cells: String...) { rows.append(cells) }

  package mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines, each with `indent` in front and without trailing blanks.
  package func lines(indent: String = "") -> [String] {
    Array(Self.lines(rows.lazy, rightAligned: rightAligned, indent: indent))
  }

  /// The lines of `rows`, which are computed twice instead of being held in memory.
  package static func lines<Rows: Collection>(
    _ rows: Rows, rightAligned: Set<Int>, indent: String = ""
  ) -> some Sequence<String> where Rows.Element == [String] {
    var widths: [Int] = []
    for row in rows {
      widths += Array(repeating: 0, count: max(0, row.count - widths.count))
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], width(cell)) }
    }
    return rows.lazy.map { [widths] row in
      let cells = row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - width(cell))
        return rightAligned.contains(column) ? blanks + cell : cell + blanks
      }
      let line = indent + cells.joined(separator: "  ")
      let end = line.utf8.lastIndex { $0 != UInt8(ascii: " ") }
      return end.map { String(line[...$0]) } ?? ""
    }
  }

  /// The number of characters. ASCII text, which is the usual case, needs no segmentation.
  private static func width(_ cell: String) -> Int {
    cell.utf8.allSatisfy { $0 < 0x80 } ? cell.utf8.count : cell.count
  }
}

/// A number with thousands separators: `1,247,012`.
package func grouped(_ number: some BinaryInteger) -> String {
  var digits = String(number)[...]
  var groups: [Substring] = []
  while digits.count > 3 {
    groups.insert(digits.suffix(3), at: 0)
    digits = digits.dropLast(3)
  }
  return ([digits] + groups).joined(separator: ",")
}

/// A count with its noun: `1 entry`, `1,247 entries`.
package func counted(_ number: some BinaryInteger, _ one: String, _ many: String) -> String {
  "\(grouped(number)) \(number == 1 ? one : many)"
}

/// A number rounded to 0 to 3 decimals.
package func rounded(_ number: Double, decimals: Int) -> String {
  let scale = [1.0, 10, 100, 1000][decimals]
  let value = UInt64((number * scale).rounded())
  guard decimals > 0 else { return String(value) }
  let fraction = String(value % UInt64(scale))
  let zeros = String(repeating: "0", count: decimals - fraction.count)
  return "\(value / UInt64(scale)).\(zeros)\(fraction)"
}

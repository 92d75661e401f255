/// A part of a report that can be shortened: between its head and its end whole rows are left out, never a piece of one.
struct ReviewBlock: Sendable, Hashable {
  var head: String
  var rows: [String]
  var end = "\n"
  /// The columns of a table; 0 where rows are paragraphs.
  var columns = 0

  /// A table; cells are Markdown already.
  static func table(_ title: String, _ heads: [String], _ rows: [[String]]) -> ReviewBlock? {
    guard !rows.isEmpty else { return nil }
    let head =
      "#### \(title)\n\n" + line(heads) + "|" + String(repeating: " --- |", count: heads.count) + "\n"
    return ReviewBlock(head: head, rows: rows.map(line), columns: heads.count)
  }

  static func text(_ text: String) -> ReviewBlock { ReviewBlock(head: text, rows: [], end: "") }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |\n"
  }

  private var rowsSize: Int { rows.reduce(0) { $0 + $1.utf8.count } }

  /// What it takes without any row, but with the line that says so.
  private var fixedSize: Int {
    head.utf8.count + end.utf8.count + (rows.isEmpty ? 0 : notice(rows.count).utf8.count)
  }

  private func notice(_ count: Int) -> String {
    let words = "_\(Plural.of(count, "row")) left out here_"
    guard columns > 0 else { return words + "\n\n" }
    return Self.line([words] + [String](repeating: "", count: columns - 1))
  }

  var whole: String { head + rows.joined() + end }

  /// As much as fits: the first and the last rows.
  private func cut(to budget: Int) -> String {
    guard rowsSize > budget else { return whole }
    var first = 0
    var last = rows.count
    var left = budget
    var takesFirst = true
    while first < last {
      let next = takesFirst ? rows[first].utf8.count : rows[last - 1].utf8.count
      guard next <= left else { break }
      left -= next
      if takesFirst { first += 1 } else { last -= 1 }
      takesFirst.toggle()
    }
    guard first < last else { return whole }
    return head + rows[..<first].joined() + notice(last - first) + rows[last...].joined() + end
  }

  /// The blocks as one text of at most so many bytes; small blocks stay whole, large ones share what is left.
  ///
  /// Returns the text, and whether anything is missing in it.
  static func joined(_ blocks: [ReviewBlock], limit: Int) -> (text: String, isCut: Bool) {
    let whole = blocks.map(\.whole).joined()
    guard whole.utf8.count > limit else { return (whole, false) }
    var kept = blocks
    // Heads alone can be too many: then the middle of the report goes, and one line says so.
    let gap = ReviewBlock.text("\n_More is left out here._\n\n")
    var gone = false
    while kept.reduce(gap.fixedSize, { $0 + $1.fixedSize }) > limit, kept.count > 1 {
      kept.remove(at: kept.count / 2)
      gone = true
    }
    if gone { kept.insert(gap, at: (kept.count + 1) / 2) }
    var left = max(0, limit - kept.reduce(0) { $0 + $1.fixedSize })
    var budgets = [Int](repeating: 0, count: kept.count)
    let order = kept.indices.sorted { kept[$0].rowsSize < kept[$1].rowsSize }
    for (place, index) in order.enumerated() {
      budgets[index] = min(kept[index].rowsSize, left / (order.count - place))
      left -= budgets[index]
    }
    return (zip(kept, budgets).map { $0.cut(to: $1) }.joined(), true)
  }
}

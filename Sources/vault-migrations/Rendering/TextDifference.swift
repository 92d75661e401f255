/// Two texts line by line: what went, what came, and a little of what stayed around it.
enum TextDifference {
  /// Lines around a change that are shown for orientation.
  private static let contextLines = 2

  private enum Line {
    case kept(String)
    case removed(String)
    case added(String)

    var isKept: Bool {
      if case .kept = self { true } else { false }
    }
  }

  /// The lines of a text, of which the last may or may not end in a line break.
  static func lines(of text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  static func lines(from old: [String], to new: [String], _ style: Style) -> [String] {
    let merged = merge(old, new)
    let changed = merged.indices.filter { !merged[$0].isKept }
    var shown: [String] = []
    var isCut = false
    for index in merged.indices {
      guard changed.contains(where: { abs($0 - index) <= contextLines }) else {
        if !isCut { shown.append(style.faint("…")) }
        isCut = true
        continue
      }
      isCut = false
      switch merged[index] {
      case .kept(let text): shown.append("  " + text)
      case .removed(let text): shown.append(style.removed("- " + text))
      case .added(let text): shown.append(style.added("+ " + text))
      }
    }
    return shown
  }

  private static func merge(_ old: [String], _ new: [String]) -> [Line] {
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var merged: [Line] = []
    var next = 0
    for (index, line) in old.enumerated() {
      if removed.contains(index) {
        merged.append(.removed(line))
        continue
      }
      while added.contains(next) {
        merged.append(.added(new[next]))
        next += 1
      }
      merged.append(.kept(line))
      next += 1
    }
    return merged + new[next...].map(Line.added)
  }
}

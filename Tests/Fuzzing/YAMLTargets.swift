import Values
import YAML

/// The YAML reader and writer, and the editor that changes a document line by line.
let yamlTargets = [
  Target("yaml", seeds: yamlSeeds, words: yamlWords, yaml),
  Target("edit", seeds: yamlSeeds, words: yamlWords, edit),
]

let yamlSeeds = [
  "a: 1\nb:\n  - x\n  - {c: [1, 2.5, true, ~]}\nd: |\n  one\n  two\n# comment\ne: \"q\\u00e9\"\nf: 'it''s'\n",
  "a: &x [1, 2]\nb: *x\nc: !!str 5\n", "%YAML 1.1\n---\nyes\n...\n", "? a\n: b\n",
  "a: >-\n  folded\n  text\n",
  "0x1F: 0o17\nn: .5\nt: 2001-12-14\ns: 1:30\ne: 1e3\n", "a:\r\n  b: 1  # why\r\n", "\u{FEFF}a: é\n",
]
let yamlWords = [
  ": ", "- ", "\n  ", "&a", "*a", "!!str", "!!int", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.2\n", "{}",
  "[]", "# ",
  "? ", "<<: ", "~", "null", "true", ".inf", "0x", "\\u00", "\"", "'",
]

private func yaml(_ bytes: [UInt8]) {
  do throws(YAMLError) {
    let (document, warnings) = try YAML.parse(bytes, file: "f")
    for warning in warnings { expect(isPlace(warning.location), "a warning has a place") }
    guard let document else { return }
    expectPlaces(document)
    let text = YAML.emit(document.value)
    guard let again = try? YAML.parse(text, file: "f") else {
      fatalError("what is written cannot be read: \(text)")
    }
    expect(again.document?.value ?? .null == document.value, "what is written is read as something else")
    expect(again.warnings.isEmpty, "what is written is read with a warning")
  } catch {
    expect(isPlace(error.location) && !error.message.isEmpty, "a failure has a place")
  }
}

private func expectPlaces(_ node: Node) {
  expect(isPlace(node.location), "a node has a place")
  for element in node.sequence ?? [] { expectPlaces(element) }
  for pair in node.mapping ?? [] {
    expect(isPlace(pair.keyLocation), "a key has a place")
    expectPlaces(pair.value)
  }
}

private func isPlace(_ location: SourceLocation) -> Bool {
  location.file == "f" && location.line > 0 && location.column > 0
}

/// Changes each of the first keys, at each depth, and takes it away again; `TextEdit` itself checks what that does.
private func edit(_ bytes: [UInt8]) {
  guard let start = try? TextEdit(bytes, file: "f"), let root = start.root else { return }
  for keys in paths(in: root).prefix(12) {
    for value in [Value.string("new: value\n# two\n"), ["list": [1, "x"]], 7] {
      var edited = start
      try? edited.set(keys, to: value)
      try? edited.remove(keys)
    }
    var edited = start
    try? edited.set(keys + ["another"], to: true)
    try? edited.remove(keys)
  }
}

private func paths(in node: Node) -> [[String]] {
  (node.mapping ?? []).prefix(4).flatMap { pair in
    [[pair.key]] + paths(in: pair.value).map { [pair.key] + $0 }
  }
}

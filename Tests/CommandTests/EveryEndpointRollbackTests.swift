import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// Every endpoint that servers were measured with, taken back to its first version and brought forward again: by
/// migrations, and at once.
@Suite(.serialized) struct EveryEndpointRollbackTests {
  @Test func everyFieldIsAsItWas() async throws {
    let table = EveryEndpointRollbackTable()
    defer { print(table.text) }
    try await Project.turns.take {
      try await Scratch.with { scratch in
        try await BaoServer.with { server in
          let view = try EveryEndpointServer(server)
          table.missing = Set(view.skipped.map(\.endpoint)).subtracting(view.samples.map(\.endpoint)).count
          let project = try EveryEndpointProject("rollback", server, in: scratch)
          try await EveryEndpointRollback(view: view, project: project, table: table).run()
        }
      }
    }
    #expect(table.rows.count == 73 - table.missing)
    #expect(table.total.fields.count > 450)
    #expect(table.total.wrong.isEmpty)
  }
}

/// The way there and back.
private struct EveryEndpointRollback {
  let view: EveryEndpointServer
  let project: EveryEndpointProject
  let table: EveryEndpointRollbackTable

  /// What was declared, and what the server showed then.
  private struct Stage {
    let schema: [String: Value]
    var shown: [String: Value] = [:]
  }

  func run() async throws {
    let mounts = view.entries.merging(
      view.samples.filter(mustStay).map { ($0.path, .object(minimum(of: $0))) }
    ) { $1 }
    var stages = [
      Stage(schema: mounts), Stage(schema: view.schema(minimum)), Stage(schema: view.schema(\.declared)),
    ]
    // What only the server creates gets its first write here; a run would find nothing to change.
    for sample in view.samples where sample.isPrepared { _ = try view.write(sample, sample.base) }
    for index in stages.indices {
      try project.generate(stages[index].schema)
      try await project.run(reverting: view.samples.filter(\.isPrepared).map(\.path))
      stages[index].shown = try show()
    }
    // 0004 to 0007: to the mounts, to everything, to the minimum, to everything.
    for (stage, isAnew) in [(0, false), (2, true), (1, true), (2, true)] {
      try project.generate(stages[stage].schema)
      try await project.run()
      try await compare(stages[stage], isAnew: isAnew, "merged")
    }
    for (version, stage) in [(6, 1), (4, 0)] {
      try await project.rollBackNow(to: version)
      try await compare(stages[stage], isAnew: true, "at once")
      try await project.release()
      try await compare(stages[2], isAnew: true, "released")
    }
  }

  /// What is there before the tool, and what no request takes away again.
  private func mustStay(_ sample: EveryEndpoint.Sample) -> Bool {
    let endpoint = view.endpoint(sample)
    let completion = endpoint.completing([:], replacing: minimum(of: sample))
    if endpoint.deletableIf != nil || endpoint.goesOnlyWithMount { return true }
    return sample.isPrepared || endpoint.deleteIsRefused && !completion.unresettable.isEmpty
  }

  /// What every version has of a sample: the fields that must be there, and those that nothing resets.
  private func minimum(of sample: EveryEndpoint.Sample) -> [String: Value] {
    let endpoint = view.endpoint(sample)
    let completion = endpoint.completing(sample.base, replacing: sample.declared)
    let immutable = endpoint.immutableChanges(from: sample.declared, to: sample.base).map(\.name)
    let kept = Set(completion.unresettable).union(immutable)
    return sample.base.merging(sample.removable.filter { kept.contains($0.key) }) { $1 }
  }

  private func show() throws -> [String: Value] {
    var shown: [String: Value] = [:]
    for sample in view.samples { shown[sample.path] = try view.readWhole(sample) }
    return shown
  }

  /// Looks at every field of every sample, and whether the tool sees anything left to do.
  private func compare(_ stage: Stage, isAnew: Bool, _ way: String) async throws {
    for change in try await project.drift() {
      table.rows[change.path.description, default: .init()].wrong
        .insert("\(way): drift of \(change.path): \(change.fields.map(\.name))")
    }
    let now = try show()
    for sample in view.samples {
      try compare(sample, stage, stage.shown[sample.path], now[sample.path], isAnew, way)
    }
  }

  private func compare(
    _ sample: EveryEndpoint.Sample,
    _ stage: Stage,
    _ before: Value?,
    _ now: Value?,
    _ isAnew: Bool,
    _ way: String
  ) throws {
    let endpoint = view.endpoint(sample)
    let declared = stage.schema[sample.path]?.object
    var row = table.rows[sample.endpoint, default: .init()]
    defer { table.rows[sample.endpoint] = row }
    let hidden = endpoint.readPath(for: VaultPath(sample.path)) == .nothing
    for name in (declared ?? [:]).keys {
      if hidden || endpoint.writeOnly.matches(name) {
        row.hidden.insert(name)
      } else {
        row.fields.insert(name)
      }
    }
    if let declared, let live = now?.object, endpoint.kind != .kvData {
      let comparison = Comparison(declared: declared, live: live, endpoint: endpoint)
      for difference in comparison.differences {
        row.wrong.insert("\(way): \(sample.path) \(difference.name) is not as declared")
      }
    }
    let (old, new) = (before.map(EveryEndpointServer.leaves), now.map(EveryEndpointServer.leaves))
    // What cannot be deleted is left with nothing but zeroes, and what declares nothing may not be there at all.
    let isBare = endpoint.deleteIsRefused || declared?.isEmpty == true
    let isNothing =
      isBare
      && (old ?? new ?? [:]).allSatisfy { name, value in
        value.isZero || sample.declared[String(name.prefix { $0 != "." })] == nil
      }
    if isNothing, (old == nil) != (new == nil) { return }
    guard (old == nil) == (new == nil) else {
      row.wrong.insert(
        "\(way): \(sample.path) is \(new == nil ? "gone" : "there"): \(JSON.text(now ?? .null))"
      )
      return
    }
    for name in EveryEndpointServer.changes(old ?? [:], new ?? [:]) {
      let top = String(name.prefix { $0 != "." })
      if endpoint.isVolatile(field: name) || endpoint.isVolatile(field: top) { continue }
      let (expected, found) = (old?[name] ?? .null, new?[name] ?? .null)
      if expected.isZero, found.isZero { continue }
      let isDeclared = sample.declared.keys.contains {
        $0 == top || endpoint.shape.renamed[$0] == top || endpoint.twins[$0] == top
      }
      if isAnew, !isDeclared {
        row.own.insert(name)
      } else {
        row.wrong.insert("\(way): \(sample.path) \(name): \(JSON.text(found)), was \(JSON.text(expected))")
      }
    }
  }
}

/// What is counted, by endpoint.
private final class EveryEndpointRollbackTable {
  struct Row {
    /// Declared fields that the server shows.
    var fields: Set<String> = []
    /// Declared fields that never come back.
    var hidden: Set<String> = []
    /// What the server gives an object that is made anew.
    var own: Set<String> = []
    var wrong: Set<String> = []
  }

  var rows: [String: Row] = [:]
  /// The endpoints that this server does not have.
  var missing = 0

  var total: Row {
    rows.reduce(into: Row()) { total, row in
      func named(_ names: Set<String>) -> Set<String> { Set(names.map { "\(row.key) \($0)" }) }
      total.fields.formUnion(named(row.value.fields))
      total.hidden.formUnion(named(row.value.hidden))
      total.own.formUnion(named(row.value.own))
      total.wrong.formUnion(named(row.value.wrong))
    }
  }

  var text: String {
    var lines = [line("endpoint", ["fields", "hidden", "own", "NOT AS BEFORE"])]
    for (name, row) in rows.sorted(by: { $0.key < $1.key }) { lines.append(line(name, numbers(row))) }
    lines.append(line("\(rows.count) endpoints", numbers(total)))
    lines += total.own.sorted().map { "the server's own: \($0)" }
    lines += total.wrong.sorted().map { "not as before: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func numbers(_ row: Row) -> [String] {
    [row.fields, row.hidden, row.own, row.wrong].map { String($0.count) }
  }

  private func line(_ name: String, _ cells: [String]) -> String {
    let padded = cells.map { String(repeating: " ", count: max(0, 15 - $0.count)) + $0 }
    return name + String(repeating: " ", count: max(0, 48 - name.count)) + padded.joined()
  }
}

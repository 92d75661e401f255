import Catalogue
import Migrations
import Resources
import TestSupport
import Testing
import Values
import YAML

/// Every endpoint that servers were measured with: no false difference, no missed change, and real resets.
@Suite(.serialized) struct EveryEndpointTests {
  @Test func everyFieldOfEveryEndpoint() async throws {
    let table = EveryEndpointTable()
    defer { print(table.text) }
    try await Project.turns.take {
      try await Scratch.with { scratch in
        try await observe(table, in: scratch)
        try await reset(table, in: scratch)
        try await ignorance(table, in: scratch)
      }
    }
    let total = table.total
    #expect(try Set(EveryEndpoint.samples([:]).map(\.endpoint)).count == 73)
    #expect(total.falseDifferences.isEmpty)
    #expect(total.missed.isEmpty)
    #expect(total.wrongResets.isEmpty)
    #expect(total.unmutated.isEmpty)
  }

  /// Applies everything; adopts it without its record; then changes each field by hand.
  private func observe(_ table: EveryEndpointTable, in scratch: Scratch) async throws {
    try await BaoServer.with { server in
      let view = try EveryEndpointServer(server)
      for sample in view.samples {
        table.rows[sample.endpoint, default: EveryEndpointTable.Row()].fields.formUnion(sample.declared.keys)
      }
      if !view.skipped.isEmpty {
        print("not on this server: \(Set(view.skipped.map(\.endpoint)).sorted().joined(separator: ", "))")
      }
      let prepared = view.samples.filter(\.isPrepared).map(\.path)
      let project = try EveryEndpointProject("full", server, in: scratch)
      try project.generate(view.schema(\.declared))
      _ = try await adopt(project, view, table, reverting: prepared)
      try await expectNothing(project, view, table, "second plan")

      try project.giveUpClaims()
      let forgetful = try EveryEndpointProject("forgetful", server, in: scratch)
      try forgetful.generate(view.schema(\.declared))
      let outcomes = try await adopt(forgetful, view, table)
      for (path, outcome) in outcomes where outcome != .adopted {
        note(false: "was sent again", path, view, table)
      }
      try await EveryEndpointMutation(view: view, project: project, table: table).run()
      table.settle()
    }
  }

  /// A first run against a configured server; each object that is thought to differ is noted and passed over.
  private func adopt(
    _ project: EveryEndpointProject,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointTable,
    reverting paths: [String] = []
  ) async throws -> [String: RunRecord.Progress] {
    var reverted = paths
    while true {
      do {
        return try await project.run(reverting: reverted)
      } catch let problem as Problem {
        guard let path = problem.path, !reverted.contains(path), problem.message.contains("exists already")
        else { throw problem }
        note(false: problem.message, path, view, table)
        reverted.append(path)
      }
    }
  }

  private func expectNothing(
    _ project: EveryEndpointProject,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointTable,
    _ what: String
  ) async throws {
    let plan = try await project.plan()
    for change in plan.changes + plan.pending + plan.drift {
      note(false: "\(what): \(change.fields.map(\.name))", change.path.description, view, table)
    }
    for change in try await project.drift() {
      note(false: "drift: \(change.fields.map(\.name))", change.path.description, view, table)
    }
  }

  private func note(
    false what: String,
    _ path: String,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointTable
  ) {
    let endpoint = view.samples.first { $0.path == path }?.endpoint ?? path
    table.rows[endpoint, default: EveryEndpointTable.Row()].falseDifferences.insert("\(path): \(what)")
  }

  // MARK: - Resets

  /// Removes every field again, and compares with objects that never had it.
  private func reset(_ table: EveryEndpointTable, in scratch: Scratch) async throws {
    try await BaoServer.with { freshServer in
      let fresh = try EveryEndpointServer(freshServer)
      // What only the server creates gets its first write here; a run would find nothing to change.
      for sample in fresh.samples where sample.isPrepared { _ = try fresh.write(sample, sample.base) }
      let plain = try EveryEndpointProject("plain", freshServer, in: scratch)
      let kept = keptFields(fresh)
      try plain.generate(
        fresh.schema { sample in
          sample.base.merging(sample.removable.filter { kept[sample.path]?.contains($0.key) ?? false }) { $1 }
        }
      )
      _ = try await adopt(plain, fresh, table, reverting: fresh.samples.filter(\.isPrepared).map(\.path))
      try await BaoServer.with { server in
        let view = try EveryEndpointServer(server)
        let project = try EveryEndpointProject("reset", server, in: scratch)
        try project.generate(view.schema(\.declared))
        _ = try await adopt(project, view, table, reverting: view.samples.filter(\.isPrepared).map(\.path))
        let kept = keptFields(view)
        try await refusals(kept, project, view, table)
        try project.generate(
          view.schema { sample in
            sample.base.merging(sample.removable.filter { kept[sample.path]?.contains($0.key) ?? false }) {
              $1
            }
          }
        )
        try await project.run()
        try await expectNothing(project, view, table, "plan after removal")
        for (sample, twin) in zip(view.samples, fresh.samples) {
          try compare(sample, view, twin, fresh, table, kept[sample.path] ?? [])
        }
        try await restore(kept, project, view, table)
      }
    }
  }

  /// Declares everything again, a part at a time: what one part does to the others is no drift of theirs.
  private func restore(
    _ kept: [String: Set<String>],
    _ project: EveryEndpointProject,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointTable
  ) async throws {
    for (part, rank) in [60, 80, 81, 83, 100].enumerated() {
      try project.generate(
        view.schema { sample in
          if view.endpoint(sample).order < rank { return sample.declared }
          return sample.base.merging(sample.removable.filter { kept[sample.path]?.contains($0.key) ?? false })
          { $1 }
        }
      )
      try await project.run()
      try await expectNothing(project, view, table, "plan after part \(part)")
    }
  }

  // MARK: - Endpoints that the catalogue does not know

  /// Applies everything with a catalogue that has no entry for any of it, an order of creation at a time.
  private func ignorance(_ table: EveryEndpointTable, in scratch: Scratch) async throws {
    guard
      var document = try YAML.parse(Resources.bytes(at: "catalogue.yaml") ?? [], file: "catalogue").document?
        .value.object
    else { throw FixtureError("no catalogue") }
    for section in ["secrets", "auth", "sys", "identity"] { document[section] = nil }
    let nothing = try Catalogue(.object(document))
    try await BaoServer.with { server in
      let view = try EveryEndpointServer(server)
      let project = try EveryEndpointProject("unknown", server, in: scratch, catalogue: nothing)
      var entries = view.entries
      try project.generate(entries)
      try await project.run()
      // Entities and groups show each other, which only the catalogue could tell from a change by somebody else.
      let ranks = Dictionary(grouping: view.samples) { sample in
        let rank = view.endpoint(sample).order
        return [30, 40, 50, 62, 72, 75, 83, 84, 86, 88].first { rank <= $0 } ?? 100
      }
      for rank in ranks.keys.sorted() {
        for sample in ranks[rank] ?? [] { entries[sample.path] = .object(sample.declared) }
        try project.generate(entries)
        // What is there from the start is asked about.
        try await project.run(reverting: (ranks[rank] ?? []).map(\.path))
        try await expectNothing(project, view, table, "plan of an unknown endpoint")
      }
    }
  }

  /// The fields that nothing resets, as the catalogue has it, by path on this server.
  private func keptFields(_ view: EveryEndpointServer) -> [String: Set<String>] {
    var kept: [String: Set<String>] = [:]
    for sample in view.samples {
      let endpoint = view.endpoint(sample)
      let completion = endpoint.completing(sample.base, replacing: sample.declared)
      let immutable = endpoint.immutableChanges(from: sample.declared, to: sample.base).map(\.name)
      kept[sample.path] = Set(completion.unresettable).union(immutable)
    }
    return kept
  }

  /// Each field that cannot be reset is refused before anything is written.
  private func refusals(
    _ kept: [String: Set<String>],
    _ project: EveryEndpointProject,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointTable
  ) async throws {
    let before = try view.readAll()
    for sample in view.samples {
      for field in (kept[sample.path] ?? []).sorted() {
        let message = try await refusal(of: field, sample, project, view)
        if message.contains(field), message.contains("nobody knows") || message.contains("cannot be changed")
        {
          table.rows[sample.endpoint]?.refused.insert(field)
        } else {
          table.rows[sample.endpoint]?.wrongResets.insert("\(sample.path) \(field): not refused: \(message)")
        }
      }
    }
    for (path, values) in try view.readAll() {
      #expect(EveryEndpointServer.changes(before[path] ?? [:], values).isEmpty, "\(path) was written")
    }
  }

  private func refusal(
    of field: String,
    _ sample: EveryEndpoint.Sample,
    _ project: EveryEndpointProject,
    _ view: EveryEndpointServer
  ) async throws -> String {
    let entries = view.schema { other in
      other.path == sample.path ? other.declared.filter { $0.key != field } : other.declared
    }
    do {
      guard let migration = try project.generate(entries) else { return "no migration" }
      defer { try? project.remove(migration) }
      try await project.run()
      return "it ran"
    } catch let problem as Problem {
      return problem.message
    } catch let problems as Problems {
      return problems.items.map(\.message).joined()
    }
  }

  private func compare(
    _ sample: EveryEndpoint.Sample,
    _ view: EveryEndpointServer,
    _ twin: EveryEndpoint.Sample,
    _ fresh: EveryEndpointServer,
    _ table: EveryEndpointTable,
    _ kept: Set<String>
  ) throws {
    let endpoint = view.endpoint(sample)
    table.rows[sample.endpoint]?.reset.formUnion(Set(sample.removable.keys).subtracting(kept))
    let live = view.neutral(try view.read(sample) ?? [:])
    let wanted = fresh.neutral(try fresh.read(twin) ?? [:])
    for name in EveryEndpointServer.changes(wanted, live) {
      if endpoint.isVolatile(field: name) || endpoint.isVolatile(field: String(name.prefix { $0 != "." })) {
        continue
      }
      let (expected, found) = (wanted[name] ?? .null, live[name] ?? .null)
      if expected.isZero, found.isZero { continue }
      table.rows[sample.endpoint]?.wrongResets.insert(
        "\(sample.path) \(name): \(JSON.text(found)), fresh \(JSON.text(expected))"
      )
    }
  }
}

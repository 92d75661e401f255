import Catalogue
import Migrations
import TestSupport
import Values

/// Changes one field of every object at a time through the raw API, and looks whether the tool sees it.
struct EveryEndpointMutation {
  let view: EveryEndpointServer
  let project: EveryEndpointProject
  let table: EveryEndpointTable

  func run() async throws {
    let recorded = try view.readAll()
    var open = view.samples.map { sample in
      (sample: sample, fields: fields(of: sample, live: recorded[sample.path] ?? [:]))
    }
    while open.contains(where: { !$0.fields.isEmpty }) {
      var changed: [String: [String: Set<String>]] = [:]
      for index in open.indices {
        changed[open[index].sample.path] = try mutate(open[index].sample, &open[index].fields)
      }
      try await judge(changed.filter { !$0.value.isEmpty }, recorded: recorded)
      for sample in view.samples {
        guard let fields = changed[sample.path], !fields.isEmpty else { continue }
        try restore(sample, Array(fields.keys), recorded[sample.path] ?? [:])
      }
    }
  }

  /// Changes the next few fields of one object, one after the other; those that do not go together wait for the next
  /// time.
  ///
  /// - Returns: The fields, each with the names of what the server shows otherwise since then.
  private func mutate(
    _ sample: EveryEndpoint.Sample,
    _ fields: inout [String]
  ) throws -> [String: Set<String>] {
    var changed: [String: Set<String>] = [:]
    var body = sample.declared
    while changed.count < 4, let field = fields.last, let live = try view.read(sample) {
      if let (next, names) = try mutate(sample, field, live, body) {
        body = next
        changed[field] = names
      } else if changed.isEmpty {
        note(unchanged: field, of: sample)
      } else {
        break
      }
      fields.removeLast()
    }
    return changed
  }

  /// The declared fields, and what the server shows besides.
  private func fields(of sample: EveryEndpoint.Sample, live: [String: Value]) -> [String] {
    let shown = Set(live.keys.map { String($0.prefix { $0 != "." }) })
    let endpoint = view.endpoint(sample)
    let others = shown.filter { !endpoint.isVolatile(field: $0) && sample.declared[$0] == nil }
    return others.sorted() + sample.declared.keys.sorted().reversed()
  }

  private func note(unchanged field: String, of sample: EveryEndpoint.Sample) {
    // What the server shows besides what was written need not be writable at all.
    guard sample.declared[field] != nil else { return }
    let endpoint = view.endpoint(sample)
    if endpoint.writeOnly.matches(field) || endpoint.readPath(for: VaultPath(sample.path)) == .nothing {
      table.rows[sample.endpoint]?.writeOnly.insert(field)
    } else if endpoint.mutability(field: field) != nil || endpoint.cannotReset.matches(field) {
      table.rows[sample.endpoint]?.fixed.insert(field)
    } else {
      table.rows[sample.endpoint]?.unmutated.insert("\(sample.path) \(field)")
    }
  }

  /// Tries other values until the server shows something else.
  ///
  /// - Returns: What was written, and what it changed; `nil` if nothing helped.
  private func mutate(
    _ sample: EveryEndpoint.Sample,
    _ field: String,
    _ live: [String: Value],
    _ base: [String: Value]
  ) throws -> (body: [String: Value], names: Set<String>)? {
    let old = live[field] ?? sample.declared[field] ?? .null
    var candidates = sample.others[field].map { [$0] } ?? []
    candidates += Self.candidates(old)
    if let declared = sample.declared[field] {
      candidates += Self.candidates(declared)
    } else {
      // What is shown besides is mostly the server's own, and not worth many tries.
      candidates = Array(candidates.prefix(2))
    }
    for candidate in candidates {
      var body = base
      body[field] = candidate
      body.merge(sample.others[field + "+"]?.object ?? [:]) { $1 }
      let answer = try view.write(sample, body)
      guard answer.status < 300, let now = try view.read(sample) else { continue }
      let endpoint = view.endpoint(sample)
      let changes = EveryEndpointServer.changes(live, now, sequences: Self.sequences(of: endpoint))
      let names = Self.real(changes, of: endpoint, but: field)
      if !names.isEmpty { return (body, names) }
    }
    return nil
  }

  private func restore(
    _ sample: EveryEndpoint.Sample,
    _ fields: [String],
    _ recorded: [String: Value]
  ) throws {
    var body = sample.declared
    for field in fields where body[field] == nil { body[field] = recorded[field] }
    _ = try view.write(sample, body)
  }

  private func judge(
    _ changed: [String: [String: Set<String>]],
    recorded: [String: [String: Value]]
  ) async throws {
    var reported: [String: Set<String>] = [:]
    for change in try await project.drift() {
      reported[change.path.description] = Set(change.fields.map(\.name))
    }
    for sample in view.samples where changed[sample.path] != nil || reported[sample.path] != nil {
      let path = sample.path
      let (old, new) = (recorded[path] ?? [:], try view.read(sample) ?? [:])
      let seen = reported[path] ?? []
      let sequences = Self.sequences(of: view.endpoint(sample))
      let all = EveryEndpointServer.changes(old, new, sequences: sequences)
      for (field, names) in changed[path] ?? [:] {
        // A later change may have brought back what an earlier one took.
        let unseen = names.intersection(all).filter { name in !seen.contains { Self.overlap($0, name) } }
        if unseen.isEmpty {
          table.rows[sample.endpoint]?.mutated.insert(field)
        } else {
          table.rows[sample.endpoint]?.missed.insert("\(path) \(field): \(unseen.sorted())")
        }
      }
      let touched = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
      for name in seen where !touched.contains(where: { Self.overlap($0, name) }) {
        table.rows[sample.endpoint]?.falseDifferences.insert("\(path): reports \(name)")
      }
    }
  }

  /// The lists whose order matters, under the names that they are read by.
  private static func sequences(of endpoint: Endpoint) -> Set<String> {
    let written = endpoint.shape.sequence
    return written.union(written.compactMap { endpoint.shape.renamed[$0] })
  }

  /// What is not the server's own doing; a change of the field that was written always counts.
  private static func real(_ names: Set<String>, of endpoint: Endpoint, but field: String) -> Set<String> {
    names.filter { name in
      name == field
        || !endpoint.isVolatile(field: name) && !endpoint.isVolatile(field: String(name.prefix { $0 != "." }))
    }
  }

  private static func overlap(_ one: String, _ other: String) -> Bool {
    one == other || one.hasPrefix(other + ".") || other.hasPrefix(one + ".")
  }

  private static func candidates(_ value: Value) -> [Value] {
    switch value {
    case .null: ["changed", ["changed"], true, 7]
    case .bool(let flag): [.bool(!flag)]
    case .number(let number):
      [1, -1, 60, -60].compactMap { step in number.integer.map { .number(Number($0 + step)) } }
        + [.number(Number(text: "12345"))]
    case .string(let text):
      [.string(text + "x"), .string(text + ",changed"), .string("https://changed.example.com"), "7200", ""]
    case .secret: []
    case .array(let elements):
      [
        .array(elements + ["changed"]), .array(Array(elements.dropLast())), .array(elements + ["11.0.0.0/8"]),
        .array(elements + ["https://changed.example.com"]), .array(elements + ["1.2.3.9"]),
      ]
    case .object(let members): [.object(members.merging(["changed": "x"]) { $1 }), [:]]
    }
  }
}

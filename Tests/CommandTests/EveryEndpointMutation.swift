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
      var changed: [String: String] = [:]
      for index in open.indices {
        guard let field = open[index].fields.popLast() else { continue }
        let sample = open[index].sample
        guard let live = try view.read(sample) else { continue }
        if try mutate(sample, field, live) {
          changed[sample.path] = field
        } else {
          note(unchanged: field, of: sample)
        }
      }
      try await judge(changed, recorded: recorded)
      for (index, sample) in view.samples.enumerated() where changed[sample.path] != nil {
        try restore(open[index].sample, changed[sample.path] ?? "", recorded[sample.path] ?? [:])
      }
    }
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
  private func mutate(_ sample: EveryEndpoint.Sample, _ field: String, _ live: [String: Value]) throws -> Bool
  {
    let old = live[field] ?? sample.declared[field] ?? .null
    var candidates = sample.others[field].map { [$0] } ?? []
    candidates += Self.candidates(old)
    if let declared = sample.declared[field] { candidates += Self.candidates(declared) }
    for candidate in candidates {
      var body = sample.declared
      body[field] = candidate
      body.merge(sample.others[field + "+"]?.object ?? [:]) { $1 }
      let answer = try view.write(sample, body)
      guard answer.status < 300, let now = try view.read(sample) else { continue }
      if !Self.real(EveryEndpointServer.changes(live, now), of: view.endpoint(sample), but: field).isEmpty {
        return true
      }
    }
    return false
  }

  private func restore(_ sample: EveryEndpoint.Sample, _ field: String, _ recorded: [String: Value]) throws {
    var body = sample.declared
    if body[field] == nil, let old = recorded[field] { body[field] = old }
    _ = try view.write(sample, body)
  }

  private func judge(
    _ changed: [String: String],
    recorded: [String: [String: Value]]
  ) async throws {
    var reported: [String: Set<String>] = [:]
    for change in try await project.drift() {
      reported[change.path.description] = Set(change.fields.map(\.name))
    }
    for sample in view.samples where changed[sample.path] != nil || reported[sample.path] != nil {
      let path = sample.path
      let new = try view.read(sample) ?? [:]
      let endpoint = view.endpoint(sample)
      let seen = reported[path] ?? []
      let field = changed[path] ?? ""
      let all = EveryEndpointServer.changes(recorded[path] ?? [:], new)
      let real = Self.real(all, of: endpoint, but: field)
      for name in real {
        if seen.contains(where: { Self.overlap($0, name) }) {
          table.rows[sample.endpoint]?.mutated.insert(field)
        } else if !field.isEmpty {
          table.rows[sample.endpoint]?.missed.insert("\(path) \(field): \(name)")
        }
      }
      let old = recorded[path] ?? [:]
      let touched = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
      for name in seen where !touched.contains(where: { Self.overlap($0, name) }) {
        table.rows[sample.endpoint]?.falseDifferences.insert("\(path) \(field): reports \(name)")
      }
    }
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

import Catalogue
import TestSupport
import Values

/// What a server has at the samples' paths, asked without the tool.
struct EveryEndpointServer {
  let server: BaoServer
  let variables: [String: String]
  let samples: [EveryEndpoint.Sample]
  let entries: [String: Value]
  let mounts: MountTable
  /// The samples that this server has no plugin for.
  let skipped: [EveryEndpoint.Sample]

  init(_ server: BaoServer) throws {
    self.server = server
    variables = try EveryEndpointSetup(server).variables
    let catalog = try server.data("sys/plugins/catalog")
    func has(_ plugin: String) -> Bool {
      let parts = plugin.split(separator: "/").map(String.init)
      return catalog?[parts[0]]?.texts.contains(parts[1]) ?? false
    }
    let version = try server.data("sys/health")?["version"]?.string ?? ""
    let all = try EveryEndpoint.samples(variables).map { $0.known(to: version) }
    samples = all.filter { $0.plugin.map(has) ?? true }
    skipped = all.filter { !($0.plugin.map(has) ?? true) }
    var declared = EveryEndpoint.mounts
    for (plugin, mount) in EveryEndpoint.optionalMounts where has(plugin) {
      declared[mount.path] = mount.type
    }
    entries = declared.mapValues { ["type": .string($0)] }
    var mounts = MountTable()
    for (path, type) in declared { mounts.insert(path: VaultPath(path), type: type) }
    self.mounts = mounts
  }

  func endpoint(_ sample: EveryEndpoint.Sample) -> Endpoint {
    Catalogue.builtIn.endpoint(for: VaultPath(sample.path), mounts: mounts)
  }

  /// The schema with these fields in each sample.
  func schema(_ fields: (EveryEndpoint.Sample) -> [String: Value]) -> [String: Value] {
    entries.merging(samples.map { ($0.path, .object(fields($0))) }) { $1 }
  }

  func write(_ sample: EveryEndpoint.Sample, _ body: [String: Value]) throws -> (status: Int, body: String) {
    let endpoint = endpoint(sample)
    return try server.request(
      "POST",
      sample.path,
      JSON.text(.object(body.filter { !endpoint.atCreation.matches($0.key) }))
    )
  }

  /// Every value that the server shows of an object, inside maps by the keys joined with dots.
  ///
  /// - Returns: `nil` if nothing shows it.
  func read(_ sample: EveryEndpoint.Sample) throws -> [String: Value]? {
    try readWhole(sample).map(Self.leaves)
  }

  /// What the server shows of an object.
  func readWhole(_ sample: EveryEndpoint.Sample) throws -> Value? {
    let endpoint = endpoint(sample)
    let query = endpoint.readQuery.map { "?\($0)" } ?? ""
    return switch endpoint.readPath(for: VaultPath(sample.path)) {
    case .itself: try server.data(sample.path + query)
    case .path(let other), .kvMetadata(let other): try server.data(other.path + query)
    case .member(let list, let key): try server.data(list.path)?[key]
    // Its samples have ids in their paths.
    case .named, .nothing: nil
    }
  }

  /// The same for all samples, by path.
  func readAll() throws -> [String: [String: Value]] {
    var found: [String: [String: Value]] = [:]
    for sample in samples { found[sample.path] = try read(sample) }
    return found
  }

  /// The values with the server's own ids replaced by their names.
  func neutral(_ values: [String: Value]) -> [String: Value] {
    values.mapValues { value in
      value.mapLeaves { leaf, _ in
        guard case .string(var text) = leaf else { return leaf }
        for (name, id) in variables.sorted(by: { $0.value.count > $1.value.count }) where !id.isEmpty {
          text = text.replacing(id, with: "@{\(name)}")
        }
        for (name, id) in variables where !id.isEmpty && text + "\n" == id { text = "@{\(name)}" }
        return .string(text)
      }
    }
  }

  static func leaves(_ value: Value) -> [String: Value] {
    var found: [String: Value] = [:]
    func collect(_ value: Value, _ name: String) {
      if case .object(let members) = value, !members.isEmpty {
        for (key, member) in members { collect(member, name.isEmpty ? key : "\(name).\(key)") }
      } else {
        found[name] = value
      }
    }
    collect(value, "")
    return found
  }

  /// The names of the values that are not the same, whatever means nothing at all left out.
  static func changes(
    _ old: [String: Value],
    _ new: [String: Value],
    sequences: Set<String> = []
  ) -> Set<String> {
    Set(old.keys).union(new.keys).filter { name in
      let (before, after) = (old[name] ?? .null, new[name] ?? .null)
      let isSame = sequences.contains(name) ? before == after : sorted(before) == sorted(after)
      return !isSame && !(before.isEmpty && after.isEmpty)
    }
  }

  /// Servers give some lists in an order of the moment.
  private static func sorted(_ value: Value) -> Value {
    guard let elements = value.array else { return value }
    return .array(elements.sorted { JSON.text($0) < JSON.text($1) })
  }
}

/// What is counted, by endpoint.
final class EveryEndpointTable {
  struct Row {
    var fields: Set<String> = []
    var writeOnly: Set<String> = []
    var fixed: Set<String> = []
    var mutated: Set<String> = []
    var reset: Set<String> = []
    var refused: Set<String> = []
    var falseDifferences: Set<String> = []
    var missed: Set<String> = []
    var unmutated: Set<String> = []
    var wrongResets: Set<String> = []
  }

  var rows: [String: Row] = [:]

  /// What was changed in one sample need not be in another.
  func settle() {
    for (name, row) in rows {
      rows[name]?.unmutated = row.unmutated.filter { text in
        !row.mutated.contains { text.hasSuffix(" \($0)") }
      }
    }
  }

  var total: Row {
    rows.reduce(into: Row()) { total, row in
      func named(_ names: Set<String>) -> Set<String> { Set(names.map { "\(row.key) \($0)" }) }
      total.fields.formUnion(named(row.value.fields))
      total.writeOnly.formUnion(named(row.value.writeOnly))
      total.fixed.formUnion(named(row.value.fixed))
      total.mutated.formUnion(named(row.value.mutated))
      total.reset.formUnion(named(row.value.reset))
      total.refused.formUnion(named(row.value.refused))
      total.falseDifferences.formUnion(named(row.value.falseDifferences))
      total.missed.formUnion(named(row.value.missed))
      total.unmutated.formUnion(named(row.value.unmutated))
      total.wrongResets.formUnion(named(row.value.wrongResets))
    }
  }

  var text: String {
    var lines = [
      line(
        "endpoint",
        ["fields", "hidden", "fixed", "changed", "reset", "refused", "FALSE", "MISSED", "WRONG"]
      )
    ]
    for (name, row) in rows.sorted(by: { $0.key < $1.key }) { lines.append(line(name, numbers(row))) }
    let total = total
    lines.append(line("\(rows.count) endpoints", numbers(total)))
    for (title, names) in [
      ("false difference", total.falseDifferences), ("missed", total.missed),
      ("not changed", total.unmutated),
      ("wrong reset", total.wrongResets),
    ] {
      lines += names.sorted().map { "\(title): \($0)" }
    }
    return lines.joined(separator: "\n")
  }

  private func numbers(_ row: Row) -> [String] {
    [
      row.fields, row.writeOnly, row.fixed, row.mutated, row.reset, row.refused, row.falseDifferences,
      row.missed,
      row.wrongResets,
    ].map { String($0.count) }
  }

  private func line(_ name: String, _ cells: [String]) -> String {
    let padded = cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }
    return name + String(repeating: " ", count: max(0, 48 - name.count)) + padded.joined()
  }
}

import Catalogue
import TestSupport
import Testing
import Values
import YAML

/// Every endpoint that servers were measured with, taken over into an empty repository and from there to another server.
@Suite(.serialized) struct EveryEndpointImportTests {
  @Test func everyObjectSurvivesAnImport() async throws {
    let table = EveryEndpointImportTable()
    defer { print(table.text) }
    try await withServer("{}") { project, server in
      let view = try EveryEndpointServer(server)
      try await configure(view, in: project.scratch)
      let report = try await project.json("import", "--with-data", "**")
      #expect(report["unreadable"] == [])
      // Nobody has told any secret yet, and that is no change.
      try await expectNothing(project, view, table)
      let told = project.with(secrets(report))
      try await expectNothing(told, view, table)
      try await told.commit("Import")
      try await told.tool("sync")
      try await expectNothing(told, view, table)
      try note(view, project, table)
      try await BaoServer.with { other in
        let twin = try EveryEndpointServer(other)
        try await move(told, from: view, to: twin)
        try compare(view, twin, table)
      }
    }
    #expect(table.rows.count == 73 - table.missing)
    #expect(table.total.falseDifferences.isEmpty)
    #expect(table.total.lost.isEmpty)
  }

  private func configure(_ view: EveryEndpointServer, in scratch: Scratch) async throws {
    let other = try EveryEndpointProject("other", view.server, in: scratch)
    try other.generate(view.schema(\.declared))
    _ = try await other.run(reverting: view.samples.filter(\.isPrepared).map(\.path))
    try other.giveUpClaims()
  }

  /// Something for every variable, in a form that servers take for any of these fields.
  private func secrets(_ report: Value) -> [String: String] {
    let names = report["variables"]?.array?.compactMap { $0["name"]?.string } ?? []
    return Dictionary(names.map { ($0, "Y64VEVMBTSXCYIWRSHRNDZW62MPGVU2G") }, uniquingKeysWith: { $1 })
  }

  private func expectNothing(
    _ project: Project,
    _ view: EveryEndpointServer,
    _ table: EveryEndpointImportTable
  ) async throws {
    let plan = try await project.json("plan")
    for part in ["changes", "pending", "drift"] {
      for change in plan[part]?.array ?? [] {
        table.rows["\(part) \(change["path"]?.string ?? "")", default: .init()].falseDifferences
          .insert(JSON.text(change["fields"] ?? .null))
      }
    }
    try await project.tool("plan", "--detailed-exitcode")
    try await project.tool("drift")
  }

  /// Counts what the schema has of each sample.
  private func note(_ view: EveryEndpointServer, _ project: Project, _ table: EveryEndpointImportTable) throws
  {
    let document = try YAML.parse(project.read("schema.yaml"), file: "schema.yaml").document?.value
    let entries = document?["desired_state"]?.object ?? [:]
    table.entries = entries.count
    table.missing = Set(view.skipped.map(\.endpoint)).subtracting(view.samples.map(\.endpoint)).count
    for sample in view.samples {
      let hidden = sample.declared.keys.filter { view.endpoint(sample).writeOnly.matches($0) }
      table.rows[sample.endpoint, default: .init()].hidden.formUnion(hidden)
      table.rows[sample.endpoint]?.imported.formUnion(entries[sample.path]?.object?.keys.map { $0 } ?? [])
    }
  }

  /// Applies the imported schema to a server that has only what one-off actions make; ids are that server's.
  private func move(_ project: Project, from view: EveryEndpointServer, to twin: EveryEndpointServer)
    async throws
  {
    var text = project.read("schema.yaml")
    for (name, value) in view.variables.sorted(by: { $0.value.count > $1.value.count }) {
      guard let other = twin.variables[name], !value.contains("\n") else { continue }
      text = text.replacing(value, with: other)
    }
    // Nothing answers behind these addresses.
    text = text.replacing("    jwks_url:", with: "    skip_jwks_validation: true\n    jwks_url:")
    text = text.replacing("    connection_url:", with: "    verify_connection: false\n    connection_url:")
    try await project.git("rm", "-rq", ".vault-migrations/migrations")
    try project.write(
      "config.yaml",
      configuration(twin.server.address).replacing("shop", with: "moved").replacing("prod", with: "twin")
    )
    try project.write("schema.yaml", text)
    try await project.generate("everything")
    let project = project.with(["VAULT_TOKEN": twin.server.rootToken])
    try await project.tool("ledger", "init")
    // What the set-up made is there already, with other values.
    let report = try await project.json("sync", exits: 3)
    let problems = report["problems"]?.array ?? [report["error"] ?? .null]
    let paths = problems.compactMap { $0["path"]?.string }
    try await project.tool(["sync"] + paths.flatMap { ["--revert", $0] })
  }

  private static let madeWithTheKey: Set<String> = [
    "allow_plaintext_backup", "auto_rotate_period", "exportable",
  ]

  private func compare(
    _ view: EveryEndpointServer,
    _ twin: EveryEndpointServer,
    _ table: EveryEndpointImportTable
  ) throws {
    for (sample, other) in zip(view.samples, twin.samples) {
      let endpoint = view.endpoint(sample)
      let wanted = view.neutral(try view.read(sample) ?? [:])
      // The texts of keys and certificates moved along.
      let live = view.neutral(twin.neutral(try twin.read(other) ?? [:]))
      // This key is there already, and so are the fields that only its making sets.
      let fixed = sample.path.hasPrefix("transit/keys/prepared") ? Self.madeWithTheKey : []
      for name in EveryEndpointServer.changes(wanted, live) {
        let top = String(name.prefix { $0 != "." })
        if endpoint.isVolatile(field: name) || endpoint.isVolatile(field: top) { continue }
        let (expected, found) = (wanted[name] ?? .null, live[name] ?? .null)
        if expected.isZero, found.isZero { continue }
        // Older names are imported under their newer ones, which are compared themselves.
        if fixed.contains(name) || endpoint.twins[name] != nil { continue }
        table.rows[sample.endpoint]?.lost.insert(
          "\(sample.path) \(name): \(JSON.text(found)), was \(JSON.text(expected))"
        )
      }
    }
  }
}

/// What is counted, by endpoint.
final class EveryEndpointImportTable {
  struct Row {
    var imported: Set<String> = []
    /// Written fields that never come back.
    var hidden: Set<String> = []
    var falseDifferences: Set<String> = []
    var lost: Set<String> = []
  }

  var rows: [String: Row] = [:]
  var entries = 0
  /// The endpoints that this server does not have.
  var missing = 0

  var total: Row {
    rows.reduce(into: Row()) { total, row in
      func named(_ names: Set<String>) -> Set<String> { Set(names.map { "\(row.key) \($0)" }) }
      total.imported.formUnion(named(row.value.imported))
      total.hidden.formUnion(named(row.value.hidden))
      total.falseDifferences.formUnion(named(row.value.falseDifferences))
      total.lost.formUnion(named(row.value.lost))
    }
  }

  var text: String {
    var lines = [line("endpoint", ["imported", "hidden", "FALSE", "LOST"])]
    for (name, row) in rows.sorted(by: { $0.key < $1.key }) { lines.append(line(name, numbers(row))) }
    lines.append(line("\(rows.count) endpoints, \(entries) entries", numbers(total)))
    lines += total.falseDifferences.sorted().map { "false difference: \($0)" }
    lines += total.lost.sorted().map { "lost: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func numbers(_ row: Row) -> [String] {
    [row.imported, row.hidden, row.falseDifferences, row.lost].map { String($0.count) }
  }

  private func line(_ name: String, _ cells: [String]) -> String {
    let padded = cells.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }
    return name + String(repeating: " ", count: max(0, 48 - name.count)) + padded.joined()
  }
}

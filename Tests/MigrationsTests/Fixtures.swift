import Catalogue
import Configuration
@testable import Migrations
import TestSupport
import Values
import YAML

/// A project's files in memory.
struct MemorySource: ProjectSource {
  var files: [String: [UInt8]]

  func bytes(at path: String) throws -> [UInt8]? { files[path] }

  func names(in folder: String) throws -> [String]? {
    let inside = files.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
    guard !inside.isEmpty else { return nil }
    return Set(inside.map { name in name.firstIndex(of: "/").map { String(name[...$0]) } ?? String(name) })
      .sorted()
  }

  func shown(_ path: String) -> String { ".vault-migrations/\(path)" }
}

/// A project that a test works on as a user does: edit the schema, generate, edit again.
struct Workspace {
  var source: MemorySource

  /// Takes the text of `schema.yaml`.
  init(_ schema: String = "", environments: [String] = ["dev", "prod"]) {
    let names = environments.map { "\($0): {}" }.joined(separator: ", ")
    source = MemorySource(files: ["config.yaml": Array("project: p\nenvironments: {\(names)}\n".utf8)])
    self.schema = schema
  }

  var schema: String {
    get { self["schema.yaml"] }
    set { self["schema.yaml"] = newValue }
  }

  var chain: String {
    get { self["migrations/chain"] }
    set { self["migrations/chain"] = newValue }
  }

  subscript(file: String) -> String {
    get { String(decoding: source.files[file] ?? [], as: UTF8.self) }
    set { source.files[file] = Array(newValue.utf8) }
  }

  func project() throws -> Project { try Project.read(from: source) }

  /// Generates the next migration and adds it with its line of the chain.
  @discardableResult
  mutating func generate(_ name: String? = nil, approvals: [String: String] = [:]) throws -> Migration? {
    guard let migration = try Generator.next(for: try project(), name: name, approvals: approvals) else {
      return nil
    }
    add(migration)
    return migration
  }

  mutating func add(_ migration: Migration) {
    self["migrations/\(migration.fileName)"] = MigrationFile.text(migration)
    let id = String(repeating: "0", count: 39) + "\(migration.version % 10)"
    chain +=
      Chain(links: [
        Chain.Link(version: migration.version, name: migration.name, checksum: migration.checksum, schema: id)
      ]).text
  }

  mutating func remove(_ file: String) { source.files[file] = nil }

  /// What `validate` says.
  func problems() throws -> [String] {
    var found: [String] = []
    found += try complaints { found = shown(try Validator.problems(in: try project())) }
    return found
  }

  /// What `generate` refuses.
  func refusals() throws -> [String] { try complaints { try Generator.next(for: try project()) } }
}

/// Reads schema files, each under its name.
func readSchema(_ files: [(name: String, text: String)]) throws -> Schema {
  let files = files.map { ProjectFile(path: $0.name, bytes: Array($0.text.utf8)) }
  return try SchemaReader.read(files, catalogue: .builtIn).schema
}

/// Reads the entries of `desired_state`, indented or not.
func schema(_ entries: String) throws -> Schema {
  try readSchema([("schema.yaml", desiredState(entries))])
}

func desiredState(_ entries: String) -> String {
  "desired_state:\n" + entries.split(separator: "\n").map { "  \($0)\n" }.joined()
}

/// What reading `desired_state` complains about; its first line is line 2.
func complaints(about entries: String) throws -> [String] {
  try complaints { try schema(entries) }
}

extension Schema {
  /// Every entry's value, by path as shown.
  var values: [String: Value] {
    let all = resources.merging(actions) { first, _ in first }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.key.description, $0.value.value) })
  }
}

extension Task {
  static func write(_ path: String, _ value: Value, was: Was? = .absent, scope: Scope = .all) -> Task {
    Task(path: VaultPath(path), action: .write(value), was: was, scope: scope)
  }

  static func delete(_ path: String, was: Value, scope: Scope = .all) -> Task {
    Task(path: VaultPath(path), action: .delete, was: .value(was), scope: scope)
  }

  static func move(_ from: String, to: String) -> Task {
    Task(path: VaultPath(to), action: .move(from: VaultPath(from)))
  }

  static func run(_ path: String, _ arguments: Value = [:], scope: Scope = .all) -> Task {
    Task(path: VaultPath(path), action: .run(arguments), scope: scope)
  }
}

func migration(_ version: Int = 1, _ tasks: [Task], name: String = "test", parent: String? = nil) -> Migration
{
  Migration(version: version, name: name, parent: parent, tasks: tasks)
}

/// Reads the text of a migration.
func readMigration(_ text: String) throws -> Migration? {
  let diagnostics = Diagnostics(.migrationInvalid)
  let file = ProjectFile(path: "migrations/0001-test.yaml", bytes: Array(text.utf8))
  let migration = MigrationFile.read(file, diagnostics)
  try diagnostics.finish()
  return migration
}

import Catalogue
@testable import Configuration
@testable import Migrations
import Values
import YAML

/// The files that users write and review: configuration, schema, policies, migrations, chain.
let projectTargets = [
  Target("config", seeds: configSeeds, words: configWords, config),
  Target("schema", seeds: schemaSeeds, words: schemaWords, schema),
  Target("policy", seeds: policySeeds, words: policyWords, policy),
  Target("policy-text", seeds: policyTextSeeds, words: policyWords, policyText),
  Target("migration", seeds: migrationSeeds, words: migrationWords, migration),
  Target("chain", seeds: chainSeeds, words: ["sha256:", "0001", "<<<<<<< ", "9223372036854775807"], chain),
  Target("project", seeds: projectSeeds, words: migrationWords + schemaWords, project),
]

/// A project's files in memory.
private struct MemorySource: ProjectSource {
  var files: [String: [UInt8]]

  func bytes(at path: String) throws -> [UInt8]? { files[path] }

  func names(in folder: String) throws -> [String]? {
    let inside = files.keys.filter { $0.hasPrefix(folder + "/") }.map {
      String($0.dropFirst(folder.count + 1))
    }
    return inside.isEmpty ? nil : inside.sorted()
  }

  func shown(_ path: String) -> String { path }
}

private let plainConfig = "project: p\nenvironments: {dev: {}, prod: {protect: true, variables: {host: h}}}\n"

// MARK: - Configuration

let configSeeds = [
  plainConfig,
  """
  version: 1
  project: payments
  schema: schema
  migrations: m
  state_branch: state/{environment}
  remote: ""
  ledger: a/b
  lock_ttl: 1m30s
  default_environment: dev
  exclusive: [auth/approle/role/*]
  environments:
    dev: {server: embedded}
    prod:
      address: "https://${HOST:-vault}:8200"
      namespace: team
      auth: {method: approle, mount: ci, role_id: "${R}", secret_id: "${S}"}
      tls: {ca_file: ca.pem, skip_verify: false}
      variables: {a: [1, "x"]}
      trusted_hosts: [b]
    other: {address: "unix:///run/s", auth: {method: token, token_file: t}}
  plain: [REGION]
  catalogue:
    secrets: {kv: {"x/{name}": {write: merge, secret: [token], fields: {string: a b}}}}
  """,
]
let configWords = [
  "version: ", "project: ", "environments: ", "catalogue: ", "secrets: ", "auth: ", "sys: ", "identity: ",
  "write: ",
  "reset: ", "defaults: ", "read: ", "list: ", "delete: ", "order: ", "approle", "token", "lock_ttl: ",
  "merge",
  "replace", "{name}", "{path}", "server: embedded", "exclusive: ", "plain: ", "variables: ",
]

private func config(_ bytes: [UInt8]) {
  do throws(Problems) {
    let settings = try SettingsReader.read(bytes, file: "config.yaml").settings
    expect(!settings.project.isEmpty && !settings.environments.isEmpty, "settings are whole")
    expect(settings.lockTTL >= 10 && settings.lockTTL <= Int(Int32.max), "a lock's time is a time")
    let source = MemorySource(files: ["config.yaml": bytes, "schema.yaml": Array(schemaSeeds[0].utf8)])
    if let project = try? Project.read(from: source) {
      _ = try? Validator.problems(in: project)
      _ = try? Generator.next(for: project, name: nil, approvals: [:])
    }
    for environment in settings.environments.values {
      _ = EnvironmentVariables(["HOME": "/"]).filling(environment)
    }
  } catch {
    expectExplained(error.items, file: "config.yaml")
  }
}

// MARK: - Schema and policies

let schemaSeeds = [
  """
  desired_state:
    auth/approle: {type: approle, config: {default_lease_ttl: 1h}}
    auth/approle/role/web: {token_policies: [web], token_ttl: 30m}
    secret/: {type: kv-v2}
    secret/data/app: {data: {k: "${API_KEY}"}}
  """,
  """
  desired_state:
    pki/: {type: pki, tune: {max_lease_ttl: 87600h}}
    pki/root/generate/internal#2027: {common_name: x, save: {issuer_id: n}, environments: [prod]}
    x/y: {a: "${accessor:auth/approle}", unless: {path: p/q, field: f, equals: 1}, at_most_once: true}
    sys/policies/acl/p: {policies: [{path: {"a/*": {capabilities: [read]}}}, 'path "b" {}']}
    auth/team/oidc/: {type: oidc}
    identity/entity/name/e: {policies: [p], metadata: {a: b}}
  namespaces: {team: {desired_state: {kv/: {type: kv, options: {version: 2}}}, namespaces: {sub: {}}}}
  """,
]
let schemaWords = [
  "desired_state:", "namespaces:", "sys/policies/acl/", "auth/", "secret/data/", "type: ", "config: ",
  "options: ",
  "environments: [prod]", "save: ", "unless: ", "at_most_once: true", "policies: ", "policy: ", "identity/",
  "pki/root/generate/internal", "database/config/", "transit/keys/", "${id:", "${saved:n}", "#", "  ",
]

private func schema(_ bytes: [UInt8]) {
  let file = ProjectFile(path: "schema.yaml", bytes: bytes)
  do throws(Problems) {
    let schema = try SchemaReader.read([file], catalogue: .builtIn).schema
    for environment in ["prod", ""] { _ = schema.content(in: environment).mounts }
    generate(bytes)
  } catch {
    expectExplained(error.items, file: "schema.yaml")
  }
}

/// What a schema makes can be written, read again, and folds to the schema.
private func generate(_ schema: [UInt8]) {
  let source = MemorySource(files: ["config.yaml": Array(plainConfig.utf8), "schema.yaml": schema])
  guard let project = try? Project.read(from: source) else {
    fatalError("the schema is read twice differently")
  }
  _ = try? Validator.problems(in: project)
  guard let migration = try? Generator.next(for: project, name: nil, approvals: ["prod": "yes"]) else {
    return
  }
  let text = MigrationFile.text(migration)
  let diagnostics = Diagnostics(.migrationInvalid)
  let file = ProjectFile(path: "m", bytes: Array(text.utf8))
  expect(MigrationFile.read(file, diagnostics) == migration, "a migration is read as it was made:\n\(text)")
  for environment in ["dev", "prod"] {
    guard let fold = try? Fold([migration], environment: environment) else {
      fatalError("it does not fold:\n\(text)")
    }
    let wanted = project.schema.content(in: environment)
    expect(
      fold.resources == wanted.resources && fold.actions == wanted.actions,
      "it folds otherwise:\n\(text)"
    )
  }
}

let policySeeds = [
  "- path: {\"secret/data/*\": {capabilities: [read, list]}}\n- 'path \"x\" { capabilities = [\"read\"] }'\n",
  "- path:\n    \"a/${B}\": {capabilities: [deny], allowed_parameters: {p: [1, {q: \"\\n\"}]}, min_wrapping_ttl: 1s}\n",
]
let policyWords = ["path: ", "capabilities: ", "[read]", "allowed_parameters: ", "\"", "\\", "${", "{", "}"]

/// The list under `policies:` of an ACL policy.
private func policy(_ bytes: [UInt8]) {
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let head = "desired_state:\n  sys/policies/acl/p:\n    policies:\n"
  let text = Array(head.utf8) + lines.flatMap { Array("      ".utf8) + $0 + [UInt8(ascii: "\n")] }
  let file = ProjectFile(path: "schema.yaml", bytes: text)
  do throws(Problems) {
    let schema = try SchemaReader.read([file], catalogue: .builtIn).schema
    let declared = schema.content(in: "").resources[VaultPath("sys/policies/acl/p")]
    if let declared { expect(declared["policy"]?.string != nil, "a policy has a text") }
    _ = declared?.givenReferences
  } catch {
    expectExplained(error.items, file: "schema.yaml")
  }
}

let policyTextSeeds = [
  "path \"a/*\" {\n  capabilities = [\"read\", \"list\"] # one\n}\npath \"b/+\" { policy = \"write\" }\n",
  "path \"a\" { comment = <<E\n} x\nE\n  allowed_parameters = { \"q\" = [1, true, {a = []}] } }",
  "{\"path\":{\"a\":{\"capabilities\":[\"read\"],\"min_wrapping_ttl\":\"1s\"}}}",
]

/// The text of a policy, and what its rules decide about a path behind a zero byte.
private func policyText(_ bytes: [UInt8]) {
  let parts = bytes.parts(2).map(\.text)
  do throws(PolicyTextError) {
    let rules = try PolicyText(parts[0]).rules
    let judge = PolicyRules(rules)
    let granted = judge.capabilities(on: parts[1])
    expect(
      !granted.isEmpty && granted.isSubset(of: PolicyText.capabilities),
      "something is granted, or denied"
    )
    for rule in rules.prefix(8) {
      let pattern = PolicyPattern(rule.path)
      expect(pattern.covers(pattern) && !pattern.yields(to: pattern), "a pattern is itself")
    }
  } catch {
    expect(!error.message.isEmpty && error.place.line > 0 && error.place.column > 0, "it is explained")
  }
}

// MARK: - Migrations

let migrationSeeds = [
  """
  version: 2
  name: web-role
  parent: sha256:5f1c
  tasks:
    - path: sys/policies/acl/web
      write: {policy: "path \\"a\\" {}\\n"}
      was: absent
    - path: auth/approle/role/web
      namespace: team
      write: {token_ttl: 30m}
      was: {token_ttl: 1h}
      only: [prod]
    - {path: pki/root/generate/internal, run: {common_name: x}, save: {issuer_id: n}, unless: pki/issuer/r}
    - {path: legacy/, delete: true, was: {type: kv}, was_inside: {legacy/a: {b: 1}}, approve: {prod: seen}}
    - {move: {from: old/, to: new/}, except: [dev]}
    - {path: a/b, once: true, write: {c: "${vault:d/e#f}"}, approve: {prod: {reason: r, losses: {secrets: 12}}}}
  """,
  "version: 1\nname: x\ntasks: []\n",
]
let migrationWords = [
  "version: ", "name: ", "parent: ", "tasks:", "- path: ", "namespace: ", "write: ", "run: ", "delete: true",
  "was: ",
  "absent", "was_inside: ", "only: ", "except: ", "approve: ", "losses: ", "at least ",
  "move: {from: a/, to: b/}", "once: true",
  "save: ", "unless: ", "at_most_once: true", "sha256:", "9223372036854775807",
]

private func migration(_ bytes: [UInt8]) {
  let diagnostics = Diagnostics(.migrationInvalid)
  let migration = MigrationFile.read(ProjectFile(path: "m.yaml", bytes: bytes), diagnostics)
  do throws(Problems) {
    try diagnostics.finish()
    guard let migration else { fatalError("neither read nor explained") }
    let text = MigrationFile.text(migration)
    let again = Diagnostics(.migrationInvalid)
    let reread = MigrationFile.read(ProjectFile(path: "m.yaml", bytes: Array(text.utf8)), again)
    expect(reread == migration, "what is read can be written and read again:\n\(text)")
    expect(reread?.checksum == migration.checksum, "the checksum stays:\n\(text)")
    for environment in ["dev", "prod"] { _ = try? Fold([migration], environment: environment) }
  } catch {
    expectExplained(error.items, file: "m.yaml")
  }
  _ = try? MigrationFile.onceTasks(of: ProjectFile(path: "once.yaml", bytes: bytes))
}

let chainSeeds = [
  "0001 initial sha256:aa 11\n0002 web-role sha256:bb 22\n\n0003 x sha256:cc 33\n", "<<<<<<< ours\n",
]

private func chain(_ bytes: [UInt8]) {
  let diagnostics = Diagnostics(.migrationInvalid)
  let chain = Chain.read(ProjectFile(path: "chain", bytes: bytes), diagnostics)
  do throws(Problems) {
    try diagnostics.finish()
    let again = Chain.read(ProjectFile(path: "chain", bytes: Array(chain.text.utf8)), diagnostics)
    expect(again == chain, "what is read can be written and read again")
  } catch {
    expectExplained(error.items, file: "chain")
  }
}

// MARK: - All together

let projectSeeds = [
  schemaSeeds[0]
    + "\u{0}version: 1\nname: a\ntasks:\n  - {path: secret/, write: {type: kv-v2}, was: absent}\n\u{0}"
    + "0001 a sha256:aa 11\n",
  schemaSeeds[1] + "\u{0}" + migrationSeeds[0] + "\u{0}" + chainSeeds[0],
]

/// A schema, a migration and a chain that need not fit each other, cut at zero bytes.
private func project(_ bytes: [UInt8]) {
  let parts = bytes.parts(3)
  var files = ["config.yaml": Array(plainConfig.utf8), "schema.yaml": parts[0], "migrations/chain": parts[2]]
  let quiet = Diagnostics(.migrationInvalid)
  let read = MigrationFile.read(ProjectFile(path: "m", bytes: parts[1]), quiet)
  files["migrations/\(read.map(\.fileName) ?? "0001-a.yaml")"] = parts[1]
  do {
    let project = try Project.read(from: MemorySource(files: files))
    _ = try Validator.problems(in: project)
    _ = try Generator.next(for: project, name: nil, approvals: ["prod": "yes"])
  } catch let problems as Problems {
    expect(!problems.items.isEmpty, "it is explained")
  } catch let problem as Problem {
    expect(!problem.message.isEmpty, "it is explained")
  } catch {
    fatalError("\(error)")
  }
}

import Catalogue
@testable import Migrations
import Testing
import Values

/// Nothing is left behind that names what is gone.
@Suite struct DanglingTests {
  @Test func `what is taken away while something needs it is an error with both places`() throws {
    var workspace = Workspace(Self.database)
    try workspace.generate("initial")
    workspace.schema = Self.database.replacing("  database/config/app: {plugin_name: p}\n", with: "")
    let expected =
      ".vault-migrations/schema.yaml:3:24: db_name of database/roles/app names database/config/app, "
    let hint = " (change or remove database/roles/app as well, or keep database/config/app)"
    #expect(
      try Self.errors(in: workspace) == [
        expected
          + "which was removed from the schema (written by .vault-migrations/migrations/0001-initial.yaml)"
          + hint
      ]
    )
    try workspace.generate("less")
    #expect(
      try workspace.problems() == [
        expected + "which .vault-migrations/migrations/0002-less.yaml deletes" + hint
      ]
    )
  }

  @Test func `a setting goes with its object, and a reference with what it refers to`() throws {
    let entity = "  identity/entity/name/a: {policies: [p]}\n"
    let state = """
      desired_state:
        auth/approle: {type: approle}
        auth/approle/role/web: {token_ttl: 1m}
        auth/approle/role/web/role-id: {role_id: "${ID}"}
      \(entity)  identity/group/name/g: {member_entity_ids: ["${id:identity/entity/name/a}"]}

      """
    var workspace = Workspace(state)
    try workspace.generate()
    workspace.schema = state.replacing("  auth/approle/role/web: {token_ttl: 1m}\n", with: "")
    #expect(try Self.errors(in: workspace).count == 1)
    #expect(
      try Self.errors(in: workspace).first?.contains("auth/approle/role/web/role-id is a setting of") == true
    )
    workspace.schema = state.replacing(entity, with: "")
    #expect(
      try Self.errors(in: workspace).first?.contains(
        "identity/group/name/g refers to ${id:identity/entity/name/a}, which was removed"
      ) == true
    )
  }

  @Test func `servers do without a policy, so that its absence is a warning`() throws {
    let policy = "  sys/policies/acl/web: {policy: '# web'}\n"
    let state = """
      desired_state:
      \(policy)  auth/approle: {type: approle}
        auth/approle/role/web: {token_policies: [Web, managed-elsewhere]}

      """
    var workspace = Workspace(state)
    try workspace.generate()
    #expect(try workspace.problems() == [])
    workspace.schema = state.replacing(policy, with: "")
    let problems = try Validator.problems(in: workspace.project(), comparesSchema: false)
    #expect(problems.map(\.isWarning) == [true])
    #expect(problems.first?.message.contains("names sys/policies/acl/Web") == true)
  }

  @Test func `a misspelt name is told where others of its kind are declared`() throws {
    let typo = Self.database.replacing("db_name: app", with: "db_name: apq")
    let problems = try Validator.problems(in: Workspace(typo).project(), comparesSchema: false)
    #expect(
      problems.map(\.message) == [
        "db_name of database/roles/app names database/config/apq, which the schema does not declare"
      ]
    )
    #expect(problems.first?.hint == "did you mean app?")
    #expect(problems.first?.isWarning == true)
    let elsewhere = "desired_state:\n  database/roles/app: {db_name: made-by-hand}\n"
    #expect(try Validator.problems(in: Workspace(elsewhere).project(), comparesSchema: false) == [])
  }

  @Test func `what goes together is deleted in an order that never dangles`() throws {
    let state = """
      desired_state:
        identity/oidc/key/signing: {algorithm: RS256}
        identity/oidc/client/app: {key: signing, assignments: [all]}
        identity/oidc/assignment/all: {entity_ids: ["*"]}

      """
    var workspace = Workspace(state)
    let made = try #require(try workspace.generate()).tasks.map(\.path.path)
    workspace.schema = "desired_state: {}\n"
    #expect(try workspace.problems().count == 1, "only that a migration is missing")
    let gone = try #require(try workspace.generate()).tasks.map(\.path.path)
    #expect(made.last == "identity/oidc/client/app")
    #expect(gone.first == "identity/oidc/client/app")
    #expect(try workspace.problems() == [])
  }

  @Test func `a circle of names and ids is told`() throws {
    let workspace = Workspace(
      """
      desired_state:
        identity/oidc/key/k: {allowed_client_ids: ["${id:identity/oidc/client/c}"]}
        identity/oidc/client/c: {key: k}

      """
    )
    let problems = try Validator.problems(in: workspace.project(), comparesSchema: false)
    #expect(
      problems.map(\.message) == [
        "entries wait for each other in a circle: identity/oidc/client/c → identity/oidc/key/k → "
          + "identity/oidc/client/c"
      ]
    )
  }

  /// The errors that `generate` stops at.
  private static func errors(in workspace: Workspace) throws -> [String] {
    let problems = try Validator.problems(in: workspace.project(), comparesSchema: false)
    return problems.filter { !$0.isWarning }.map {
      "\($0.location.map { "\($0): " } ?? "")\($0.message)\($0.hint.map { " (\($0))" } ?? "")"
    }
  }

  private static let database = """
    desired_state:
      database/: {type: database}
      database/roles/app: {db_name: app}
      database/config/app: {plugin_name: p}

    """
}

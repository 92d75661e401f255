import Catalogue
import FoundationEssentials
import Migrations
import TestSupport
import Testing
import Values

/// Misspelt keys and wrong types are told offline, with their place.
@Suite struct FieldCheckTests {
  /// What is told of the entries of `desired_state`; the first line is line 2.
  private static func warnings(_ entries: String) throws -> [String] {
    let workspace = Workspace(desiredState(entries))
    let problems = try Validator.problems(in: workspace.project(), comparesSchema: false, fields: .builtIn)
    #expect(!problems.contains { !$0.isWarning })
    return shown(problems)
  }

  private static let file = ".vault-migrations/schema.yaml"

  @Test func `a misspelt key is told with its place and the key that was meant`() throws {
    #expect(
      try Self.warnings(
        """
        auth/approle: {type: approle}
        auth/approle/role/web:
          token_ttl: 20m
          tokn_policies: [web]
        """
      ) == [
        "\(Self.file):5:5: warning: auth/approle/role/web has no field \"tokn_policies\", as far as is known "
          + "(did you mean \"token_policies\"?)"
      ]
    )
  }

  @Test func `a key that is like no other is told with what there is`() throws {
    #expect(
      try Self.warnings("apps/: {type: kv-v2}\napps/data/web: {data: {a: b}, colour: red}") == [
        "\(Self.file):3:33: warning: apps/data/web has no field \"colour\", as far as is known "
          + "(servers ignore what they do not know; known fields: data, options, path, version)"
      ]
    )
  }

  @Test func `settings and options of mounts are looked at, wherever they are written`() throws {
    #expect(
      try Self.warnings(
        """
        auth/approle: {type: approle, config: {default_lease_tll: 1h}}
        pki/: {type: pki, tune: {max_lease_ttl: soon}, options: {anything: goes}}
        apps/: {type: kv, options: {verson: 2}}
        """
      ) == [
        "\(Self.file):2:42: warning: config of auth/approle has no field \"default_lease_tll\", as far as is known "
          + "(did you mean \"default_lease_ttl\"?)",
        "\(Self.file):3:28: warning: max_lease_ttl of config of pki/ must be a duration such as 1h30m, 7d or 90, or system",
        "\(Self.file):4:31: warning: options of apps/ has no field \"verson\", as far as is known (did you mean \"version\"?)",
      ]
    )
  }

  @Test func `wrong types are told in the order of the file`() throws {
    #expect(
      try Self.warnings(
        """
        pki/: {type: pki}
        pki/root/generate/internal#2027: {common_name: [x], key_type: rsaa}
        auth/approle: {type: approle}
        auth/approle/role/web:
          token_ttl: tomorrow
          token_policies: {web: true}
          secret_id_num_uses: [1]
          bind_secret_id: maybe
        """
      ) == [
        "\(Self.file):3:37: warning: common_name of pki/root/generate/internal#2027 must be a text, not a list",
        "\(Self.file):3:55: warning: key_type of pki/root/generate/internal#2027 must be one of ec, ed25519, mldsa, rsa "
          + "(did you mean \"rsa\"?)",
        "\(Self.file):6:5: warning: token_ttl of auth/approle/role/web must be a duration such as 1h30m, 7d or 90",
        "\(Self.file):7:5: warning: token_policies of auth/approle/role/web must be a list, not a map",
        "\(Self.file):8:5: warning: secret_id_num_uses of auth/approle/role/web must be a whole number, not a list",
        "\(Self.file):9:5: warning: bind_secret_id of auth/approle/role/web must be true or false",
      ]
    )
  }

  @Test func `entries of namespaces are looked at`() throws {
    let workspace = Workspace(
      """
      namespaces:
        team:
          desired_state:
            auth/userpass: {type: userpass}
            auth/userpass/users/ann: {pasword: "${ANN}"}
      """
    )
    let problems = try Validator.problems(in: workspace.project(), comparesSchema: false, fields: .builtIn)
    #expect(
      problems.map { "\($0.location?.line ?? 0) \($0.path ?? "")" } == ["5 @team/auth/userpass/users/ann"]
    )
  }

  @Test func `a reference may stand for a value of any type`() throws {
    #expect(
      try Self.warnings(
        """
        auth/approle: {type: approle, config: {default_lease_ttl: "${TTL}"}}
        auth/approle/role/web:
          token_ttl: ${TTL:-30m}
          token_policies: ${POLICIES}
          secret_id_bound_cidrs: ["${NETWORK}/24"]
          secret_id_num_uses: ${file:uses}
          bind_secret_id: "${BIND}"
        identity/entity/name/ann: {metadata: "${METADATA}"}
        pki/: {type: pki}
        pki/root/generate/internal: {common_name: x, key_type: "${KEY_TYPE}"}
        """
      ).isEmpty
    )
  }

  @Test func `without a table, nothing is said of fields`() throws {
    let workspace = Workspace(desiredState("auth/approle/role/web: {tokn_policies: [web]}"))
    #expect(try Validator.problems(in: workspace.project(), comparesSchema: false).isEmpty)
  }

  @Test(arguments: ["templates/schema.yaml", ".vault-migrations/schema.yaml"])
  func `the schemas of this repository have nothing wrong`(file: String) throws {
    let bytes = try #require(FileManager.default.contents(atPath: "\(packageRoot)/\(file)"))
    let project = try Workspace(String(decoding: bytes, as: UTF8.self)).project()
    let found = shown(try Validator.problems(in: project, comparesSchema: false, fields: .builtIn))
    #expect(found.isEmpty, "\(found)")
  }

  @Test func `a right entry of each engine has nothing wrong`() throws {
    let found = try Self.warnings(BroadSchema.entries)
    #expect(found.isEmpty, "\(found)")
  }
}

import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// The order in which a server accepts tasks.
@Suite struct TaskOrderTests {
  /// A schema of almost everything, its entries far from any order.
  private static let everything = """
    desired_state:
      secret/data/app: {data: {k: v}}
      identity/group/name/admins: {policies: [web]}
      auth/approle/role/web: {token_policies: [web]}
      database/roles/reader: {db_name: main}
      database/config/main: {plugin_name: postgresql-database-plugin}
      pki/roles/web: {ttl: 1h}
      pki/root/generate/internal: {common_name: x}
      pki/config/urls: {issuing_certificates: [x]}
      sys/policies/acl/web: {policy: "#"}
      secret/: {type: kv-v2}
      pki/: {type: pki}
      database/: {type: database}
      auth/approle: {type: approle}
    namespaces:
      team:
        desired_state:
          a/: {type: kv-v2}
        namespaces:
          sub:
            desired_state:
              b/: {type: kv-v2}

    """

  private func paths(_ migration: Migration?) -> [String] { migration?.tasks.map(\.path.description) ?? [] }

  private func expect(_ paths: [String], _ first: String, before second: String) {
    guard let one = paths.firstIndex(of: first), let other = paths.firstIndex(of: second) else {
      Issue.record("\(first) or \(second) is missing in \(paths)")
      return
    }
    #expect(one < other, "\(first) before \(second) in \(paths)")
  }

  private static let pairs = [
    ("sys/namespaces/team", "@team/sys/namespaces/sub"), ("@team/sys/namespaces/sub", "@team/sub/b/"),
    ("sys/namespaces/team", "@team/a/"), ("@team/sys/namespaces/sub", "pki/"),
    ("auth/approle", "auth/approle/role/web"), ("sys/policies/acl/web", "auth/approle/role/web"),
    ("sys/policies/acl/web", "identity/group/name/admins"), ("database/", "database/config/main"),
    ("database/config/main", "database/roles/reader"), ("pki/", "pki/config/urls"),
    ("pki/config/urls", "pki/roles/web"), ("pki/root/generate/internal", "pki/roles/web"),
    ("auth/approle/role/web", "secret/data/app"), ("secret/", "secret/data/app"),
  ]

  @Test(arguments: pairs)
  func `What others need comes first`(first: String, second: String) throws {
    var workspace = Workspace(Self.everything)
    expect(paths(try workspace.generate()), first, before: second)
  }

  @Test func `Deletions come last, in the reverse order`() throws {
    var workspace = Workspace(Self.everything)
    try workspace.generate()
    workspace.schema = desiredState("z/: {type: kv-v2}")
    let deleted = paths(try workspace.generate())
    #expect(deleted.first == "z/", "what is made comes before what is removed")
    let own = Set(deleted)
    for (first, second) in Self.pairs where own.contains(first) && own.contains(second) {
      expect(deleted, second, before: first)
    }
    #expect(
      own.isDisjoint(with: ["secret/data/app", "pki/roles/web", "auth/approle/role/web"]),
      "taken along"
    )
    #expect(
      own.isSuperset(of: ["sys/policies/acl/web", "identity/group/name/admins", "@team/sub/b/", "pki/"])
    )
  }

  @Test func `Tasks that do not depend on each other are in the order of their paths`() throws {
    var workspace = Workspace(desiredState("c/x: {k: 1}\na/x: {k: 1}\nb/x: {k: 1}\nB/x: {k: 1}"))
    #expect(paths(try workspace.generate()) == ["B/x", "a/x", "b/x", "c/x"])
  }
}

import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// What references to accessors and ids mean for order and validity, without a server.
@Suite struct GivenReferenceTests {
  private func paths(_ schema: String) throws -> [String] {
    var workspace = Workspace(desiredState(schema))
    return try workspace.generate()?.tasks.map(\.path.description) ?? []
  }

  @Test func `What refers to an object comes after the one that makes it, and nothing else moves`() throws {
    #expect(
      try paths(
        """
        sys/policies/acl/a: {policy: "# ${id:identity/entity/name/x}"}
        sys/policies/acl/b: {policy: "# ${accessor:auth/x}"}
        auth/x: {type: userpass}
        auth/x/users/u: {token_policies: [a]}
        identity/group/name/a: {member_group_ids: ["${id:identity/group/name/b}"]}
        identity/group/name/b: {member_group_ids: ["${id:identity/group/name/c}"]}
        identity/group/name/c: {policies: [a]}
        identity/entity/name/x: {policies: [a]}
        """
      ) == [
        "auth/x", "sys/policies/acl/b", "auth/x/users/u", "identity/entity/name/x", "sys/policies/acl/a",
        "identity/group/name/c", "identity/group/name/b", "identity/group/name/a",
      ]
    )
  }

  @Test func `What lies in a mount that has to wait waits with it`() throws {
    #expect(
      try paths(
        """
        apps/: {type: kv-v2, description: "of ${id:identity/entity/name/x}"}
        apps/config: {max_versions: 2}
        identity/entity/name/x: {policies: [a]}
        """
      ) == ["identity/entity/name/x", "apps/", "apps/config"]
    )
  }

  @Test func `Actions and lists name what they make in a field`() throws {
    let order = try paths(
      """
      pki/: {type: pki}
      pki/root/generate/internal: {issuer_name: root}
      sys/policies/acl/a: {policy: "# ${id:pki/issuer/root}"}
      sys/policies/acl/b: {policy: "# ${id:pki/issuer/default}"}
      sys/policies/acl/m: {policy: "# ${id:identity/mfa/method/totp/phone}"}
      identity/mfa/method/totp: {method_name: phone}
      """
    )
    #expect(
      order == [
        "pki/", "pki/root/generate/internal", "sys/policies/acl/a", "sys/policies/acl/b",
        "identity/mfa/method/totp", "sys/policies/acl/m",
      ]
    )
  }

  @Test func `Tasks that refer to each other are in different levels`() throws {
    let tasks: [Task] = [
      .write("identity/group/name/b", ["policies": ["x"]]), .write("identity/group/name/c", [:]),
      .write("identity/group/name/a", ["member_group_ids": ["${id:identity/group/name/b}"]]),
    ]
    let order = TaskOrder(catalogue: .builtIn, mounts: MountTable())
    #expect(order.levels(of: tasks, environment: "") == [[0, 1], [2]])
  }

  @Test func `Thousands of tasks that wait for each other are ordered, too`() {
    let count = 3_000
    let chain = (0..<count).map { index in
      Task.write(
        "identity/group/name/\(10_000 + index)",
        [
          "member_group_ids": [
            .string("${id:identity/group/name/\(10_001 + index)}")
          ]
        ]
      )
    }
    let waiting = (0..<count).map { index in
      Task.write("sys/policies/acl/\(10_000 + index)", ["policy": "# ${id:identity/group/name/10000}"])
    }
    let sorted = TaskOrder(catalogue: .builtIn, mounts: MountTable()).sorted(chain + waiting)
    #expect(sorted.map(\.path) == chain.reversed().map(\.path) + waiting.map(\.path))
  }

  @Test func `Deletions go the other way`() throws {
    var workspace = Workspace(
      desiredState(
        """
        identity/group/name/a: {member_group_ids: ["${id:identity/group/name/z}"]}
        identity/group/name/z: {type: internal}
        b/x: {k: 1}
        """
      )
    )
    try workspace.generate()
    workspace.schema = desiredState("b/x: {k: 1}")
    let deleted = try workspace.generate()?.tasks.map(\.path.path)
    #expect(deleted == ["identity/group/name/a", "identity/group/name/z"])
  }

  @Test func `Entries that wait for each other are reported, once`() throws {
    let workspace = Workspace(
      desiredState(
        """
        identity/group/name/a: {member_group_ids: ["${id:identity/group/name/b}"]}
        identity/group/name/b: {member_group_ids: ["${id:identity/group/name/c}"]}
        identity/group/name/c: {member_group_ids: ["${id:identity/group/name/a}"]}
        identity/group/name/own: {metadata: {me: "${id:identity/group/name/own}"}}
        """
      )
    )
    let found = try workspace.problems().filter { $0.contains("circle") }
    #expect(
      found == [
        ".vault-migrations/schema.yaml:2:3: entries wait for each other in a circle: "
          + "identity/group/name/a → identity/group/name/b → identity/group/name/c → identity/group/name/a "
          + "(remove one of the references; a second entry or a later migration can add what it was for)",
        ".vault-migrations/schema.yaml:5:3: entries wait for each other in a circle: "
          + "identity/group/name/own → identity/group/name/own "
          + "(remove one of the references; a second entry or a later migration can add what it was for)",
      ]
    )
  }

  @Test func `What the schema does not declare is warned about, what every server has is not`() throws {
    var workspace = Workspace(
      desiredState(
        """
        sys/policies/acl/a: {policy: "# ${accessor:auth/token} ${accessor:sys} ${id:identity/oidc/key/default}"}
        sys/policies/acl/b: {policy: "# ${accessor:auth/x}"}
        sys/policies/acl/c: {policy: "# ${id:auth/r/role/web/role-id}"}
        auth/r: {type: approle}
        auth/r/role/web: {token_ttl: 1h}
        auth/x: {type: userpass, environments: [dev]}
        """
      )
    )
    try workspace.generate()
    #expect(
      try workspace.problems() == [
        ".vault-migrations/schema.yaml:3:3: warning: sys/policies/acl/b refers to ${accessor:auth/x}, "
          + "but the schema does not declare auth/x where it does sys/policies/acl/b "
          + "(declare it, or make sure that it is on every server before)"
      ]
    )
  }

  @Test(arguments: [
    ("${id:/identity/entity/name/x}", "starts with a slash"), ("${accessor:a//b}", "has an empty segment"),
    ("${id:auth/approle}", "a mount has no id (write ${accessor:auth/approle} for its accessor)"),
    ("${id:pki/}", "a mount has no id"),
  ])
  func `A reference that can name nothing is an error of the schema`(text: String, message: String) throws {
    let found = try complaints(about: "a/x: {k: \"\(text)\"}")
    #expect(found.count == 1)
    #expect(found.first?.contains("schema.yaml:2:12: \(text): ") == true, "\(found)")
    #expect(found.first?.contains(message) == true, "\(found)")
  }
}

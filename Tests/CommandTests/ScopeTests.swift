import TestSupport
import Testing
import Values

/// One schema for several environments, and namespaces inside of one server.
@Suite struct ScopeTests {
  @Test func appliesAnEntryOnlyWhereItBelongs() async throws {
    try await withServer(Self.scoped) { project, prod in
      try await BaoServer.with { dev in
        try project.write("config.yaml", Self.configuration(dev: dev.address, prod: prod.address))
        try await project.generate("initial")
        #expect(project.read("migrations/0001-initial.yaml").contains("only: [prod]"))
        let onDev = project.with(["VAULT_TOKEN": dev.rootToken])
        try await onDev.tool("ledger", "init", "--env", "dev")
        try await project.tool("sync", "--env", "prod")
        try await onDev.tool("sync", "--env", "dev")
        #expect(try prod.list("sys/policies/acl").sorted() == ["all", "default", "prod-only", "root"])
        #expect(try dev.list("sys/policies/acl").sorted() == ["all", "default", "dev-only", "root"])
        #expect(try policy(prod, "all").contains("apps/prod-data/*"))
        #expect(try policy(dev, "all").contains("apps/shared/*"))
        try await project.tool("plan", "--env", "prod", "--detailed-exitcode")
        try await onDev.tool("plan", "--env", "dev", "--detailed-exitcode")
        let branches = try await project.published().keys.filter { $0.hasPrefix("refs/heads/") }.sorted()
        #expect(branches == ["refs/heads/vault-migrations/dev", "refs/heads/vault-migrations/prod"])

        // An entry that moves from one environment to both is new only in the other.
        try project.edit("schema.yaml", "    environments: [prod]\n", "")
        try await project.generate("everywhere")
        #expect(try await project.json("plan", "--env", "prod")["pending"] == [])
        let pending = try await onDev.json("plan", "--env", "dev")["pending"]?.array ?? []
        #expect(pending.compactMap { $0["path"]?.string } == ["sys/policies/acl/prod-only"])
        try await onDev.tool("sync", "--env", "dev")
        try await project.tool("sync", "--env", "prod")
        #expect(try dev.list("sys/policies/acl").contains("prod-only"))
      }
    }
  }

  @Test func protectsAnEnvironmentFromUnapprovedDestruction() async throws {
    try await withSmallProject(environment: "protect: true") { project, server in
      try await project.tool("sync")
      try project.edit(
        "schema.yaml",
        "  apps/:\n    type: kv-v2\n  apps/data/web:\n    data: {password: \"${APP_PASSWORD}\", mode: fast}\n",
        ""
      )
      try await project.generate("drop")
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 65)
      #expect(error.at("error.path") == "apps/")
      #expect(error.at("error.file")?.string?.hasSuffix("0002-drop.yaml") == true)
      #expect(
        error.at("error.hint")?.string?.contains(
          "approve: {prod: {reason: why this may go, losses: {secrets: 1}}}"
        ) == true
      )
      #expect(try await Snapshot(project, server) == before)

      try await project.git("reset", "-q", "--hard", "HEAD~1")
      try project.edit(
        "schema.yaml",
        "  apps/:\n    type: kv-v2\n  apps/data/web:\n    data: {password: \"${APP_PASSWORD}\", mode: fast}\n",
        ""
      )
      try await project.generate("drop", "--approve", "prod=destroys all that is left")
      #expect(project.read("migrations/0002-drop.yaml").contains("prod: destroys all that is left"))
      try await project.tool("sync")
      #expect(try server.data("sys/mounts")?["apps/"] == nil)
    }
  }

  @Test func worksInsideOfNamespaces() async throws {
    try await withServer(Self.outside) { project, server in
      try project.write("schema.yaml", project.read("schema.yaml") + Self.inside)
      try await project.generate("initial")
      try await project.tool("sync")
      #expect(try server.list("sys/namespaces").sorted() == ["team/"])
      #expect(try server.list("sys/policies/acl").contains("web") == true)
      #expect(try server.list("sys/policies/acl", namespace: "team").sorted() == ["default", "web"])
      #expect(try server.data("kv/data/x", namespace: "team")?.at("data.a") == "1")
      #expect(try server.data("auth/approle/role/web", namespace: "team/sub")?["token_ttl"] == 1200)
      #expect(try server.data("sys/mounts")?["kv/"] == nil)
      try await expectNothingLeft(project)
      let show = try await project.tool("show", "1").output
      #expect(show.contains("@team/sub/auth/approle/role/web"))

      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#, namespace: "team/sub")
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.namespace") == "team/sub")
      #expect(drift.at("drift.0.path") == "auth/approle/role/web")
      try await project.git("rm", "-q", "--cached", ".vault-migrations/schema.yaml")
      try project.write("schema.yaml", schema(Self.outside))
      try await project.generate("without-team", "--approve", "prod=moved")
      try await project.tool("sync", "--revert", "@team/sub/auth/approle/role/web")
      #expect(try server.list("sys/namespaces") == [])
    }
  }

  @Test func looksReferencesUpInsideOfANamespace() async throws {
    let state = """
      namespaces:
        team:
          namespaces:
            sub:
              desired_state:
                auth/userpass: {type: userpass}
                sys/policies/acl/own:
                  policy: path "own/{{identity.entity.aliases.${accessor:auth/userpass}.name}}" { capabilities = ["read"] }
                identity/entity/name/ann: {}
                identity/entity-alias/name/ann@auth/userpass: {canonical: identity/entity/name/ann}
                identity/group/name/devs: {member_entity_ids: ["${id:identity/entity/name/ann}"]}

      """
    try await withServer(Self.outside) { project, server in
      try project.write("schema.yaml", project.read("schema.yaml") + state)
      try await project.generate("initial")
      try await project.tool("sync")
      let inside = "team/sub"
      let accessor = try #require(
        try server.data("sys/auth", namespace: inside)?.at("userpass/.accessor")?.string
      )
      let policy = try server.data("sys/policies/acl/own", namespace: inside)?["policy"]?.string
      #expect(policy?.contains("aliases.\(accessor).name") == true)
      let ann = try #require(try server.data("identity/entity/name/ann", namespace: inside)?["id"])
      let devs = try server.data("identity/group/name/devs", namespace: inside)
      #expect(devs?["member_entity_ids"] == .array([ann]))
      let alias = try #require(try server.list("identity/entity-alias/id", namespace: inside).first)
      #expect(try server.data("identity/entity-alias/id/\(alias)", namespace: inside)?["canonical_id"] == ann)
      #expect(try server.list("identity/entity-alias/id").isEmpty)
      let files = try await project.git("ls-tree", "-r", "--name-only", "origin/vault-migrations/prod")
      #expect(files.contains("observed/@team/@sub/identity/entity/name/ann.yaml"), "\(files)")
      try await expectNothingLeft(project)
      try project.write("schema.yaml", schema(Self.outside))
      try await project.generate("without-team", "--approve", "prod=moved")
      try await project.tool("sync")
      #expect(try server.list("sys/namespaces") == [])
      try await expectNothingLeft(project)
    }
  }

  @Test(arguments: ["te am", "te\tam", "te+am", "root", "sys", ".", "a/b", "te*"])
  func refusesNamesThatAreNoNamespaces(_ name: String) async throws {
    let text = JSON.text(["desired_state": [:], "namespaces": .object([name: ["desired_state": [:]]])])
    let files = ["config.yaml": CommandTests.configuration("http://127.0.0.1:1"), "schema.yaml": text]
    try await Project.with(files) { project in
      let errors = try await project.tool("validate", exits: 65).errors
      #expect(errors.contains("is not a namespace"), "\(errors)")
    }
  }

  private static let scoped = """
    sys/policies/acl/all:
      policy: path "apps/${data:-shared}/*" { capabilities = ["read"] }
    sys/policies/acl/prod-only:
      policy: path "x" { capabilities = ["read"] }
      environments: [prod]
    sys/policies/acl/dev-only:
      policy: path "x" { capabilities = ["read"] }
      environments: [dev]
    """

  private static func configuration(dev: String, prod: String) -> String {
    """
    version: 1
    project: shop
    environments:
      dev:
        address: \(dev)
      prod:
        address: \(prod)
        variables: {data: prod-data}

    """
  }

  private static let outside = """
    sys/policies/acl/web:
      policy: path "x" { capabilities = ["read"] }
    """

  private static let inside = """
    namespaces:
      team:
        desired_state:
          sys/policies/acl/web:
            policy: path "y" { capabilities = ["read"] }
          kv/:
            type: kv-v2
          kv/data/x:
            data: {a: "1"}
        namespaces:
          sub:
            desired_state:
              auth/approle:
                type: approle
              auth/approle/role/web:
                token_ttl: 20m

    """

  private func policy(_ server: BaoServer, _ name: String) throws -> String {
    try server.data("sys/policies/acl/\(name)")?["policy"]?.string ?? ""
  }
}

import TestSupport
import Testing
import Values

/// Objects that others change as well: `manage: create-only`, and `manage: {fields: […]}`.
@Suite struct SharingTests {
  private static let created = """
    sys/policies/acl/team:
      manage: create-only
      policy: "# the team edits this"
    sys/policies/acl/other:
      policy: "# ours"
    """

  @Test func `what is only created is written once, and is then the others'`() async throws {
    try await withServer(Self.created) { project, server in
      try await project.generate("first")
      #expect(project.read("migrations/0001-first.yaml").contains("manage: create-only"))
      let plan = try await project.json("plan")
      #expect(plan["pending"]?.array?.contains { $0["manage"] == "create-only" } == true)
      #expect(try await project.tool("plan").output.contains("+ sys/policies/acl/team (only created)"))
      try await project.tool("sync")
      #expect(try server.data("sys/policies/acl/team")?["policy"] == "# the team edits this")

      try server.request("POST", "sys/policies/acl/team", ##"{"policy": "# edited"}"##)
      try await expectNothingLeft(project)
      try project.edit("schema.yaml", "# the team edits this", "# a better start")
      try project.edit("schema.yaml", "# ours", "# still ours")
      try await project.generate("start")
      let synced = try await project.tool("sync")
      #expect(synced.errors.contains("sys/policies/acl/team: is there already, and is only created"))
      #expect(try server.data("sys/policies/acl/team")?["policy"] == "# edited")
      #expect(try server.data("sys/policies/acl/other")?["policy"] == "# still ours")
      try server.request("DELETE", "sys/policies/acl/team")
      try await expectNothingLeft(project)
      try project.edit("schema.yaml", "# a better start", "# the best start")
      try await project.generate("again")
      try await project.tool("sync")
      #expect(try server.data("sys/policies/acl/team")?["policy"] == "# the best start")
    }
  }

  @Test func `sharing can begin and end, and what is shared is left behind`() async throws {
    try await withServer(Self.created) { project, server in
      try await project.generate("first")
      try await project.tool("sync")
      try server.request("POST", "sys/policies/acl/team", ##"{"policy": "# edited"}"##)
      let shared = project.read("schema.yaml")
      try project.edit("schema.yaml", "    manage: create-only\n", "")
      try await project.generate("ours")
      let refused = try await project.json("sync", exits: 3)
      #expect(refused.at("error.path") == "sys/policies/acl/team")
      try await project.tool("sync", "--revert", "sys/policies/acl/team")
      #expect(try server.data("sys/policies/acl/team")?["policy"] == "# the team edits this")
      try await expectNothingLeft(project)
      try project.write("schema.yaml", shared)
      try await project.generate("theirs")
      try await project.tool("sync")
      try server.request("POST", "sys/policies/acl/team", ##"{"policy": "# edited"}"##)
      try await expectNothingLeft(project)
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: \"# ours\"}"))
      try await project.generate("gone")
      #expect(try await project.tool("plan").output.contains("(shared, so it is left)"))
      try await project.tool("sync")
      #expect(try await project.json("show", "4")["tasks"]?.array?.first?["outcome"] == "kept")
      #expect(try server.data("sys/policies/acl/team")?["policy"] == "# edited")
      try await expectNothingLeft(project)
    }
  }

  private static let fields = """
    auth/approle:
      type: approle
    auth/approle/role/web:
      manage: {fields: [token_policies, token_ttl]}
      token_policies: [web]
      token_ttl: 20m
    pki/:
      type: pki
    pki/roles/web:
      manage: {fields: [ttl, allowed_domains]}
      ttl: 1h
      allowed_domains: [example.com]
    shared/:
      manage: {fields: [config.max_lease_ttl]}
      type: kv-v2
      config: {max_lease_ttl: 10h}
    """

  @Test func `only the fields that are ours are written, compared and watched`() async throws {
    try await withServer(Self.fields) { project, server in
      // Somebody else was here first.
      try server.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
      try server.request(
        "POST",
        "auth/approle/role/web",
        #"{"secret_id_num_uses": 3, "token_ttl": "20m", "token_policies": ["web"]}"#
      )
      try await project.generate("first")
      try await project.tool("sync")
      #expect(
        try await project.json("show", "1")["tasks"]?.array?.contains { $0["outcome"] == "adopted" } == true
      )
      // An endpoint that merges, one that replaces, and a mount.
      try server.request(
        "POST",
        "auth/approle/role/web",
        #"{"secret_id_num_uses": 5, "token_max_ttl": "2h"}"#
      )
      try server.request(
        "POST",
        "pki/roles/web",
        #"{"ttl": "1h", "allowed_domains": ["example.com"], "allow_subdomains": true, "key_bits": 4096, "ou": ["theirs"]}"#
      )
      try server.request(
        "POST",
        "sys/mounts/shared/tune",
        #"{"description": "theirs", "default_lease_ttl": "1h"}"#
      )
      try await expectNothingLeft(project)

      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
      try project.edit("schema.yaml", "    ttl: 1h\n", "")
      try project.edit("schema.yaml", "allowed_domains: [example.com]", "allowed_domains: [example.org]")
      try project.edit("schema.yaml", "max_lease_ttl: 10h", "max_lease_ttl: 20h")
      try await project.generate("more")
      try await project.tool("sync")
      let role = try #require(try server.data("auth/approle/role/web"))
      #expect(role["token_ttl"] == 1800 && role["token_max_ttl"] == 7200 && role["secret_id_num_uses"] == 5)
      let issuing = try #require(try server.data("pki/roles/web"))
      #expect(issuing["allowed_domains"] == ["example.org"])
      #expect(
        issuing["allow_subdomains"] == true && issuing["key_bits"] == 4096 && issuing["ou"] == ["theirs"]
      )
      #expect(issuing["ttl"] == 0)
      let mount = try server.data("sys/mounts/shared")
      #expect(mount?.at("config.max_lease_ttl") == 72000 && mount?["description"] == "theirs")
      try await expectNothingLeft(project)

      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "1m"}"#)
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.fields.0.name") == "token_ttl")
      #expect(drift["drift"]?.array?.count == 1 && drift.at("drift.0.fields")?.array?.count == 1)
      let observed = try await project.git("show", "origin/vault-migrations/prod:observed/pki/roles/web.yaml")
      #expect(!observed.contains("key_bits"))
    }
  }

  @Test(arguments: [
    ("manage: sometimes", "4:13", "manage of auth/approle/role/web must be create-only, or name fields"),
    ("manage: {fields: []}", "4:13", "manage of auth/approle/role/web must be create-only, or name fields"),
    (
      "manage: {fields: [token_ttl]}", "4:13",
      "auth/approle/role/web declares token_policies, which manage does not name"
    ),
  ])
  func `what cannot be shared so is refused with its place`(line: String, place: String, message: String)
    async throws
  {
    let state = "auth/approle: {type: approle}\nauth/approle/role/web:\n  \(line)\n  token_policies: [web]"
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(state)]
    try await Project.with(files) { project in
      let errors = try await project.tool("validate", exits: 65).errors
      #expect(errors.contains("schema.yaml:\(place): error: \(message)"), "\(errors)")
    }
  }

  @Test func `secrets of KV and actions are not shared by fields`() async throws {
    let state = """
      apps/: {type: kv-v2}
      apps/data/x: {data: {a: b}, manage: {fields: [data]}}
      pki/: {type: pki}
      pki/root/generate/internal: {common_name: x, manage: create-only}
      """
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(state)]
    try await Project.with(files) { project in
      let errors = try await project.tool("validate", exits: 65).errors
      #expect(errors.contains("the fields of apps/data/x cannot be shared"))
      #expect(errors.contains("pki/root/generate/internal is an action"))
    }
  }
}

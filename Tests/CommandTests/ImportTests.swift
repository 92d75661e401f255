import TestSupport
import Testing
import Values

/// A server that was configured by hand, taken into a repository.
@Suite struct ImportTests {
  @Test func writesWhatAPersonWouldWrite() async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      try server.request("POST", "auth/approle/role/plain", "{}")
      let before = try server.data("sys/policies/acl/web")
      let report = try await project.json("import", "auth/**", "sys/policies/acl/*", "apps/**")
      #expect(
        project.read("schema.yaml") == """
          desired_state:
            apps/:
              type: kv-v2

            auth/approle:
              type: approle
            auth/approle/role/plain: {}
            auth/approle/role/web:
              token_policies: [web]
              token_ttl: 1200

            sys/policies/acl/web:
              policy: path "apps/data/web" { capabilities = ["read"] }

          """
      )
      #expect(report["files"]?.texts.last == ".vault-migrations/migrations/0001-import.yaml")
      #expect(report["unreadable"] == [])
      // Nothing was written, and the environment is where the server is.
      #expect(try server.data("sys/policies/acl/web") == before)
      try await project.commit("Import")
      try await expectNothingLeft(project)
      let history = try await project.json("history")["history"]?.array ?? []
      #expect(history.map { $0["baseline"] } == [true])
      try project.edit("schema.yaml", "token_ttl: 1200", "token_ttl: 30m")
      try await project.generate("longer")
      try await project.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1800)
    }
  }

  @Test func leavesOutWhatIsNobodysWork() async throws {
    let auth = "auth: {method: approle, mount: ci, role_id: \"${ROLE_ID}\", secret_id: \"${SECRET_ID}\"}"
    try await withServer("{}") { project, server in
      try project.write("config.yaml", configuration(server.address, auth))
      let project = try loginOfItsOwn(project, server)
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      try server.request("POST", "auth/userpass/users/ann", #"{"password": "anns-password"}"#)
      _ = try server.request("POST", "auth/userpass/login/ann", #"{"password": "anns-password"}"#)
      #expect(try server.list("identity/entity/name").count == 1)
      let report = try await project.json("import")
      #expect(
        report["imported"]?.texts == ["auth/userpass", "auth/userpass/users/ann", "secret/"]
      )
      #expect(report["variables"]?.at("0.name") == "AUTH_USERPASS_USERS_ANN_PASSWORD")
      // By now the tool itself has such an entity, too.
      #expect(try server.list("identity/entity/name").count == 2)
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  /// A role that the tool logs in with, whose policy allows everything.
  private func loginOfItsOwn(_ project: Project, _ server: BaoServer) throws -> Project {
    try server.request("POST", "sys/auth/ci", #"{"type": "approle"}"#)
    let rule =
      #"path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }"#
    try server.request("POST", "sys/policies/acl/pipeline", #"{"policy": "\#(rule)"}"#)
    try server.request("POST", "auth/ci/role/tool", #"{"token_policies": ["pipeline"]}"#)
    let role = try server.data("auth/ci/role/tool/role-id")?["role_id"]?.string ?? ""
    let answer = try server.request("POST", "auth/ci/role/tool/secret-id", "{}")
    return project.with(["ROLE_ID": role, "SECRET_ID": BaoServer.field("secret_id", in: answer.body)])
  }

  @Test func keepsSecretsOutOfEveryFile() async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      let report = try await project.json("import", "apps/*", "--with-data", "apps/*")
      let names = report["variables"]?.array?.compactMap { $0["name"]?.string } ?? []
      #expect(names == ["APPS_DATA_WEB_DATA_MODE", "APPS_DATA_WEB_DATA_PASSWORD"])
      #expect(project.read("schema.yaml").contains("password: ${APPS_DATA_WEB_DATA_PASSWORD}"))
      try await project.commit("Import")
      let everything = try await project.git("log", "-p", "--all", "--format=%B")
      #expect(!everything.contains("app-password-1"))
      // Without any variable, and with the right ones, nothing is to be done.
      try await project.tool("plan", "--detailed-exitcode")
      let told = project.with([names[0]: "fast", names[1]: "app-password-1"])
      try await expectNothingLeft(told)
      let changed = told.with([names[1]: "app-password-2"])
      #expect(try await changed.json("plan")["pending"]?.at("0.action") == "refresh")
    }
  }

  @Test func noticesASecretThatIsChangedLater() async throws {
    try await withServer("{}") { project, server in
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      try server.request("POST", "auth/userpass/users/ann", #"{"password": "first-password"}"#)
      try await project.tool("import", "auth/userpass/**")
      try await project.commit("Import")
      try await project.tool("sync")
      // Once it is told, it is remembered; what it stands for was not sent.
      let told = project.with(["AUTH_USERPASS_USERS_ANN_PASSWORD": "told-password"])
      try await told.tool("sync")
      #expect(
        try server.request("POST", "auth/userpass/login/ann", #"{"password": "first-password"}"#).status
          == 200
      )
      let changed = project.with(["AUTH_USERPASS_USERS_ANN_PASSWORD": "second-password"])
      #expect(try await changed.json("plan")["pending"]?.at("0.action") == "refresh")
      try await changed.tool("sync")
      #expect(
        try server.request("POST", "auth/userpass/login/ann", #"{"password": "second-password"}"#).status
          == 200
      )
    }
  }

  @Test func addsToASchemaThatWasEdited() async throws {
    let state = "# Ours\nsys/policies/acl/web:\n  policy: '# nothing'\n"
    try await withServer(state) { project, server in
      try await project.generate("first")
      try await project.tool("sync")
      try server.request("POST", "sys/policies/acl/other", ##"{"policy": "# other"}"##)
      let old = schema("# Ours\nsys/policies/acl/web:\n  policy: '# nothing'")
      try project.write("schema.yaml", old)
      let report = try await project.json("import", "sys/policies/acl/*")
      #expect(report["imported"]?.texts == ["sys/policies/acl/other"])
      #expect(report["declared_already"]?.texts == ["sys/policies/acl/web"])
      #expect(project.read("schema.yaml") == old + "\n  sys/policies/acl/other:\n    policy: \"# other\"\n")
      try await project.commit("Import")
      try await expectNothingLeft(project)
      #expect(try await project.json("import", "sys/policies/acl/*")["imported"] == [])
    }
  }

  @Test func writesAnEditedSchemaAnewOnlyByForce() async throws {
    try await withServer("{}") { project, server in
      try server.request("POST", "sys/policies/acl/other", ##"{"policy": "# other"}"##)
      // What is not in a migration yet would become part of the import's.
      let edited = "desired_state: {sys/policies/acl/web: {policy: '# mine'}}\n"
      try project.write("schema.yaml", edited)
      try await project.tool("import", "sys/policies/acl/*", exits: 65)
      #expect(project.read("schema.yaml") == edited)
      try await project.tool("import", "sys/policies/acl/*", "--force", "--no-baseline")
      #expect(!project.read("schema.yaml").contains("acl/web"))
      #expect(project.read("schema.yaml").contains("acl/other"))
      #expect(try await project.json("status")["state"] == "empty")
      try await project.tool("import", "--force", exits: 64)
    }
  }

  @Test func refusesAFileThatItCannotAddTo() async throws {
    try await withServer("{}") { project, server in
      let edited = "desired_state: {sys/policies/acl/web: {policy: '# mine'}}\n"
      try project.write("schema.yaml", edited)
      try await project.generate("first")
      try await project.tool("sync")
      try server.request("POST", "sys/policies/acl/other", ##"{"policy": "# other"}"##)
      let refused = try await project.json("import", "sys/policies/acl/*", exits: 64)
      #expect(refused.at("error.hint")?.string?.contains("folder") == true)
      #expect(project.read("schema.yaml") == edited)
      #expect(project.read("migrations/0002-import.yaml").isEmpty)
      // Nor is anything written while the environment lags behind.
      try project.write("schema.yaml", edited.replacing("mine", with: "ours"))
      try await project.generate("second")
      let lagging = try await project.json("import", "sys/policies/acl/*", exits: 64)
      #expect(lagging.at("error.message") == "0002 second is not applied to prod yet")
      try await project.tool("sync")
      // A folder takes a file more.
      try project.write("schema/ours.yaml", edited.replacing("mine", with: "ours"))
      try project.write("config.yaml", configuration(server.address, "", "schema: schema"))
      try await project.tool("import", "sys/policies/acl/*")
      #expect(
        project.read("schema/imported.yaml")
          == "desired_state:\n  sys/policies/acl/other:\n    policy: \"# other\"\n"
      )
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func saysInOneDocumentWhatWasWrittenAndWhyItIsNotRecorded() async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      try project.refusePushes()
      let report = try await project.json("import", "sys/policies/acl/*", exits: 1)
      #expect(report["imported"] == ["sys/policies/acl/web"])
      #expect(report["baseline"] == .null)
      #expect(report.at("error.message")?.string?.contains("could not be published") == true)
      try project.allowPushes()
      try await project.tool("baseline")
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func tellsWhatTheTokenMayNotSee() async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      let token = try server.makeToken(
        policy: """
          path "auth/approle/*" { capabilities = ["read", "list"] }
          path "sys/auth" { capabilities = ["read", "sudo"] }
          path "vault-migrations/*" { capabilities = ["create", "read", "update", "list"] }
          """
      )
      let report = try await project.with(["VAULT_TOKEN": token]).json("import")
      #expect(report["imported"]?.texts == ["auth/approle", "auth/approle/role/web"])
      let unreadable = report["unreadable"]?.array?.compactMap { $0["path"]?.string } ?? []
      #expect(unreadable.contains("sys/mounts"))
      #expect(unreadable.contains("sys/policies/acl"))
    }
  }

  @Test func findsTheContentOfNamespaces() async throws {
    try await withServer("{}") { project, server in
      try server.request("POST", "sys/namespaces/team", "{}")
      try server.request("POST", "sys/auth/jwt", #"{"type": "jwt"}"#, namespace: "team")
      try server.request("POST", "sys/namespaces/sub", "{}", namespace: "team")
      try server.request("POST", "sys/policies/acl/deep", ##"{"policy": "# deep"}"##, namespace: "team/sub")
      let report = try await project.json("import")
      let paths = report["imported"]?.texts ?? []
      #expect(paths.contains("@team/auth/jwt"))
      #expect(paths.contains("@team/sub/sys/policies/acl/deep"))
      #expect(report["unreadable"] == [])
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func tellsWhatOnlyAnActionMakes() async throws {
    try await withServer("{}") { project, server in
      try server.request("POST", "sys/mounts/pki", #"{"type": "pki"}"#)
      try server.request(
        "POST",
        "pki/root/generate/internal",
        #"{"common_name": "Root", "issuer_name": "root", "key_name": "root-key"}"#
      )
      try server.request("POST", "pki/roles/web", #"{"issuer_ref": "root", "allow_localhost": false}"#)
      let outcome = try await project.tool("import")
      #expect(outcome.output.contains("note: pki/issuers: was made by a one-off action"))
      let schema = project.read("schema.yaml")
      #expect(schema.contains("default: ${id:pki/issuer/root}"))
      #expect(schema.contains("default: ${id:pki/key/root-key}"))
      #expect(schema.contains("allow_localhost: false\n    issuer_ref: root\n"))
      #expect(!schema.contains("root/generate"))
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func leavesOutWhatBelongsToAnotherProject() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/free", "{}")
      try project.write("config.yaml", configuration(server.address).replacing("shop", with: "other"))
      try project.write("schema.yaml", "desired_state: {}\n")
      try await project.git("rm", "-rq", ".vault-migrations/migrations")
      try await project.git("push", "-q", "origin", "--delete", "vault-migrations/prod")
      try await project.git("update-ref", "-d", "refs/remotes/origin/vault-migrations/prod")
      let report = try await project.json("import", "auth/**", "--no-baseline")
      #expect(report["imported"]?.texts == ["auth/approle/role/free"])
      let notices = report["notices"]?.array ?? []
      let told = notices.first { $0["path"] == "auth/approle/role/web" }
      #expect(told?["text"] == "belongs to project shop, environment prod")
    }
  }

  @Test func writesNothingForADryRun() async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      let before = try await Snapshot(project, server)
      let outcome = try await project.tool("import", "auth/approle/**", "--dry-run")
      #expect(outcome.output.contains("auth/approle/role/web:\n    token_policies: [web]\n"))
      #expect(try await Snapshot(project, server) == before)
    }
  }
}

import TestSupport
import Testing
import Values

/// One schema on several servers: `--all`, overlays, lists that differ.
@Suite struct AllEnvironmentsTests {
  @Test func bringsEveryEnvironmentUpAndShowsThemSideBySide() async throws {
    try await withFleet { project, staging, prod in
      let sync = try await project.json("sync", "--all")
      let documents = sync["environments"]?.array ?? []
      #expect(documents.compactMap { $0["environment"]?.string } == ["dev", "prod", "staging"])
      #expect(documents.allSatisfy { $0.at("applied.0.version") == "0001" })
      for server in [staging, prod] { #expect(try server.data("auth/approle/role/a")?["token_ttl"] == 600) }

      let status = try await project.tool("status", "--all")
      let titles = status.output.split(separator: "\n").filter { $0.hasPrefix("== ") }
      #expect(titles == ["== dev", "== prod", "== staging"])
      #expect(
        try await project.json("plan", "--all", "--detailed-exitcode")["environments"]?.array?.count == 3
      )
      try prod.request("DELETE", "auth/approle/role/a")
      let drift = try await project.json("drift", "--all", exits: 2)["environments"]
      #expect(drift?.at("1.drift.0.path") == "auth/approle/role/a")
      #expect(drift?.at("0.drift") == [])
      #expect(drift?.at("2.drift") == [])
    }
  }

  @Test func letsOneThatFailsHarmNoOther() async throws {
    try await withFleet { project, staging, prod in
      // A shell's variables would bring one environment's change to another's server.
      let shell = project.with([
        "VAULT_ADDR": staging.address, "VAULT_TOKEN": staging.rootToken, "PROD_TOKEN": "not-a-token",
      ])
      let sync = try await shell.json("sync", "--all", exits: 77)
      let documents = sync["environments"]
      #expect(documents?.at("0.applied.0.version") == "0001")
      #expect(documents?.at("2.applied.0.version") == "0001")
      #expect(documents?.at("1.environment") == "prod")
      #expect(documents?.at("1.error.code") == "permission-denied")
      #expect(try prod.data("sys/auth")?["approle/"] == nil)
      let text = try await shell.tool("status", "--all", exits: 77)
      #expect(text.output.contains("== prod\nfailed: "))
      #expect(text.errors.contains("[prod] error: "))
      #expect(text.errors.contains("--all ignores VAULT_ADDR"))
      #expect(!(text.output + text.errors).contains("not-a-token"))
    }
  }

  @Test func saysThatAShellsTokenIsForNoneOfSeveral() async throws {
    try await withServer(Small.state) { project, server in
      let there = "{address: \"\(server.address)\"}"
      let settings = "version: 1\nproject: shop\nenvironments: {a: \(there), b: \(there)}\n"
      try project.write("config.yaml", settings)
      let errors = try await project.tool("diff", "a", "b", exits: 77).errors
      #expect(
        errors.contains("VAULT_TOKEN does not say which environment it is for: configure \"auth:\" of a")
      )
    }
  }

  @Test func refusesWhatIsAboutOneEnvironment() async throws {
    try await withFleet { project, _, _ in
      for option in [["sync", "--env", "prod"], ["sync", "--keep", "a"], ["drift", "--revert"]] {
        let error = try await project.json(option + ["--all"], exits: 64)
        #expect(error.at("error.message")?.string?.contains("--all about every one") == true)
      }
    }
  }

  @Test func adoptsWhatOneEnvironmentHasIntoItsOverlay() async throws {
    try await withFleet { project, _, prod in
      try await project.tool("sync", "--all", "--quiet")
      try prod.request(
        "POST",
        "sys/policies/acl/only-prod",
        #"{"policy": "path \"b\" { capabilities = [\"list\"] }"}"#
      )
      try await project.tool("drift", "--env", "prod", "--adopt")
      #expect(project.read("overlays/prod.yaml").contains("capabilities = [\"list\"]"))
      #expect(project.read("migrations/0002-adopt-drift.yaml").contains("only: [prod]"))
      try prod.request("DELETE", "auth/approle/role/a")
      let error = try await project.json("drift", "--env", "prod", "--adopt", exits: 65)
      #expect(error.at("error.message")?.string?.contains("for_each") == true)
    }
  }

  @Test func goesBackWithTheOverlays() async throws {
    try await withFleet { project, _, prod in
      try await project.tool("sync", "--all", "--quiet")
      try project.write("overlays/prod.yaml", "desired_state: {}\n")
      try await project.generate("no-break-glass")
      try await project.tool("sync", "--env", "prod")
      #expect(try prod.data("sys/policies/acl/only-prod") == nil)
      try await project.tool("rollback", "--to", "1")
      #expect(project.read("overlays/prod.yaml").contains("only-prod"))
      try await project.commit("Go back")
      try await project.tool("validate", "--env", "prod")
      try await project.tool("sync", "--all", "--quiet")
      #expect(try prod.data("sys/policies/acl/only-prod") != nil)
    }
  }

  @Test func letsAnEnvironmentJoinLate() async throws {
    try await withFleet { project, _, _ in
      try await project.tool("sync", "--all", "--quiet")
      try project.edit("schema.yaml", "token_ttl: 10m", "token_ttl: 20m")
      try await project.generate("longer")
      try await BaoServer.with { empty in
        try await BaoServer.with { configured in
          try project.edit(
            "config.yaml",
            "environments:\n",
            """
            environments:
              empty: {address: "\(empty.address)", auth: {method: token, token: "${EMPTY_TOKEN}"}}
              found: {address: "\(configured.address)", auth: {method: token, token: "${FOUND_TOKEN}"}}

            """
          )
          try await project.commit("Add environments")
          let project = project.with(["EMPTY_TOKEN": empty.rootToken, "FOUND_TOKEN": configured.rootToken])
          for name in ["empty", "found"] {
            try await project.tool("validate", "--env", name)
            try await project.tool("ledger", "init", "--env", name, "--quiet")
          }
          let applied = try await project.json("sync", "--env", "empty")["applied"]
          #expect(applied?.array?.compactMap { $0["version"]?.string } == ["0001", "0002"])
          #expect(try empty.data("auth/approle/role/a")?["token_ttl"] == 1200)
          try configured.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
          for role in ["a", "b"] {
            try configured.request("POST", "auth/approle/role/\(role)", #"{"token_ttl": 1200}"#)
          }
          try await project.tool("baseline", "--env", "found")
          #expect(try await project.json("sync", "--env", "found")["applied"] == [])
          #expect(try await project.json("plan", "--env", "found")["pending"] == [])
        }
      }
    }
  }
}

/// A project with a private server, and two others that log in by tokens of their own; teams make roles.
private func withFleet<Result>(
  _ body: (Project, BaoServer, BaoServer) async throws -> Result
) async throws -> Result {
  let files = [
    "schema.yaml": """
    desired_state:
      auth/approle: {type: approle}
      auth/approle/role/${each.key}:
        for_each: ${teams}
        token_ttl: 10m

    """,
    "overlays/prod.yaml": """
    desired_state:
      sys/policies/acl/only-prod:
        policy: path "b" { capabilities = ["read"] }

    """,
  ]
  return try await Project.with(files) { project in
    try await BaoServer.with { staging in
      try await BaoServer.with { prod in
        try project.write(
          "config.yaml",
          """
          version: 1
          project: fleet
          default_environment: dev
          environments:
            dev: {server: embedded}
            staging: {address: "\(staging.address)", auth: {method: token, token: "${STAGING_TOKEN}"}}
            prod: {address: "\(prod.address)", auth: {method: token, token: "${PROD_TOKEN}"}}
          variables: {teams: [a, b]}

          """
        )
        let project = project.with(["STAGING_TOKEN": staging.rootToken, "PROD_TOKEN": prod.rootToken])
        for name in ["staging", "prod"] {
          try await project.tool("ledger", "init", "--env", name, "--quiet")
        }
        try await project.generate("initial")
        return try await body(project, staging, prod)
      }
    }
  }
}

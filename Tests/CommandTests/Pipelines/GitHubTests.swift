import FoundationEssentials
import TestSupport
import Testing
import Values
import YAML

/// The workflows that `init --ci github` writes, run as GitHub runs them.
@Suite struct GitHubTests {
  private static let auth = "{method: jwt, role: deploy, github_audience: \"AUDIENCE\"}"
  private static let secrets = ["APP_PASSWORD": "app-password-1"]

  @Test
  func `A pull request is validated without secrets, planned in one comment, and applied when it is merged`()
    async throws
  {
    try await Hosted.with("github", auth: Self.auth) { hosted in
      let sync = try GitHubRunner(hosted, "sync", "sync")
      #expect(try await sync.run("first", "refs/heads/main", secrets: Self.secrets).status == 0)
      try await hosted.propose("longer", ttl: "25m")
      let head = try await hosted.project.git("rev-parse", "longer")
      let pull = "refs/pull/7/merge"

      let validate = try GitHubRunner(hosted, "check", "validate")
      let valid = try await validate.run("validate", pull, head: head)
      #expect(valid.status == 0, "\(valid.log)")
      #expect(valid.log.contains("valid  5 paths, 2 migrations"))
      #expect(valid.log.contains("verify: not done"))
      let server = ["VAULT_MIGRATIONS_SERVER": try BaoServer.executable()]
      let verified = try await validate.run("verify", pull, head: head, secrets: server)
      #expect(verified.status == 0, "\(verified.log)")
      #expect(verified.log.contains("prod  verified  2 versions up, down to 0000, up again"))

      hosted.host.say("<!-- vault-migrations:prod -->\nI know that trick", times: 1)
      hosted.host.say("Looks good", times: 99)
      let plan = try GitHubRunner(hosted, "check", "plan")
      let planned = try await plan.run("plan", pull, head: head, secrets: Self.secrets)
      #expect(planned.status == 0, "\(planned.log)")
      #expect(planned.summary.contains("auth/approle/role/web"))
      #expect(hosted.host.comments.count == 101)
      #expect(hosted.host.comments.last?.body.hasPrefix("<!-- vault-migrations:prod -->\n") == true)
      #expect(hosted.host.comments.last?.body.contains("25m") == true)

      // One that would send the job's token elsewhere is planned on the server that main names.
      try await hosted.project.git("checkout", "-q", "main")
      try await hosted.propose("thief", ttl: "45m", address: hosted.api.address)
      let asked = hosted.api.requests.count
      let thief = try await plan.run("plan-3", pull, secrets: Self.secrets)
      #expect(thief.status == 0, "\(thief.log)")
      #expect(!hosted.api.requests.dropFirst(asked).contains { $0.path.hasPrefix("/v1/") })

      // A second push replaces what the first one wrote, on the second page, and nobody else's.
      try await hosted.project.git("checkout", "-q", "main")
      try await hosted.propose("longest", ttl: "35m")
      let newer = try await hosted.project.git("rev-parse", "longest")
      #expect(try await plan.run("plan-2", pull, head: newer, secrets: Self.secrets).status == 0)
      #expect(hosted.host.comments.count == 101)
      #expect(hosted.host.comments.last?.body.contains("35m") == true)
      #expect(hosted.host.comments.first?.body.hasSuffix("I know that trick") == true)

      try await hosted.merge()
      let synced = try await sync.run("second", "refs/heads/main", secrets: Self.secrets)
      #expect(synced.status == 0, "\(synced.log)")
      #expect(synced.summary.contains("0002"))
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 2100)
      #expect(try await hosted.project.publishedCommits() == 2)
      let shown = try await hosted.project.json("show", "0002")
      #expect(shown["applied_by"]?.string?.hasPrefix("octocat@") == true)
      #expect(shown["pull_request"] == "https://git.example.com/team/shop/pull/7")
      #expect(shown["approved_by"] == "ada, grace")
    }
  }

  @Test func `A project may lie below the root of its repository`() async throws {
    try await Hosted.with("github", auth: Self.auth) { hosted in
      let project = try await hosted.moved(into: "infra/vault", "github")
      let head = try await project.git("rev-parse", "HEAD")
      #expect(!FileManager.default.fileExists(atPath: project.folder + "/.github"))
      let validate = try GitHubRunner(hosted, "check", "validate")
      let server = ["VAULT_MIGRATIONS_SERVER": try BaoServer.executable()]
      let valid = try await validate.run("validate", "refs/pull/7/merge", head: head, secrets: server)
      #expect(valid.status == 0 && valid.log.contains("1 version up, down to 0000"), "\(valid.log)")
      let plan = try GitHubRunner(hosted, "check", "plan")
      let planned = try await plan.run("plan", "refs/pull/7/merge", head: head, secrets: Self.secrets)
      #expect(planned.status == 0, "\(planned.log)")
      #expect(hosted.host.comments.last?.body.contains("auth/approle/role/web") == true)
      let sync = try GitHubRunner(hosted, "sync", "sync")
      let synced = try await sync.run("sync", "refs/heads/main", secrets: Self.secrets)
      #expect(synced.status == 0, "\(synced.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }

  @Test func `A fork's job has no token to lose, and a merge that would break is found`() async throws {
    try await Hosted.with("github", auth: Self.auth) { hosted in
      try await hosted.propose("longer", ttl: "25m")
      let head = try await hosted.project.git("rev-parse", "longer")
      let validate = try GitHubRunner(hosted, "check", "validate")
      #expect(validate.job["permissions"]?.value == ["contents": "read"])
      #expect(validate.workflow["permissions"]?.value == [:])
      #expect(validate.workflow["on"]?["pull_request"] != nil)
      #expect(validate.workflow["on"]?["pull_request_target"] == nil)
      let plan = try GitHubRunner(hosted, "check", "plan")
      #expect(
        plan.job["if"]?.string == "github.event.pull_request.head.repo.full_name == github.repository"
      )
      // Somebody else's 0002 is merged meanwhile.
      try await hosted.project.git("checkout", "-q", "-b", "rival", "main")
      try hosted.project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await hosted.project.generate("rival")
      try await hosted.project.git("push", "-q", "origin", "rival:main")
      let refused = try await validate.run("validate", "refs/pull/7/merge", head: head)
      #expect(refused.status == 65)
      #expect(refused.log.contains("vault-migrations rebase"))
      #expect(hosted.api.requests.isEmpty)
    }
  }

  @Test func `Drift fails the nightly job and is reported`() async throws {
    try await Hosted.with("github", auth: Self.auth) { hosted in
      let sync = try GitHubRunner(hosted, "sync", "sync")
      #expect(try await sync.run("sync", "refs/heads/main", secrets: Self.secrets).status == 0)
      let drift = try GitHubRunner(hosted, "drift", "drift")
      let quiet = try await drift.run("quiet", "refs/heads/main", secrets: Self.secrets)
      #expect(quiet.status == 0, "\(quiet.log)")
      #expect(quiet.summary.contains("No drift"))
      try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
      let found = try await drift.run("found", "refs/heads/main", secrets: Self.secrets)
      #expect(found.status == 2)
      #expect(found.summary.contains("auth/approle/role/web"))
      #expect(drift.workflow["on"]?["schedule"] != nil)
    }
  }

  @Test func `A rollback is proposed as a pull request, or done at once behind the environment's reviewers`()
    async throws
  {
    try await Hosted.with("github", auth: Self.auth) { hosted in
      try await hosted.propose("longer", ttl: "25m")
      try await hosted.merge()
      let sync = try GitHubRunner(hosted, "sync", "sync")
      #expect(try await sync.run("sync", "refs/heads/main", secrets: Self.secrets).status == 0)

      let propose = try GitHubRunner(hosted, "rollback", "pull-request")
      let evil = try await propose.run(
        "evil",
        "refs/heads/main",
        inputs: ["version": "0001; touch \(hosted.project.scratch.file("pwned"))"]
      )
      #expect(evil.status == 64)
      #expect(!FileManager.default.fileExists(atPath: hosted.project.scratch.file("pwned")))
      let proposed = try await propose.run("propose", "refs/heads/main", inputs: ["version": "0001"])
      #expect(proposed.status == 0, "\(proposed.log)")
      #expect(hosted.host.proposals.count == 1)
      #expect(hosted.host.proposals.first?["head"] == "rollback-to-0001")
      #expect(hosted.host.proposals.first?["base"] == "main")
      try await hosted.project.git("fetch", "-q", "origin")
      let files = try await hosted.project.git(
        "diff",
        "--name-only",
        "origin/main",
        "origin/rollback-to-0001"
      )
      #expect(files.contains("migrations/0003-rollback-to-0001.yaml"))

      let now = try GitHubRunner(hosted, "rollback", "now")
      #expect(now.job["environment"]?.string == "prod")
      let done = try await now.run(
        "now",
        "refs/heads/main",
        inputs: ["version": "0001"],
        secrets: Self.secrets
      )
      #expect(done.status == 0, "\(done.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      // Until the inverse migration is merged, nothing brings them back.
      let held = try await sync.run("held", "refs/heads/main", secrets: Self.secrets)
      #expect(held.summary.contains("held"), "\(held.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }
}

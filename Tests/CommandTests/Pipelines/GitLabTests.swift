import FoundationEssentials
import TestSupport
import Testing
import Values
import YAML

/// The jobs that `init --ci gitlab` writes, run as GitLab runs them.
@Suite struct GitLabTests {
  private static let auth = "{method: jwt, role: deploy, jwt: \"${VAULT_ID_TOKEN}\"}"

  @Test func `A merge request is validated and planned, and applied when it is merged`() async throws {
    try await Hosted.with("gitlab", auth: Self.auth) { hosted in
      let sync = try GitLabRunner(hosted, "sync")
      #expect(try await sync.run("first", "main").status == 0)
      try await hosted.propose("longer", ttl: "25m")

      let validate = try GitLabRunner(hosted, "validate")
      let valid = try await validate.run(
        "validate",
        "longer",
        ["APP_PASSWORD": "", "VAULT_MIGRATIONS_SERVER": try BaoServer.executable()]
      )
      #expect(valid.status == 0, "\(valid.log)")
      #expect(valid.log.contains("valid  5 paths, 2 migrations"))
      #expect(valid.log.contains("prod  verified  2 versions up, down to 0000, up again"))
      #expect(validate.job["id_tokens"] == nil)

      // Without a token that may comment, the plan is an artifact that the merge request shows.
      let plan = try GitLabRunner(hosted, "plan")
      let planned = try await plan.run("plan", "longer")
      #expect(planned.status == 0, "\(planned.log)")
      #expect(planned.log.contains("auth/approle/role/web"))
      #expect(plan.job["artifacts"]?["paths"]?.value == ["plan.md"])
      #expect(FileManager.default.fileExists(atPath: planned.folder + "/plan.md"))
      #expect(hosted.host.comments.isEmpty)

      let token = ["VAULT_MIGRATIONS_COMMENT_TOKEN": "project-token"]
      hosted.host.say("<!-- vault-migrations:prod -->\nI know that trick")
      #expect(try await plan.run("plan-2", "longer", token).status == 0)
      try hosted.project.edit("schema.yaml", "token_ttl: 25m", "token_ttl: 35m")
      try await hosted.project.generate("even-longer")
      try await hosted.project.git("push", "-q", "origin", "longer")
      let again = try await plan.run("plan-3", "longer", token)
      #expect(again.status == 0, "\(again.log)")
      #expect(hosted.host.comments.map(\.isOurs) == [false, true])
      #expect(hosted.host.comments.last?.body.contains("35m") == true)

      #expect(sync.job["resource_group"]?.string == "vault-migrations-prod")
      try await hosted.project.git("push", "-q", "origin", "longer:main")
      let synced = try await sync.run("second", "main", token)
      #expect(synced.status == 0, "\(synced.log)")
      let shown = try await hosted.project.json("show", "0003")
      #expect(shown["pull_request"] == "https://git.example.com/team/shop/-/merge_requests/7")
      #expect(shown["approved_by"] == "grace, ada")
      // Who cannot ask applies all the same, and says so.
      #expect(try await hosted.project.json("show", "0001")["pull_request"] == nil)
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 2100)
      #expect(try await hosted.project.publishedCommits() == 3)
    }
  }

  @Test func `A project may lie below the root of its repository`() async throws {
    try await Hosted.with("gitlab", auth: Self.auth) { hosted in
      let project = try await hosted.moved(into: "infra", "gitlab")
      try await project.git("push", "-q", "origin", "HEAD:refs/heads/topic")
      let valid = try await GitLabRunner(hosted, "validate").run("validate", "topic")
      #expect(valid.status == 0, "\(valid.log)")
      let plan = try GitLabRunner(hosted, "plan")
      let planned = try await plan.run("plan", "topic")
      #expect(planned.status == 0, "\(planned.log)")
      let artifact = try #require(plan.job["artifacts"]?["paths"]?.sequence?.first?.string)
      #expect(FileManager.default.fileExists(atPath: "\(planned.folder)/\(artifact)"))
      let synced = try await GitLabRunner(hosted, "sync").run("sync", "main")
      #expect(synced.status == 0 && synced.log.contains("0001  initial"), "\(synced.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }

  @Test func `Drift fails the scheduled job, and a rollback is pushed as a merge request`() async throws {
    try await Hosted.with("gitlab", auth: Self.auth) { hosted in
      try await hosted.propose("longer", ttl: "25m")
      try await hosted.merge()
      #expect(try await GitLabRunner(hosted, "sync").run("sync", "main").status == 0)
      let drift = try GitLabRunner(hosted, "drift")
      let quiet = try await drift.run("quiet", "main")
      #expect(quiet.status == 0, "\(quiet.log)")
      try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
      let found = try await drift.run("found", "main")
      #expect(found.status == 2)
      #expect(found.log.contains("auth/approle/role/web"))
      #expect(drift.job["artifacts"]?["when"]?.string == "always")
      try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 1500}"#)

      // The host is told by options of the push.
      let hook = try hosted.project.scratch.write(
        "remote.git/hooks/post-receive",
        "#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION > \(hosted.project.scratch.file("options"))\n"
      )
      try makeExecutable(hook)
      let proposed = try await GitLabRunner(hosted, "rollback").run(
        "propose",
        "main",
        ["ROLLBACK_TO": "0001"]
      )
      #expect(proposed.status == 0, "\(proposed.log)")
      let options = hosted.project.scratch.read("options")
      #expect(options.contains("=merge_request.create\n"), "\(proposed.log)")
      #expect(options.contains("=merge_request.target=main\n"))

      let now = try GitLabRunner(hosted, "rollback-now")
      let done = try await now.run("now", "main", ["ROLLBACK_TO": "0001"])
      #expect(done.status == 0, "\(done.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }
}

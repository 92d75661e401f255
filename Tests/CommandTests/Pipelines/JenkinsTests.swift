import FoundationEssentials
import TestSupport
import Testing
import Values

/// The steps of the Jenkinsfile that `init --ci jenkins` writes, run as Jenkins runs them.
@Suite struct JenkinsTests {
  private static let auth = "{method: jwt, role: deploy, jwt: \"${VAULT_ID_TOKEN}\"}"

  @Test func `Every stage does what its name says`() async throws {
    try await Hosted.with("jenkins", auth: Self.auth) { hosted in
      let stages = try Self.stages(hosted)
      #expect(stages.keys.sorted() == ["Drift", "Plan", "Rollback", "Sync", "Validate"])
      #expect(try await run(stages["Sync"], "first", "main", hosted).status == 0)
      try await hosted.propose("longer", ttl: "25m")

      let valid = try await run(stages["Validate"], "validate", "longer", hosted, ["VAULT_ID_TOKEN": ""])
      #expect(valid.status == 0, "\(valid.log)")
      let planned = try await run(stages["Plan"], "plan", "longer", hosted)
      #expect(planned.status == 0 && planned.log.contains("auth/approle/role/web"), "\(planned.log)")

      try await hosted.merge()
      let synced = try await run(stages["Sync"], "second", "main", hosted)
      #expect(synced.status == 0, "\(synced.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1500)
      let quiet = try await run(stages["Drift"], "quiet", "main", hosted)
      #expect(quiet.status == 0, "\(quiet.log)")
      try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
      #expect(try await run(stages["Drift"], "found", "main", hosted).status == 2)
      try hosted.server.request("POST", "auth/approle/role/web", #"{"token_ttl": 1500}"#)

      let back = try await run(stages["Rollback"], "back", "main", hosted, ["ROLLBACK_TO": "0001"])
      #expect(back.status == 0, "\(back.log)")
      #expect(try hosted.server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }

  /// The script of each stage.
  private static func stages(_ hosted: Hosted) throws -> [String: String] {
    let text = hosted.project.scratch.read("repository/Jenkinsfile")
    #expect(
      text.contains("disableConcurrentBuilds()") && text.contains("lock(resource: 'vault-migrations-prod')")
    )
    #expect(text.filter { $0 == "{" }.count == text.filter { $0 == "}" }.count)
    var stages: [String: String] = [:]
    for part in text.split(separator: "stage('").dropFirst() {
      // Between single quotes Groovy fills nothing in, so that no value can become a command.
      let script = part.split(separator: "sh '''\n")
      try #require(script.count == 2)
      stages[String(part.prefix { $0 != "'" })] = script[1].split(separator: "'''").first.map(String.init)
    }
    return stages
  }

  private func run(
    _ stage: String?,
    _ folder: String,
    _ branch: String,
    _ hosted: Hosted,
    _ more: [String: String] = [:]
  ) async throws -> JobOutcome {
    let scratch = hosted.project.scratch
    let work = scratch.file(folder)
    // gitUsernamePassword: git asks a program of the binding's own.
    let ask = try scratch.write(
      "askpass",
      "#!/bin/sh\ncase $1 in Username*) echo ada ;; *) echo 'open sesame' ;; esac\n"
    )
    try makeExecutable(ask)
    var variables = try hosted.machine(folder).merging([
      "GIT_ASKPASS": ask, "VAULT_ID_TOKEN": hosted.host.idToken, "VAULT_MIGRATIONS_ENV": "prod",
      "APP_PASSWORD": "app-password-1", "BRANCH_NAME": branch == "main" ? "main" : "PR-7",
      "JENKINS_URL": "http://127.0.0.1:1/", "ROLLBACK_TO": "",
    ]) { $1 }
    if branch != "main" { variables.merge(["CHANGE_ID": "7", "CHANGE_TARGET": "main"]) { $1 } }
    variables.merge(more) { $1 }
    // The Git plugin checks out a commit, and no branch.
    try await hosted.project.git("clone", "-q", "--no-checkout", "file://\(hosted.project.remote)", work)
    try await hosted.project.git("-C", work, "checkout", "-q", "--detach", "origin/\(branch)")
    try await hosted.project.git("-C", work, "remote", "set-url", "origin", "\(hosted.gitURL)/remote.git")
    let script = try scratch.write("\(folder).sh", try #require(stage))
    let result = try await Command.run("sh", ["-xe", script], environment: variables, directory: work)
    return JobOutcome(status: result.status, log: result.output + result.errors)
  }
}

import FoundationEssentials
import TestSupport
import Testing
import Values
import YAML

/// Runs a job as the runners of GitLab do: all lines of its scripts in one shell, the clone in their way.
struct GitLabRunner {
  let hosted: Hosted
  let template: Node
  let job: Node

  init(_ hosted: Hosted, _ name: String) throws {
    self.hosted = hosted
    let entry = try #require(hosted.documents(".gitlab-ci.yml").first)
    let included = try #require(entry["include"]?.sequence?.first?["local"]?.string)
    let file = try #require(hosted.documents(included).first)
    job = try #require(file["vault-migrations-\(name)"])
    template = try #require(file[job["extends"]?.string ?? ""])
  }

  /// Runs the job in a new work tree, for `main` or for the source branch of a merge request, with variables of the project or
  /// of the pipeline.
  func run(_ folder: String, _ branch: String, _ variables: [String: String] = [:]) async throws -> JobOutcome
  {
    let work = hosted.project.scratch.file(folder)
    var all = try hosted.machine(folder).merging([
      "GITLAB_CI": "true", "CI_API_V4_URL": hosted.api.address, "CI_DEFAULT_BRANCH": "main",
      "CI_PROJECT_DIR": work, "CI_PROJECT_ID": "5", "CI_COMMIT_SHA": FakeHost.head,
      "GITLAB_USER_LOGIN": "tanuki", "APP_PASSWORD": "app-password-1",
    ]) { $1 }
    if branch == "main" {
      all["CI_COMMIT_BRANCH"] = "main"
    } else {
      all.merge([
        "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
      ]) { $1 }
    }
    for source in [template["variables"], job["variables"]] {
      for pair in source?.mapping ?? [] { all[pair.key] = pair.value.string }
    }
    // A token only for jobs that ask for one, and for the audience that they name.
    for pair in job["id_tokens"]?.mapping ?? [] {
      #expect(pair.value["aud"]?.string == hosted.server.address)
      all[pair.key] = hosted.host.idToken
    }
    all.merge(variables) { $1 }
    try await checkOut(work, branch, depth: all["GIT_DEPTH"] ?? "20")
    let before = lines(template["before_script"])
    var outcome = try await shell(folder, before + lines(job["script"]), all)
    // Its status does not count.
    if let after = job["after_script"] {
      outcome.log += try await shell("\(folder)-after", lines(after), all, in: work).log
    }
    outcome.folder = work
    return outcome
  }

  private func lines(_ node: Node?) -> [String] { node?.sequence?.compactMap(\.string) ?? [] }

  private func shell(
    _ folder: String,
    _ lines: [String],
    _ variables: [String: String],
    in work: String? = nil
  ) async throws -> JobOutcome {
    let text = "set -eo pipefail\n" + lines.joined(separator: "\n") + "\n"
    let script = try hosted.project.scratch.write("\(folder)-step.sh", text)
    let result = try await Command.run(
      "bash",
      ["--noprofile", "--norc", script],
      environment: variables,
      directory: work ?? hosted.project.scratch.file(folder)
    )
    return JobOutcome(status: result.status, log: result.output + result.errors)
  }

  /// The remote's address has the token of the job in it, and no branch is checked out.
  private func checkOut(_ work: String, _ branch: String, depth: String) async throws {
    let login = "http://ada:open%20sesame@" + hosted.gitURL.dropFirst("http://".count)
    func git(_ arguments: [String]) async throws {
      let outcome = try await Command.run("git", arguments, environment: hosted.project.variables)
      guard outcome.status == 0 else { throw FixtureError("git \(arguments): \(outcome.errors)") }
    }
    try await git(["init", "-q", work])
    try await git(["-C", work, "remote", "add", "origin", "\(login)/remote.git"])
    let shallow = depth == "0" ? [] : ["--depth", depth]
    try await git(
      ["-C", work, "fetch", "-q", "--no-tags"] + shallow + [
        "origin", "+refs/heads/\(branch):refs/pipelines/1",
      ]
    )
    try await git(["-C", work, "checkout", "-q", "-f", "--detach", "refs/pipelines/1"])
    try Hosted.giveAway(work)
  }
}

import FoundationEssentials
import TestSupport
import Testing
import Values
import YAML

/// Runs a job as the runners of GitHub do: its steps by bash, its checkout in their way, with what its permissions grant.
struct GitHubRunner {
  let hosted: Hosted
  let workflow: Node
  let job: Node

  init(_ hosted: Hosted, _ file: String, _ job: String) throws {
    self.hosted = hosted
    workflow = try #require(hosted.documents(".github/workflows/vault-migrations-\(file).yml").first)
    self.job = try #require(workflow["jobs"]?[job])
  }

  private func permission(_ name: String) -> String { job["permissions"]?[name]?.string ?? "none" }

  /// Runs the job in a new work tree, for the main branch or for a merge reference of a pull request.
  ///
  /// `head` is the commit of the branch that the pull request is for, `inputs` are what a person filled in, `secrets` variables
  /// that the user hands to the job.
  func run(
    _ folder: String,
    _ reference: String,
    head: String = "",
    inputs: [String: String] = [:],
    secrets: [String: String] = [:]
  ) async throws -> JobOutcome {
    let scratch = hosted.project.scratch
    let work = scratch.file(folder)
    var expressions = [
      "github.event.pull_request.head.sha": head, "github.event.pull_request.number": "7",
      "github.ref": reference,
      "github.token": "contents=\(permission("contents")),pull-requests=\(permission("pull-requests"))",
    ]
    for (name, value) in inputs { expressions["inputs.\(name)"] = value }
    var variables = try hosted.machine(folder).merging(secrets) { $1 }
    variables.merge(try event(folder, reference)) { $1 }
    for source in [workflow["env"], job["env"]] {
      variables.merge(try filled(source, expressions)) { $1 }
    }
    var outcome = JobOutcome(folder: work)
    for step in job["steps"]?.sequence ?? [] {
      guard outcome.status == 0 || step["if"]?.string == "always()" else { continue }
      if let action = step["uses"]?.string {
        #expect(
          action.hasPrefix("actions/checkout@") && action.count == 57,
          "not pinned to a commit: \(action)"
        )
        try await checkOut(work, reference, try filled(step["with"], expressions))
        continue
      }
      let script = try scratch.write("\(folder)-step.sh", step["run"]?.string ?? "exit 99")
      #expect(!script.contains("${{"), "an expression in a script is an injection")
      let result = try await Command.run(
        "bash",
        ["--noprofile", "--norc", "-eo", "pipefail", script],
        environment: variables.merging(try filled(step["env"], expressions)) { $1 },
        directory: workflow["defaults"]?["run"]?["working-directory"]?.string.map { "\(work)/\($0)" } ?? work
      )
      outcome.log += result.output + result.errors
      if outcome.status == 0 { outcome.status = result.status }
      for line in scratch.read("\(folder)-path").split(separator: "\n") {
        variables["PATH"] = "\(line):\(variables["PATH"] ?? "")"
      }
      try scratch.write("\(folder)-path", "")
    }
    outcome.summary = scratch.read("\(folder)-summary")
    return outcome
  }

  private func event(_ folder: String, _ reference: String) throws -> [String: String] {
    let scratch = hosted.project.scratch
    let isPull = reference.hasPrefix("refs/pull/")
    var variables = [
      "GITHUB_ACTIONS": "true", "GITHUB_API_URL": hosted.api.address, "GITHUB_REPOSITORY": "team/shop",
      "GITHUB_ACTOR": "octocat", "GITHUB_REF": reference, "GITHUB_SHA": FakeHost.head,
      "GITHUB_WORKSPACE": scratch.file(folder),
      "GITHUB_REF_NAME": String(
        reference.split(separator: "/").dropFirst(isPull ? 1 : 2).joined(separator: "/")
      ),
      "GITHUB_BASE_REF": isPull ? "main" : "", "RUNNER_TEMP": scratch.path,
    ]
    for (name, file) in [("STEP_SUMMARY", "summary"), ("PATH", "path"), ("OUTPUT", "output"), ("ENV", "env")]
    {
      variables["GITHUB_\(name)"] = try scratch.write("\(folder)-\(file)", "")
    }
    if permission("id-token") == "write" {
      variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = "\(hosted.api.address)/token?api-version=2.0"
      variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "oidc"
    }
    return variables
  }

  /// A map with its expressions filled in; one that nobody thought of fails the test.
  private func filled(_ node: Node?, _ expressions: [String: String]) throws -> [String: String] {
    var result: [String: String] = [:]
    for pair in node?.mapping ?? [] {
      var text =
        pair.value.string ?? pair.value.integer.map { "\($0)" } ?? pair.value.bool.map { "\($0)" } ?? ""
      for (name, value) in expressions { text = text.replacing("${{ \(name) }}", with: value) }
      try #require(!text.contains("${{"), "\(pair.key): \(text)")
      result[pair.key] = text
    }
    return result
  }

  /// What actions/checkout does.
  private func checkOut(_ work: String, _ reference: String, _ options: [String: String]) async throws {
    let url = hosted.gitURL
    let key = "http.\(url)/.extraheader"
    let header = "AUTHORIZATION: basic \(Data(Hosted.login.utf8).base64EncodedString())"
    #expect(permission("contents") != "none", "nothing to check out without the permission")
    var variables = hosted.project.variables
    variables["HOME"] = work + "-home"
    func git(_ arguments: String...) async throws {
      let outcome = try await Command.run("git", ["-C", work] + arguments, environment: variables)
      guard outcome.status == 0 else { throw FixtureError("git \(arguments): \(outcome.errors)") }
    }
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    try await git("init", "-q")
    try await git("remote", "add", "origin", "\(url)/remote.git")
    try await git("config", "--local", key, header)
    if options["fetch-depth"] == "0" {
      try await git(
        "fetch",
        "-q",
        "origin",
        "+refs/heads/*:refs/remotes/origin/*",
        "+\(reference):refs/remotes/event"
      )
    } else {
      try await git("fetch", "-q", "--no-tags", "--depth=1", "origin", "+\(reference):refs/remotes/event")
    }
    if let commit = options["ref"] {
      try await git("checkout", "-q", "--force", commit)
    } else if reference == "refs/heads/main" {
      try await git("checkout", "-q", "--force", "-B", "main", "refs/remotes/event")
    } else {
      try await git("checkout", "-q", "--force", "refs/remotes/event")
    }
    if options["persist-credentials"] == "false" { try await git("config", "--local", "--unset-all", key) }
    try Hosted.giveAway(work)
  }
}

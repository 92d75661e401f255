import FoundationEssentials
import TestSupport
import Testing
import Values

/// A pull request is checked with the pipeline's tokens: `--base` keeps it from taking them elsewhere.
@Suite struct BaseTests {
  @Test func sendsNoTokenToAnAddressOfThePullRequest() async throws {
    try await withPipeline { project, server in
      try await BaoServer.with { stranger in
        try project.edit("config.yaml", server.address, stranger.address)
        try project.edit("config.yaml", "project: shop", "project: other")
        try await project.commit("Redirect")
        let plan = try await project.json("plan", "--base", "main")
        #expect(plan["environment"] == "prod")
        #expect(plan["drift"] == [])
        try await project.tool("generate", "--base", "main", "--dry-run")
        try await project.tool("validate", "--base", "main")
        // Without it the pull request would be believed: the other server has heard nothing yet of this token.
        let believed = try await project.json("plan", exits: 77)
        #expect(believed.at("error.code") == "permission-denied")
      }
    }
  }

  @Test func believesNoVariableOfThePullRequestAboutServers() async throws {
    try await withPipeline { project, server in
      try await BaoServer.with { stranger in
        try await project.git("checkout", "-q", "main")
        try project.edit("config.yaml", server.address, "\"${place}\"")
        try project.edit("config.yaml", "variables: {", "variables: {place: \"\(server.address)\", ")
        try await project.commit("Name the address")
        try await project.git("checkout", "-q", "-B", "pull-request")
        try project.edit("config.yaml", server.address, stranger.address)
        try await project.commit("Redirect")
        #expect(try await project.json("plan", "--base", "main")["pending"] == [])
        try await project.tool("plan", exits: 77)
      }
    }
  }

  @Test func readsNoFilesFromOutsideForThePullRequest() async throws {
    try await withPipeline { project, _ in
      let outside = try project.scratch.write("outside.yaml", "secret-of-the-machine: {desired_state: {}}\n")
      try project.edit(
        "schema.yaml",
        "token_ttl: 20m",
        "token_ttl: 20m\n    description: \"${file:\(outside)}\""
      )
      try await project.generate("more")
      let told = try await project.tool("validate", "--base", "main").errors
      #expect(told.contains("${file:\(outside)} is not read: main neither uses it"))
      try project.edit("config.yaml", "variables: {", "schema: ../../outside.yaml\nvariables: {")
      for command in ["plan", "validate", "generate"] {
        let outcome = try await project.tool(command, "--base", "main", exits: 78)
        #expect(outcome.errors.contains("the pull request's schema lies outside of its folder"))
        #expect(!outcome.errors.contains("secret-of-the-machine"))
      }
    }
  }

  @Test func followsNoLinkOutOfThePullRequest() async throws {
    try await withPipeline { project, _ in
      let outside = try project.scratch.write("outside.yaml", "secret-of-the-machine: {desired_state: {}}\n")
      let schema = "\(project.folder)/.vault-migrations/schema.yaml"
      try FileManager.default.removeItem(atPath: schema)
      try FileManager.default.createSymbolicLink(atPath: schema, withDestinationPath: outside)
      for command in ["plan", "validate", "generate", "verify"] {
        let outcome = try await project.tool(command, "--base", "main", exits: 78)
        #expect(outcome.errors.contains("schema.yaml leads outside of the project"))
        #expect(!outcome.errors.contains("secret-of-the-machine"))
      }
    }
  }

  @Test func readsNoVariableThatThePullRequestIsTheFirstToName() async throws {
    try await withPipeline { project, _ in
      try project.edit(
        "schema.yaml",
        "token_ttl: 20m",
        "token_ttl: 20m\n    bound_cidr_list: [\"${NEW_SECRET}\"]"
      )
      try project.edit("config.yaml", "plain: [REGION]", "plain: [REGION, NEW_SECRET]")
      try project.edit("config.yaml", "variables: {", "variables: {shown: \"${NEW_SECRET}\", ")
      try await project.generate("more")
      let secret = "very-secret-value"
      let project = project.with(["NEW_SECRET": secret])
      for command in [["plan"], ["plan", "--offline"], ["validate"], ["generate"]] {
        let outcome = try await project.tool(command + ["--base", "main"])
        #expect(!(outcome.output + outcome.errors).contains(secret), "\(command)")
      }
      let told = try await project.tool("validate", "--base", "main").errors
      #expect(told.contains("${NEW_SECRET} is not read: main neither uses it nor lists it under allowed"))
      // A variable of the login is not for the schema either.
      try project.edit("schema.yaml", "${NEW_SECRET}", "${PIPELINE_TOKEN}")
      #expect(
        try await project.json("validate", "--base", "main", exits: 65).at("error.code")
          == "migration-invalid"
      )
      #expect(
        try await project.tool("validate", "--base", "main", exits: 65).errors.contains(
          "${PIPELINE_TOKEN} is not read"
        )
      )
    }
  }

  @Test func readsWhatTheTargetBranchAllows() async throws {
    try await withPipeline { project, _ in
      try await project.git("checkout", "-q", "main")
      try project.edit("config.yaml", "plain: [REGION]", "plain: [REGION]\nallowed: [NEW_SECRET]")
      try await project.commit("Allow it")
      try await project.git("checkout", "-q", "-B", "pull-request")
      try project.edit(
        "schema.yaml",
        "token_ttl: 20m",
        "token_ttl: 20m\n    bound_cidr_list: [\"${NEW_SECRET}\"]"
      )
      try await project.generate("more")
      let problem = try await project.json("validate", "--base", "main", exits: 78)
      #expect(problem.at("error.message")?.string?.contains("${NEW_SECRET} is not set") == true)
      let outcome = try await project.with(["NEW_SECRET": "10.0.0.0/8"]).tool("validate", "--base", "main")
      #expect(!outcome.errors.contains("is not read"))
    }
  }

  @Test func asksNoEnvironmentThatThePullRequestBrings() async throws {
    try await withPipeline { project, _ in
      try await BaoServer.with { stranger in
        try project.edit(
          "config.yaml",
          "environments:\n",
          "environments:\n  evil: {address: \"\(stranger.address)\", auth: {method: token, token: \"${PIPELINE_TOKEN}\"}}\n"
        )
        try await project.commit("Bring a server")
        let error = try await project.json("plan", "--base", "main", "--env", "evil", exits: 64)
        #expect(error.at("error.message") == "there is no environment \"evil\"")
        let all = try await project.tool("plan", "--base", "main", "--all")
        #expect(all.errors.contains("evil is not on main, and is not asked"))
        #expect(!all.output.contains("== evil"))
        try await project.tool("validate", "--base", "main")
      }
    }
  }

  @Test func refusesConnectionFilesThatThePullRequestChanged() async throws {
    try await withPipeline { project, server in
      try await project.git("checkout", "-q", "main")
      try project.write("token", "not-the-token")
      try project.edit("config.yaml", "token: \"${PIPELINE_TOKEN}\"", "token_file: token")
      try await project.commit("Take the token from a file")
      try await project.git("checkout", "-q", "-B", "pull-request")
      try project.write("token", "another-token")
      try await project.commit("Take another token")
      let error = try await project.json("plan", "--base", "main", exits: 78)
      #expect(
        error.at("error.message")?.string?.contains("token, which the connection to prod needs") == true
      )
      // One that the pipeline made itself is in no commit.
      try await project.git("rm", "-q", "--cached", ".vault-migrations/token")
      try await project.git("commit", "-q", "-m", "Not in git")
      try project.write("token", server.rootToken)
      try await project.git("checkout", "-q", "-B", "main")
      try await project.git("checkout", "-q", "-B", "pull-request")
      try await project.tool("plan", "--base", "main")
    }
  }

  @Test func saysWhatIsMissingOnTheTargetBranch() async throws {
    try await withPipeline { project, _ in
      #expect(try await project.json("plan", "--base", "nowhere", exits: 64).at("error.code") == "usage")
      let first = try await project.git("rev-list", "--max-parents=0", "main")
      try await project.tool("plan", "--base", first, exits: 78)
    }
  }
}

/// A synced project on a branch of a pull request, whose pipeline has a token for `prod` in `PIPELINE_TOKEN`.
private func withPipeline<Result>(
  _ body: (Project, BaoServer) async throws -> Result
) async throws -> Result {
  let login = #"auth: {method: token, token: "${PIPELINE_TOKEN}"}"#
  let settings = "\nplain: [REGION]\nvariables: {mode: fast}"
  return try await withSmallProject(environment: login, settings: settings, tokenVariable: "PIPELINE_TOKEN") {
    project,
    server in
    try await project.tool("sync", "--quiet")
    try await project.git("checkout", "-q", "-b", "pull-request")
    return try await body(project, server)
  }
}

import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Values
import YAML

/// A project whose repository is served over HTTP, whose pipelines were written by `init --ci`, and whose environment `prod`
/// takes tokens that the hosting service signs, and nothing else.
struct Hosted: Sendable {
  let project: Project
  let server: BaoServer
  /// Where the repository is served, to those who know ``login``.
  let gitURL: String
  let host: FakeHost
  let api: FaultProxy

  /// Only jobs that may push know it.
  static let login = "ada:open sesame"

  static func with(
    _ pipeline: String,
    auth: String,
    _ body: (Hosted) async throws -> Void
  ) async throws {
    try await withServer(Small.state) { project, server in
      let scratch = project.scratch
      let root = project.with(["APP_PASSWORD": "app-password-1"])
      try server.allowEverything()
      try await server.makeJWTMethod("jwt", in: scratch)
      let role: Value = [
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": [.string(server.address)],
        "token_policies": ["all"],
      ]
      _ = try server.act("auth/jwt/role/deploy", role)
      let login = auth.replacing("AUDIENCE", with: server.address)
        .replacing("ACCOUNT", with: scratch.file("account"))
      try project.write("config.yaml", configuration(server.address, "auth: \(login)"))
      try await root.tool("init", "--ci", pipeline, "--image", "vault-migrations:test")
      try await root.generate("initial")
      try await root.git("push", "-q")
      for key in ["http.receivepack", "uploadpack.allowAnySHA1InWant", "receive.advertisePushOptions"] {
        try await root.git("--git-dir", project.remote, "config", key, "true")
      }
      let git = try GitServer.http(serving: scratch.path, project.variables)
      let token = try await idToken(for: server.address, in: scratch)
      let host = FakeHost(idToken: token, audience: server.address)
      try await FaultProxy.with(rule: { request, _ in host.answer(request) }) { api in
        var engineer = root
        engineer.variables["VAULT_TOKEN"] = nil
        try await body(Hosted(project: engineer, server: server, gitURL: git.url, host: host, api: api))
      }
      withExtendedLifetime(git) {}
    }
  }

  static func idToken(for audience: String, in scratch: Scratch) async throws -> String {
    let now = Int(Date().timeIntervalSince1970)
    return try await JWT.sign(
      [
        "iss": "https://ci.example.com", "aud": .string(audience), "sub": "team/shop",
        "iat": .number(Number(now)), "exp": .number(Number(now + 300)),
      ],
      in: scratch
    )
  }

  /// A branch with one more migration, and the merge that the hosting service makes of it.
  func propose(_ branch: String, ttl: String, address: String? = nil) async throws {
    try await project.git("checkout", "-q", "-b", branch, "main")
    try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: \(ttl)")
    if let address { try project.edit("config.yaml", server.address, address) }
    try await project.generate("longer")
    try await project.git("push", "-q", "origin", branch)
    try await project.git("checkout", "-q", "-B", "merged", "main")
    try await project.git("merge", "-q", "--no-ff", "-m", "Merge", branch)
    try await project.git("push", "-q", "-f", "origin", "merged:refs/pull/7/merge")
    try await project.git("checkout", "-q", branch)
  }

  /// The same repository, its project in a folder below the root, with pipelines that know it.
  func moved(into folder: String, _ pipeline: String) async throws -> Project {
    try await project.git("rm", "-q", "-r", "--ignore-unmatch", ".github", ".gitlab", ".gitlab-ci.yml")
    try FileManager.default.createDirectory(
      atPath: "\(project.folder)/\(folder)",
      withIntermediateDirectories: true
    )
    try await project.git("mv", ".vault-migrations", "\(folder)/.vault-migrations")
    let moved = project.moved(to: "\(project.folder)/\(folder)")
    try await moved.tool("init", "--ci", pipeline, "--image", "vault-migrations:test")
    try await moved.commit("Move the project")
    try await moved.git("push", "-q")
    try await moved.git("push", "-q", "origin", "HEAD:refs/pull/7/merge")
    return moved
  }

  /// The pull request is merged.
  func merge() async throws {
    try await project.git("push", "-q", "origin", "merged:main")
    try await project.git("checkout", "-q", "-B", "main", "merged")
  }

  /// The documents of a YAML file in the repository.
  func documents(_ path: String) throws -> [Node] {
    let text = String(
      decoding: FileManager.default.contents(atPath: "\(project.folder)/\(path)") ?? Data(),
      as: UTF8.self
    )
    return try ("\n" + text).split(separator: "\n---\n").map { part in
      try #require(try YAML.parse(String(part), file: path).document)
    }
  }

  /// What every runner has: no identity, no configuration of git, and no program but those of the system.
  func machine(_ folder: String) throws -> [String: String] {
    let home = project.scratch.file("\(folder)-home")
    try project.scratch.write("\(folder)-home/.gitconfig", "[user]\n  useConfigOnly = true\n")
    return [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "CI": "true",
      "VAULT_MIGRATIONS": Self.program, "GIT_TERMINAL_PROMPT": "0",
    ]
  }

  /// In containers the folder belongs to the runner's user, and the job to another.
  static func giveAway(_ folder: String) throws {
    guard geteuid() == 0 else { return }
    try FileManager.default.setAttributes([.ownerAccountID: 1001], ofItemAtPath: folder)
  }

  static var program: String { Tool.path.prefix { $0 != "\0" }.description }
}

/// What a job left behind.
struct JobOutcome {
  var status: Int32 = 0
  var log = ""
  /// What GitHub shows above the log.
  var summary = ""
  var folder = ""
}

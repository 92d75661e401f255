import ArgumentParser
import Configuration
import Resources
import Values

/// A system that runs pipelines, and the files that it gets.
enum Pipeline: String, ExpressibleByArgument, CaseIterable {
  case github, gitlab, jenkins, kubernetes

  /// A file in the user's repository.
  struct File {
    /// Where it goes, seen from the root of the repository, or for scripts from the folder that holds `.vault-migrations`.
    let path: String
    /// The template that it is made from.
    let template: String

    var isScript: Bool { template.hasPrefix("ci/") }
  }

  var files: [File] {
    switch self {
    case .github:
      ["check", "sync", "drift", "rollback"].map {
        File(path: ".github/workflows/vault-migrations-\($0).yml", template: "github/\($0).yml")
      } + Self.scripts(["install", "verify", "plan", "comment", "reviewed", "propose-rollback"])
    case .gitlab:
      [
        File(path: ".gitlab-ci.yml", template: "gitlab/gitlab-ci.yml"),
        File(path: ".gitlab/vault-migrations.yml", template: "gitlab/vault-migrations.yml"),
      ] + Self.scripts(["install", "verify", "plan", "comment", "reviewed", "propose-rollback"])
    case .jenkins:
      [File(path: "Jenkinsfile", template: "jenkins/Jenkinsfile")]
        + Self.scripts(["install", "verify", "plan"])
    case .kubernetes:
      ["vault-migrations", "vault-migrations-sync"].map {
        File(path: "deploy/\($0).yaml", template: "kubernetes/\($0).yaml")
      }
    }
  }

  private static func scripts(_ names: [String]) -> [File] {
    names.map { File(path: ".vault-migrations/ci/\($0)", template: "ci/\($0)") }
  }

  /// What goes into a file of the user's own that is in the way.
  func advice(for path: String) -> String {
    path == ".gitlab-ci.yml"
      ? "add to its include: \"- local: .gitlab/vault-migrations.yml\""
      : "compare it with what \"vault-migrations init --ci \(rawValue) --show \(path)\" prints"
  }

  /// What is left for a person to do.
  func nextStep(_ terms: PipelineTerms) -> String {
    let login =
      switch self {
      case .github: "{method: jwt, role: vault-migrations, github_audience: \"\(terms.audience)\"}"
      case .gitlab, .jenkins: "{method: jwt, role: vault-migrations, jwt: \"${VAULT_ID_TOKEN}\"}"
      case .kubernetes: "{method: kubernetes, role: vault-migrations}"
      }
    return
      "Let \(terms.environment) log in with \"auth: \(login)\" in config.yaml; docs/pipelines.md has the rest."
  }
}

/// What differs between the pipelines of two projects.
struct PipelineTerms {
  /// The environment that is planned and synced.
  var environment = "prod"
  /// The branch whose state is applied.
  var branch = "main"
  /// The container image with the program.
  var image = Self.placeholder
  /// Whom signed tokens are for.
  var audience = "https://vault.example.com"
  /// The folder that holds `.vault-migrations`, seen from the root of the repository; empty for the root.
  let folder: String

  /// A name that nobody has: the user puts their own in its place.
  static let placeholder = "registry.example.com/vault-migrations:latest"

  /// - Throws: ``Problem`` for a text that would be read as something else where the templates have it.
  init(settings: Settings?, environment: String?, image: String?, folder: String = "") throws {
    self.folder = folder
    guard folder.isEmpty || Self.isPlain(folder) else {
      throw Problem(
        .usage,
        "the folder of the project goes into files of pipelines, which cannot hold \(folder)",
        hint: "use letters, digits and ._-/:@"
      )
    }
    if let image { self.image = image }
    let chosen = try environment.map { name in
      try settings?.environment(name) ?? Environment(name: name)
    }
    let candidates = settings.map { settings in
      ([settings.defaultEnvironment].compactMap(\.self) + settings.environments.keys.sorted())
        .compactMap { settings.environments[$0] }
    }
    let target = chosen ?? candidates?.first { $0.server != .embedded }
    if let target { self.environment = target.name }
    if case .remote(.some(let address)) = target?.server, Self.isPlain(address) { audience = address }
    if let settings { branch = settings.hooks.branch }
    for (option, text) in [("--env", self.environment), ("--image", self.image)] where !Self.isPlain(text) {
      throw Problem(
        .usage,
        "\(option) goes into files of pipelines, which cannot hold \(text)",
        hint: "use letters, digits and ._-/:@"
      )
    }
    if !Self.isPlain(branch) { branch = "main" }
  }

  private static func isPlain(_ text: String) -> Bool {
    text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } == true
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/:@".contains($0)) }
  }

  private var prefix: String { folder.isEmpty ? "" : folder + "/" }

  /// Where a file goes, seen from the root of the repository.
  func path(of file: Pipeline.File) -> String { file.isScript ? prefix + file.path : file.path }

  /// The text of a file.
  ///
  /// - Throws: ``Problem`` if the program does not carry the template.
  func text(of file: Pipeline.File) throws -> String {
    guard let template = Resources.bytes(at: "templates/\(file.template)") else {
      throw Problem(.operationFailed, "the program was built without its templates")
    }
    var text = String(decoding: template, as: UTF8.self)
    if folder.isEmpty {
      // Nobody has to change into the root.
      text = text.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains("__FOLDER__") }.joined(separator: "\n")
    }
    return text.replacing("__FOLDER__", with: folder)
      .replacing("__PREFIX__", with: prefix)
      .replacing("__UNDER__", with: folder.isEmpty ? "" : "/" + folder)
      .replacing("__ENVIRONMENT__", with: environment)
      .replacing("__BRANCH__", with: branch)
      .replacing("__IMAGE__", with: image)
      .replacing("__AUDIENCE__", with: audience)
  }
}

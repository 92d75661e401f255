import ArgumentParser
import Configuration
import FoundationEssentials
import Git
import Logging
import Migrations
import Values

/// What a command works with: where it runs, what it may print to, and the project it is about.
struct Context: Sendable {
  var options: GlobalOptions
  var console: Console
  var environment: [String: String]
  /// What the shell says about a server, for what an environment leaves open.
  var connection: EnvironmentVariables
  let workingDirectory: String
  var logger: Logger
  let metrics: Metrics

  init(_ options: GlobalOptions, metricsFile: String? = nil) {
    self.options = options
    metrics = Metrics(file: metricsFile)
    environment = ProcessInfo.processInfo.environment
    connection = EnvironmentVariables(environment)
    workingDirectory = FileManager.default.currentDirectoryPath
    console = Console(options, environment: environment)
    logger = Logger(label: "vault-migrations") { _ in StandardErrorLogHandler(options) }
  }

  /// The folder of `config.yaml`: as told, or `.vault-migrations` here or in a folder above.
  ///
  /// - Throws: ``Problem`` if there is none.
  func projectFolder() throws -> String {
    if let config = options.config {
      let path = absolute(config)
      guard FileManager.default.fileExists(atPath: path) else {
        throw Problem(
          .configurationInvalid,
          "there is no \(config)",
          hint: "pass the path of config.yaml to --config"
        )
      }
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      guard isFolder || path.hasSuffix("/config.yaml") else {
        throw Problem(
          .usage,
          "--config takes a folder or its config.yaml, not \(config)",
          hint: "put the other configuration into a folder of its own"
        )
      }
      return isFolder ? path : parent(of: path)
    }
    var folder = workingDirectory
    while true {
      let candidate = folder == "/" ? "/.vault-migrations" : folder + "/.vault-migrations"
      if FileManager.default.fileExists(atPath: candidate + "/config.yaml") { return candidate }
      guard folder != "/" else { break }
      folder = parent(of: folder)
    }
    throw Problem(
      .configurationInvalid,
      "there is no .vault-migrations/config.yaml in \(workingDirectory) or above",
      hint: "run \"vault-migrations init\", or pass --config"
    )
  }

  /// The repository that holds the project.
  ///
  /// - Throws: ``Problem`` if there is none, or one that cannot be read.
  func repository(holding folder: String) throws -> Repository {
    do throws(GitError) {
      return try Repository(discovering: folder, environment: environment)
    } catch {
      throw error.problem
    }
  }

  func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : workingDirectory + "/" + path
  }

  private func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}

extension GitError {
  /// The error as a user needs it.
  var problem: Problem {
    switch kind {
    case .notARepository:
      Problem(.configurationInvalid, message, hint: "run \"git init\", or change into a repository")
    case .ownership, .unsupportedRepository, .noSuchRemote, .cannotSign:
      Problem(.configurationInvalid, message, hint: hint)
    case .unreachable, .authentication: Problem(.unreachable, message, hint: hint)
    case .locked: Problem(.locked, message, hint: hint)
    case .referenceChanged, .rejectedAsStale: Problem(.worldChanged, message, hint: hint)
    default: Problem(.operationFailed, message, hint: hint)
    }
  }

  private var hint: String? {
    switch kind {
    case .noSuchRemote:
      "name an existing remote under \"remote:\" in config.yaml, or \"\" to keep everything local"
    case .unreachable: "check the network and the remote's address, then run the command again"
    case .authentication: "check the credentials that git uses for this remote"
    case .rejected: "check the rules and hooks that protect the branch on the remote"
    case .cannotSign:
      "check gpg.format and user.signingKey, or sign nothing here: \"git config commit.gpgSign false\""
    case .referenceChanged, .rejectedAsStale: "another run was faster: run the command again"
    default: nil
    }
  }
}

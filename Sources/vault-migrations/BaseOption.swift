import ArgumentParser
import Configuration
import FoundationEssentials
import Git
import Migrations
import Values

/// `--base`, of commands that a pull request's pipeline runs.
struct BaseOption: ParsableArguments {
  @Option(
    name: .customLong("base"),
    help: ArgumentHelp(
      "Take servers, logins and allowed variables from a commit, such as the target branch of a pull request.",
      valueName: "revision"
    )
  )
  var revision: String?
}

extension OpenProject {
  /// The same project, which trusts a revision about servers.
  ///
  /// Throws ``Problems`` when the revision has no valid project.
  func trusting(_ revision: String?, _ context: Context) throws -> OpenProject {
    guard let revision else { return self }
    let source = try Self.revisionSource(revision, folder: folder, context.repository(holding: folder))
    var open = self
    open.base = try TrustedBase.read(from: source, revision: revision)
    return open
  }

  /// Makes sure that a pull request has no other files of the machine read, and shown in messages, than its own.
  ///
  /// Throws ``Problem``; without a revision that is trusted, files may lie anywhere.
  static func refuseFilesOutside(_ source: any ProjectSource, _ revision: String?) throws {
    guard revision != nil else { return }
    let settings = try Project.readSettings(from: source).settings
    for (what, path) in [("schema", settings.schema), ("migrations", settings.migrations)]
    where path.hasPrefix("/") || path.split(separator: "/").contains("..") {
      throw Problem(
        .configurationInvalid,
        "the pull request's \(what) lies outside of its folder, and is not read with --base",
        at: SourceLocation(file: settings.file),
        hint: "keep it beside config.yaml"
      )
    }
  }

  /// What is trusted about servers and logins.
  var settings: Settings { base?.settings ?? project.settings }

  /// Makes sure that the files that the connection to an environment needs are as the trusted revision has them.
  func refuseChangedFiles(of environment: Environment, _ context: Context) throws {
    guard let base else { return }
    let repository = try context.repository(holding: folder)
    let trusted = try Self.revisionSource(base.revision, folder: folder, repository)
    let head = try Self.revisionSource("HEAD", folder: folder, repository)
    let here = WorkTreeSource(folder: folder, shownAs: context.shown(folder))
    for path in environment.connectionFiles where !path.hasPrefix("/") {
      let names = try (here.names(in: path) ?? []) + (trusted.names(in: path) ?? [])
      let files = names.isEmpty ? [path] : Set(names).sorted().map { "\(path)/\($0)" }
      for file in files {
        let wanted = try trusted.bytes(at: file)
        // What is in no commit was made by the pipeline itself.
        if try wanted == nil && head.bytes(at: file) == nil { continue }
        guard try wanted != here.bytes(at: file) else { continue }
        throw Problem(
          .configurationInvalid,
          "\(here.shown(file)), which the connection to \(environment.name) needs, is not as \(base.revision) has it",
          hint: "a pull request cannot change that for its own pipeline: merge it first"
        )
      }
    }
  }
}

extension Environment {
  /// The files that a connection is made with, as written.
  fileprivate var connectionFiles: [String] {
    var files = [tls.caFile, tls.caDirectory, tls.clientCertificate, tls.clientKey].compactMap(\.self)
    switch login?.credentials {
    case .tokenFile(let file)?, .tokenHelper(let file)?, .jwt(_, .file(let file))?: files.append(file)
    case .token?, .appRole?, .jwt?, .password?, .certificate?, nil: break
    }
    return files
  }
}

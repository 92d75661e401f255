import ArgumentParser
import Configuration
import FoundationEssentials
import Git
import Resources
import Values

struct InitCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a first configuration and schema into .vault-migrations/, and the files of pipelines.",
    discussion: """
      In a project that is there already, --ci writes the files of the pipeline alone, for the environment of --env. A file \
      that exists is never written over: what it would be is printed by --show.

      EXAMPLE:
        vault-migrations init --project payments
        vault-migrations init --ci github --env prod --image ghcr.io/example/vault-migrations:1.0
        vault-migrations init --ci gitlab --show .gitlab/vault-migrations.yml
      """
  )

  @Option(help: "The project's name in the ledger (default: the folder's name).")
  var project: String?

  @Option(help: "Write the files of a pipeline: github, gitlab, jenkins, kubernetes. May be repeated.")
  var ci: [Pipeline] = []

  @Option(help: "With --ci: the container image that jobs run in (see docs/pipelines.md).")
  var image: String?

  @Option(help: "With --ci: print what this file would be, and write nothing.")
  var show: String?

  @Flag(help: "Say what would be written, and write nothing.")
  var dryRun = false

  @OptionGroup var global: GlobalOptions

  private static let files = ["config.yaml", "schema.yaml", ".gitignore"]

  func validate() throws {
    if ci.isEmpty, image != nil || show != nil { throw ValidationError("--image and --show go with --ci") }
  }

  func run(in context: Context) async throws -> Int32 {
    let existing = try? context.projectFolder()
    if ci.isEmpty, existing == context.workingDirectory + "/.vault-migrations" {
      throw Problem(
        .usage,
        "there is a .vault-migrations/config.yaml already",
        hint: "edit it, or remove it and run init again; init --ci adds the files of a pipeline"
      )
    }
    let settings = try ci.isEmpty ? nil : existing.map { try Self.settings(in: $0, context) }
    let root = settings == nil ? context.workingDirectory : Self.parent(of: existing ?? "")
    let folder = ci.isEmpty ? "" : Self.folder(of: root, context)
    let terms = try PipelineTerms(settings: settings, environment: global.env, image: image, folder: folder)
    if let show { return try print(show, terms, context) }
    // Systems look for their files at the root of the repository.
    let top = folder.isEmpty ? root : String(root.dropLast(folder.count + 1))
    var writer = FileWriter(root: top, isDry: dryRun)
    if settings == nil { try scaffold(&writer, in: folder.isEmpty ? "" : folder + "/", root) }
    for pipeline in ci {
      for file in pipeline.files {
        let path = terms.path(of: file)
        try writer.write(terms.text(of: file), to: path, advice: pipeline.advice(for: path))
      }
    }
    report(writer, terms, context)
    return 0
  }

  /// Where a folder lies in its repository; empty for the root of one, and outside of any.
  private static func folder(of root: String, _ context: Context) -> String {
    guard let repository = try? context.repository(holding: root), repository.workTree != nil else {
      return ""
    }
    let folder = OpenProject.relative(root, in: repository)
    // A symbolic link may lead there by another name.
    return folder.hasPrefix("/") || !root.hasSuffix("/" + folder) ? "" : folder
  }

  private func scaffold(_ writer: inout FileWriter, in prefix: String, _ root: String) throws {
    let name = project ?? Self.projectName(from: root)
    for file in Self.files {
      guard let template = Resources.bytes(at: "templates/\(file)") else {
        throw Problem(.operationFailed, "the program was built without its templates")
      }
      let text = String(decoding: template, as: UTF8.self).replacing("PROJECT", with: name)
      try writer.write(text, to: "\(prefix).vault-migrations/\(file)", advice: nil)
    }
    if !dryRun {
      let migrations = root + "/.vault-migrations/migrations"
      try FileManager.default.createDirectory(atPath: migrations, withIntermediateDirectories: true)
    }
  }

  /// Prints one file of a pipeline as it would be.
  private func print(_ path: String, _ terms: PipelineTerms, _ context: Context) throws -> Int32 {
    let files = ci.flatMap(\.files)
    guard let file = files.first(where: { terms.path(of: $0) == path }) else {
      throw Problem(
        .usage,
        "\(path) is no file of this pipeline",
        hint: "pass one of: \(files.map(terms.path).joined(separator: ", "))"
      )
    }
    let text = try terms.text(of: file)
    context.console.result(["path": .string(path), "text": .string(text)]) { _ in text }
    return 0
  }

  private func report(_ writer: FileWriter, _ terms: PipelineTerms, _ context: Context) {
    context.console.result([
      "written": .array(writer.written.map(Value.string)), "dry_run": .bool(dryRun),
      "existing": .array(writer.inTheWay.map { ["path": .string($0.path), "hint": .string($0.advice)] }),
    ]) { style in
      var text = writer.written.map { "\(style.added("+")) \($0)\n" }.joined()
      for file in writer.inTheWay {
        text += "\(style.changed("=")) \(file.path) is there already, and stays; \(file.advice)\n"
      }
      guard !dryRun else { return text + "\nNothing was written.\n" }
      if ci.isEmpty { return text + "\nEdit schema.yaml, then run \"vault-migrations generate\".\n" }
      if image == nil, !writer.written.isEmpty {
        text += "\nPut the name of your image in the place of \(PipelineTerms.placeholder).\n"
      }
      return text + "\n" + ci.map { $0.nextStep(terms) + "\n" }.joined()
    }
  }

  private static func settings(in folder: String, _ context: Context) throws -> Settings {
    let bytes = FileManager.default.contents(atPath: folder + "/config.yaml") ?? Data()
    return try SettingsReader.read(Array(bytes), file: context.shown(folder + "/config.yaml")).settings
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  private static func projectName(from folder: String) -> String {
    let last = folder.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let name = String(
      last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" }
    )
    return name.isEmpty || name.hasPrefix("-") ? "project" : name
  }
}

/// Writes files that are not there yet.
private struct FileWriter {
  let root: String
  let isDry: Bool
  private(set) var written: [String] = []
  /// Files of the user's own with another content, and what to do about each.
  private(set) var inTheWay: [(path: String, advice: String)] = []

  init(root: String, isDry: Bool) {
    self.root = root
    self.isDry = isDry
  }

  /// Writes a text; without advice a file that is there is passed over in silence.
  mutating func write(_ text: String, to path: String, advice: String?) throws {
    let manager = FileManager.default
    let full = "\(root)/\(path)"
    guard !written.contains(path) else { return }
    if manager.fileExists(atPath: full) {
      let isSame = manager.contents(atPath: full) == Data(text.utf8)
      if let advice, !isSame { inTheWay.append((path, advice)) }
      return
    }
    written.append(path)
    guard !isDry else { return }
    let parent = String(full[..<(full.lastIndex(of: "/") ?? full.startIndex)])
    try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: full), options: .atomic)
  }
}

import ArgumentParser
import FoundationEssentials
import Resources
import Values

struct InitCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a first configuration and schema into .vault-migrations/.",
    discussion: """
      EXAMPLE:
        vault-migrations init --project payments
      """
  )

  @Option(help: "The project's name in the ledger (default: the folder's name).")
  var project: String?

  @OptionGroup var global: GlobalOptions

  private static let files = ["config.yaml", "schema.yaml", ".gitignore"]

  func run(in context: Context) async throws -> Int32 {
    let folder = context.workingDirectory + "/.vault-migrations"
    let manager = FileManager.default
    guard !manager.fileExists(atPath: folder + "/config.yaml") else {
      throw Problem(
        .usage,
        "there is a .vault-migrations/config.yaml already",
        hint: "edit it, or remove it and run init again"
      )
    }
    let name = project ?? Self.projectName(from: context.workingDirectory)
    try manager.createDirectory(atPath: folder + "/migrations", withIntermediateDirectories: true)
    var written: [String] = []
    for file in Self.files where !manager.fileExists(atPath: "\(folder)/\(file)") {
      guard let template = Resources.bytes(at: "templates/\(file)") else {
        throw Problem(.operationFailed, "the program was built without its templates")
      }
      let text = String(decoding: template, as: UTF8.self).replacing("PROJECT", with: name)
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file)"), options: .atomic)
      written.append(".vault-migrations/\(file)")
    }
    context.console.result(["written": .array(written.map(Value.string))]) { style in
      written.map { "\(style.added("+")) \($0)\n" }.joined()
        + "\nEdit schema.yaml, then run \"vault-migrations generate\".\n"
    }
    return 0
  }

  private static func projectName(from folder: String) -> String {
    let last = folder.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let name = String(
      last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" }
    )
    return name.isEmpty || name.hasPrefix("-") ? "project" : name
  }
}

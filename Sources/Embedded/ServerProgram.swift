import FoundationEssentials
import Subprocess
import SystemPackage
import Values

/// The server program that embedded environments run.
struct ServerProgram: Sendable {
  /// The two families; they differ in storage and in how they are unsealed.
  enum Kind: String, Codable, Sendable {
    case openBao = "openbao"
    case vault
  }

  let path: String

  /// The variable that names a program, and so allows one inside a checkout.
  static let variable = "VAULT_MIGRATIONS_SERVER"

  /// Finds the program that ``variable`` names, else `bao`, else `vault` on `PATH`.
  ///
  /// A checkout can hold anything that a pull request put there, so programs inside it are passed over, also when a
  /// `PATH` entry or a link leads there.
  ///
  /// - Parameters:
  ///   - environment: The variables of the process.
  ///   - checkout: The folder whose programs must not be run.
  /// - Returns: The program; it exists and may be run.
  /// - Throws: `Problem` when there is none.
  static func find(in environment: [String: String], outside checkout: String) throws -> ServerProgram {
    let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    if let named, named.contains("/") {
      guard isProgram(named) else {
        throw Problem(
          .configurationInvalid,
          "\(variable) names \(named), which is not a program",
          hint: "set it to the path of a `bao` or `vault` program, or unset it to search PATH"
        )
      }
      return ServerProgram(path: absolute(named))
    }
    // An empty or a relative entry means the current folder, which is the checkout as a rule.
    let folders = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
    var passedOver: String?
    for name in named.map({ [$0] }) ?? ["bao", "vault"] {
      for folder in folders {
        let path = "\(folder)/\(name)"
        guard isProgram(path) else { continue }
        if !isInside(path, checkout) { return ServerProgram(path: path) }
        passedOver = passedOver ?? path
      }
    }
    if let passedOver {
      throw Problem(
        .configurationInvalid,
        "the only server program on PATH, \(passedOver), lies inside the checkout",
        hint: "set \(variable) to its path if you trust it"
      )
    }
    throw Problem(
      .configurationInvalid,
      "there is no `bao` or `vault` program on PATH for the embedded server",
      hint: "install OpenBao, or set \(variable) to the path of a server program"
    )
  }

  /// Asks the program which of the two families it is.
  ///
  /// - Throws: `Problem` when its answer is neither.
  func kind(environment: Environment) async throws -> Kind {
    let result = try await run(
      .path(FilePath(path)),
      arguments: ["version"],
      environment: environment,
      output: .string(limit: 65_536)
    )
    if result.standardOutput.hasPrefix("OpenBao v") { return .openBao }
    if result.standardOutput.hasPrefix("Vault v") { return .vault }
    throw Problem(
      .configurationInvalid,
      "\(path) is neither OpenBao nor Vault: `version` does not say so",
      hint: "set \(Self.variable) to the path of a `bao` or `vault` program"
    )
  }

  private static func isProgram(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
      && FileManager.default.isExecutableFile(atPath: path)
  }

  private static func isInside(_ path: String, _ folder: String) -> Bool {
    let folders = [folder, resolved(folder)]
    return [path, resolved(path)].contains { path in
      folders.contains { path.hasPrefix($0 + "/") }
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }
}

import FoundationEssentials
import Subprocess
import SystemPackage
import Values

/// A program that keeps the user's token, as the `vault` and `bao` commands know it: called with `get`, it prints the token.
struct TokenHelper {
  let path: String

  private static let deadline = Duration.seconds(60)

  /// The helper that a configuration of the `vault` or `bao` command names; `nil` without one.
  ///
  /// - Throws: ``Problem`` for a file that cannot be read, or a helper that is not named by an absolute path.
  static func configured(in files: [String]) throws(Problem) -> TokenHelper? {
    guard let file = files.first(where: FileManager.default.fileExists(atPath:)) else { return nil }
    guard let bytes = FileManager.default.contents(atPath: file), bytes.count < 65_536 else {
      throw Problem(.configurationInvalid, "\(file) cannot be read", hint: "check its permissions")
    }
    guard let path = path(in: String(decoding: bytes, as: UTF8.self)), !path.isEmpty else { return nil }
    guard path.hasPrefix("/") else {
      throw Problem(
        .configurationInvalid,
        "token_helper in \(file) is not an absolute path",
        hint: "write the program's whole path"
      )
    }
    return TokenHelper(path: path)
  }

  /// The value of `token_helper`, in HCL or JSON; the file holds nothing else that matters here.
  static func path(in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      var rest = line.drop { " \t{,".contains($0) }
      if rest.hasPrefix("\"token_helper\"") {
        rest = rest.dropFirst("\"token_helper\"".count)
      } else if rest.hasPrefix("token_helper") {
        rest = rest.dropFirst("token_helper".count)
      } else {
        continue
      }
      rest = rest.drop { " \t".contains($0) }
      guard let sign = rest.first, sign == "=" || sign == ":" else { continue }
      rest = rest.dropFirst().drop { " \t".contains($0) }
      guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { continue }
      return String(rest.dropFirst()[..<end])
    }
    return nil
  }

  /// Asks for the token; what the program says besides is not repeated, for it may hold anything.
  ///
  /// - Throws: ``Problem`` when it gives none.
  func token(_ variables: [String: String]) async throws -> Secret {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Problem(
        .configurationInvalid,
        "the token helper \(path) is no program",
        hint: "check its path and mode"
      )
    }
    var environment: [Subprocess.Environment.Key: String] = [:]
    for (name, value) in variables {
      if let key = Subprocess.Environment.Key(rawValue: name) { environment[key] = value }
    }
    let configuration = Configuration(
      executable: .path(FilePath(path)),
      arguments: ["get"],
      environment: .custom(environment)
    )
    let output = try await withThrowingTaskGroup(of: String?.self) { group in
      group.addTask { [path] in
        do {
          let result = try await Subprocess.run(
            configuration,
            input: .none,
            output: .string(limit: 65_536),
            error: .discarded
          )
          guard case .exited(0) = result.terminationStatus else {
            throw Problem(
              .permissionDenied,
              "the token helper \(path) failed",
              hint: "run \"\(path) get\" to see why"
            )
          }
          return result.standardOutput
        } catch let problem as Problem {
          throw problem
        } catch {
          throw Problem(
            .permissionDenied,
            "the token helper \(path) cannot be run",
            hint: "run \"\(path) get\" to see why"
          )
        }
      }
      group.addTask {
        try await Task.sleep(for: Self.deadline)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next().flatMap { $0 }
    }
    guard let output else {
      throw Problem(.permissionDenied, "the token helper \(path) did not end in \(Self.deadline)")
    }
    let words = output.split(whereSeparator: \.isWhitespace)
    guard let token = words.first, words.count == 1 else {
      throw Problem(
        .permissionDenied,
        words.isEmpty
          ? "the token helper \(path) has no token" : "the token helper \(path) prints more than a token",
        hint: words.isEmpty ? "log in with \"bao login\" or \"vault login\"" : "run \"\(path) get\" to see it"
      )
    }
    return Secret(String(token))
  }
}

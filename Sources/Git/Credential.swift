/// A user name and a password or token, for HTTP.
struct Credential: Hashable, Sendable {
  let user: String
  let password: String

  /// The token that a pipeline gives us; hosts that look at the token only take any user.
  static func fromEnvironment(_ environment: [String: String], url: String) -> Credential? {
    guard let token = environment["VM_GIT_TOKEN"], !token.isEmpty, isHTTP(url) else { return nil }
    return Credential(user: environment["VM_GIT_USER"] ?? "x-access-token", password: token)
  }

  static func isHTTP(_ url: String) -> Bool { url.hasPrefix("https://") || url.hasPrefix("http://") }
}

/// The user's credential helpers, which only the git program can ask.
struct CredentialHelper: Sendable {
  let program: GitProgram
  let gitDirectory: String
  let directory: String

  /// What the helpers know; nil when they know nothing.
  func fill(_ url: String) async -> Credential? {
    guard Credential.isHTTP(url), let output = await run("fill", "url=\(url)\n\n") else { return nil }
    var fields: [Substring: Substring] = [:]
    for line in output.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      fields[line[..<equals]] = line[line.index(after: equals)...]
    }
    guard let user = fields["username"], let password = fields["password"] else { return nil }
    return Credential(user: String(user), password: String(password))
  }

  /// Tells the helpers whether it worked, so that they keep or forget it.
  func report(_ credential: Credential, for url: String, isGood: Bool) async {
    _ = await run(
      isGood ? "approve" : "reject",
      "url=\(url)\nusername=\(credential.user)\npassword=\(credential.password)\n\n"
    )
  }

  private func run(_ action: String, _ input: String) async -> String? {
    let output = try? await program.run(
      ["--git-dir=\(gitDirectory)", "credential", action],
      in: directory,
      input: input,
      deadline: .seconds(30)
    )
    guard let output, output.status == 0 else { return nil }
    return output.standardOutput
  }
}

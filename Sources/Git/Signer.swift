import FoundationEssentials

/// Signs as the user's git is configured to: with an SSH or OpenPGP key or an X.509 certificate.
///
/// Reads `commit.gpgSign`, `tag.gpgSign`, `gpg.format`, `gpg.program`, `gpg.ssh.program`, `gpg.x509.program`,
/// `gpg.ssh.defaultKeyCommand` and `user.signingKey` (git-config(1)).
package struct Signer: Sendable {
  private enum Format: String {
    case openpgp, ssh, x509
  }

  package let signsCommits: Bool
  package let signsTags: Bool
  private let format: Format
  private let program: ChildProgram
  /// Finds the key when `user.signingKey` is not set.
  private let keyCommand: String?
  private let key: String?
  private let environment: [String: String]
  private let directory: String

  /// A key on a smart card or behind a passphrase may wait for its owner.
  private static let deadline = Duration.seconds(120)

  /// How a repository wants commits and tags to be signed; nil if it does not.
  ///
  /// - Parameters:
  ///   - repository: Whose configuration counts, with the user's and the system's.
  ///   - identity: Whose key is taken when none is configured.
  ///   - environment: Where `PATH`, `HOME` and `SSH_AUTH_SOCK` are.
  /// - Throws: ``GitError`` of kind `cannotSign` for a format that git does not have, or when the program is not there.
  package init?(
    of repository: Repository,
    identity: Identity,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(GitError) {
    signsCommits = try repository.isSet("commit.gpgSign")
    signsTags = try repository.isSet("tag.gpgSign")
    guard signsCommits || signsTags else { return nil }
    let name = try repository.configuration("gpg.format") ?? Format.openpgp.rawValue
    guard let format = Format(rawValue: name) else {
      throw GitError(.cannotSign, "git is configured to sign in the format \(name), which it does not have")
    }
    let settings = format == .openpgp ? ["gpg.openpgp.program", "gpg.program"] : ["gpg.\(name).program"]
    let configured = try repository.firstConfigured(settings)
    let usual = [Format.openpgp: "gpg", .ssh: "ssh-keygen", .x509: "gpgsm"]
    let programName = configured ?? usual[format] ?? ""
    guard let program = ChildProgram(programName, environment: environment) else {
      throw GitError(
        .cannotSign,
        "git is configured to sign with \(programName), and there is no such program"
      )
    }
    self.program = program
    self.format = format
    self.environment = environment
    let usualKey = "\(identity.committer.name) <\(identity.committer.email)>"
    key = try repository.firstConfigured(["user.signingKey"]) ?? (format == .ssh ? nil : usualKey)
    keyCommand = try repository.configuration("gpg.ssh.defaultKeyCommand")
    directory = repository.workTree ?? repository.gitDirectory
  }

  /// Makes a signature and throws it away, so that a missing key is known before anything depends on it.
  ///
  /// - Throws: ``GitError`` when nothing can be signed.
  package func check() async throws(GitError) {
    _ = try await sign(Array("vault-migrations".utf8))
  }

  /// A detached signature over some bytes, armoured, as git puts it into commits and tags.
  ///
  /// - Throws: ``GitError`` of kind `cannotSign` with what the program said, `unreachable` when it does not end.
  package func sign(_ bytes: [UInt8]) async throws(GitError) -> String {
    switch format {
    case .openpgp, .x509: try await signWithGPG(bytes)
    case .ssh: try await signWithSSH(bytes)
    }
  }

  private func signWithGPG(_ bytes: [UInt8]) async throws(GitError) -> String {
    let arguments = ["--status-fd=2", "-bsau", key ?? ""]
    let output = try await program.run(arguments, in: directory, input: bytes, deadline: Self.deadline)
    guard output.status == 0, output.standardError.contains("[GNUPG:] SIG_CREATED ") else {
      throw failure(output.standardError)
    }
    return output.standardOutput
  }

  private func signWithSSH(_ bytes: [UInt8]) async throws(GitError) -> String {
    let key = try await sshKey()
    guard let literal = Self.literalKey(key) else {
      return try await signWithSSH(bytes, ["-f", Self.expand(key, environment)])
    }
    // A key that is written out has its private half in an agent, and ssh-keygen wants a file for the public one.
    let file = FileManager.default.temporaryDirectory.appending(
      path: "vault-migrations-\(UUID().uuidString).pub"
    )
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      try Data((literal + "\n").utf8).write(to: file)
    } catch {
      throw GitError(.failed, "cannot write the public key that git is configured to sign with: \(error)")
    }
    return try await signWithSSH(bytes, ["-f", file.path(percentEncoded: false), "-U"])
  }

  private func signWithSSH(_ bytes: [UInt8], _ key: [String]) async throws(GitError) -> String {
    let arguments = ["-Y", "sign", "-n", "git"] + key
    let output = try await program.run(arguments, in: directory, input: bytes, deadline: Self.deadline)
    guard output.status == 0, output.standardOutput.hasPrefix("-----BEGIN SSH SIGNATURE-----") else {
      throw failure(output.standardError)
    }
    return output.standardOutput
  }

  private func sshKey() async throws(GitError) -> String {
    if let key { return key }
    guard let keyCommand, let shell = ChildProgram("sh", environment: environment) else {
      throw GitError(
        .cannotSign,
        "git is configured to sign with SSH, but neither user.signingKey nor gpg.ssh.defaultKeyCommand is set"
      )
    }
    let output = try await shell.run(["-c", keyCommand], in: directory, input: [], deadline: Self.deadline)
    guard output.status == 0, let line = output.standardOutput.split(whereSeparator: \.isNewline).first,
      Self.literalKey(String(line)) != nil
    else {
      throw GitError(.cannotSign, "gpg.ssh.defaultKeyCommand gives no key: \(output.standardError)")
    }
    return String(line)
  }

  private func failure(_ said: String) -> GitError {
    let lines = said.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("[GNUPG:]") }
    return GitError(
      .cannotSign,
      "git is configured to sign commits or tags, but they cannot be signed: \(lines.joined(separator: "; "))"
    )
  }

  /// A key that stands in the configuration itself: `key::ssh-ed25519 AAAA…`, or without the prefix.
  private static func literalKey(_ key: String) -> String? {
    if key.hasPrefix("key::") { return String(key.dropFirst("key::".count)) }
    return key.hasPrefix("ssh-") ? key : nil
  }

  private static func expand(_ path: String, _ environment: [String: String]) -> String {
    guard path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }
}

extension Repository {
  /// Whether a switch is on, in any of git's spellings.
  fileprivate func isSet(_ name: String) throws(GitError) -> Bool {
    guard let value = try configuration(name)?.lowercased() else { return false }
    return ["true", "yes", "on", "1"].contains(value)
  }

  fileprivate func firstConfigured(_ names: [String]) throws(GitError) -> String? {
    for name in names {
      if let value = try configuration(name) { return value }
    }
    return nil
  }
}

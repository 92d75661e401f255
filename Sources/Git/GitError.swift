/// Why git refused: a kind to decide by, and a sentence for the reader.
///
/// Credentials inside URLs never appear in the message.
package struct GitError: Error, Hashable, Sendable {
  package let kind: Kind
  /// What was tried and why it failed, one sentence.
  package let message: String
  /// The code of libgit2 or the exit status of git, for a bug report; 0 where there was none.
  package let code: Int32

  package init(_ kind: Kind, _ message: String, code: Int32 = 0) {
    self.kind = kind
    self.message = redactingCredentials(message)
    self.code = code
  }
}

extension GitError {
  /// What a caller can tell apart.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The object, reference or path does not exist.
    case notFound
    /// The directory is in no repository.
    case notARepository
    /// The repository belongs to another user, and `safe.directory` does not name it.
    case ownership
    /// The repository uses a format that libgit2 cannot read.
    case unsupportedRepository
    /// A name, revision, path or argument that git does not accept.
    case invalid
    /// Another process holds the lock for longer than we wait.
    case locked
    /// A compare-and-swap lost: the reference is not what the caller expected.
    case referenceChanged
    /// There is no such remote.
    case noSuchRemote
    /// The remote did not answer, or not in time.
    case unreachable
    /// The remote wants credentials, or refuses these.
    case authentication
    /// The remote's reference moved: fetch, build again, push again.
    case rejectedAsStale
    /// A hook or a protection rule of the remote refused: trying again does not help.
    case rejected
    /// The operation needs the `git` program, and there is none.
    case gitProgramMissing
    /// git is configured to sign, but the key or the program for it is missing.
    case cannotSign
    /// Anything else.
    case failed
  }
}

extension GitError: CustomStringConvertible {
  package var description: String { message }
}

/// Replaces `user:password@` in every URL of a text.
func redactingCredentials(_ text: String) -> String {
  guard text.contains("://"), text.contains("@") else { return text }
  var result = Substring()
  var rest = text[...]
  while let scheme = rest.firstRange(of: "://") {
    result += rest[..<scheme.upperBound]
    rest = rest[scheme.upperBound...]
    // The authority ends at the path; an @ behind it belongs to the path.
    let end = rest.firstIndex { $0 == "/" || $0.isWhitespace || $0 == "'" || $0 == "\"" } ?? rest.endIndex
    if let at = rest[..<end].lastIndex(of: "@") {
      result += "***"
      rest = rest[at...]
    }
  }
  return String(result + rest)
}

import CGit2
import FoundationEssentials
import Synchronization

/// One attempt to open a repository, with what libgit2 1.5 needs to hear to do it as git does.
struct Opening {
  let path: String
  let environment: [String: String]

  /// Looks in the path and its parents.
  func discover() throws(GitError) -> OpaquePointer {
    // libgit2 refuses to read the environment when these are set, so their repository is opened by its directory.
    let hasForeignLayout = environment["GIT_WORK_TREE"] != nil || environment["GIT_COMMON_DIR"] != nil
    if hasForeignLayout, let directory = environment["GIT_DIR"] {
      let opened = try Opening(path: directory, environment: environment).open()
      if let workTree = environment["GIT_WORK_TREE"] { git_repository_set_workdir(opened, workTree, 0) }
      return opened
    }
    if hasForeignLayout { return try open(flags: 0, at: path) }
    let start = environment["GIT_DIR"] == nil ? path : nil
    return try open(flags: GIT_REPOSITORY_OPEN_FROM_ENV.rawValue, at: start)
  }

  /// Looks nowhere else.
  func open() throws(GitError) -> OpaquePointer {
    try open(flags: GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, at: path)
  }

  private func open(flags: UInt32, at start: String?) throws(GitError) -> OpaquePointer {
    _ = library
    let ceiling = environment["GIT_CEILING_DIRECTORIES"]
    let attempt = { (pointer: inout OpaquePointer?) in
      git_repository_open_ext(&pointer, start, flags, ceiling)
    }
    do throws(GitError) {
      return try make("open \(start ?? "the repository of GIT_DIR")", attempt)
    } catch {
      let problem = explain(error)
      guard problem.kind == .ownership, isDeclaredSafe else { throw problem }
      return try withoutOwnershipCheck { () throws(GitError) in try make("open \(path)", attempt) }
    }
  }

  private func explain(_ error: GitError) -> GitError {
    let message = error.message
    if error.kind == .ownership || message.contains("safe.directory") {
      return GitError(
        .ownership,
        "the repository at \(path) belongs to another user; "
          + "allow it with: git config --global --add safe.directory \(path)",
        code: error.code
      )
    }
    if message.contains("objectformat") {
      return GitError(
        .unsupportedRepository,
        "the repository at \(path) uses SHA-256 object ids, which libgit2 cannot read",
        code: error.code
      )
    }
    if message.contains("refstorage") {
      return GitError(
        .unsupportedRepository,
        "the repository at \(path) uses reftable, which libgit2 cannot read",
        code: error.code
      )
    }
    if message.contains("unsupported extension") || message.contains("unsupported repository version") {
      return GitError(
        .unsupportedRepository,
        "the repository at \(path) uses a format that libgit2 cannot read: \(message)",
        code: error.code
      )
    }
    if error.kind == .notFound {
      return GitError(.notARepository, "\(path) is in no git repository", code: error.code)
    }
    return error
  }

  // MARK: Ownership

  /// Whether the user's configuration trusts the directory.
  ///
  /// libgit2 1.5 knows exact paths only; git also takes `*`, `directory/*`, and values from the environment.
  private var isDeclaredSafe: Bool {
    var trusted = valuesFromFiles()
    let count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    for index in 0..<max(count, 0)
    where environment["GIT_CONFIG_KEY_\(index)"]?.lowercased() == "safe.directory" {
      trusted.append(environment["GIT_CONFIG_VALUE_\(index)"] ?? "")
    }
    // An empty value forgets those before it.
    if let reset = trusted.lastIndex(of: "") { trusted.removeSubrange(...reset) }
    let directories = candidates
    return trusted.contains { pattern in
      pattern == "*" || directories.contains(pattern)
        || pattern.hasSuffix("/*") && directories.contains { $0.hasPrefix(pattern.dropLast()) }
    }
  }

  /// The names under which the repository may be trusted: its git directory, its work tree, and where we started.
  private var candidates: [String] {
    var found = [path]
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    if git_repository_discover(&buffer, path, 0, nil) == 0, let text = buffer.ptr {
      var directory = String(cString: text)
      if directory.hasSuffix("/") { directory.removeLast() }
      found.append(directory)
      if directory.hasSuffix("/.git") { found.append(String(directory.dropLast(5))) }
    }
    return found
  }

  private func valuesFromFiles() -> [String] {
    var configuration: OpaquePointer?
    let code: Int32
    if let file = environment["GIT_CONFIG_GLOBAL"], FileManager.default.fileExists(atPath: file) {
      code = git_config_open_ondisk(&configuration, file)
    } else {
      code = git_config_open_default(&configuration)
    }
    guard code == 0, let configuration else { return [] }
    defer { git_config_free(configuration) }
    return multipleValues(of: "safe.directory", in: configuration)
  }

  // The option is one for the whole process, so attempts take turns.
  private func withoutOwnershipCheck(
    _ body: () throws(GitError) -> OpaquePointer
  ) throws(GitError) -> OpaquePointer {
    try ownershipCheck.withLock { _ throws(GitError) in
      let option = Int32(GIT_OPT_SET_OWNER_VALIDATION.rawValue)
      git2_shim_option_int(option, 0)
      defer { git2_shim_option_int(option, 1) }
      return try body()
    }
  }
}

private let ownershipCheck = Mutex<Void>(())

/// Every value of a multi-valued setting, in the order of the files.
func multipleValues(of name: String, in configuration: OpaquePointer) -> [String] {
  var iterator: OpaquePointer?
  guard git_config_multivar_iterator_new(&iterator, configuration, name, nil) == 0 else { return [] }
  defer { git_config_iterator_free(iterator) }
  var values: [String] = []
  var entry: UnsafeMutablePointer<git_config_entry>?
  while git_config_next(&entry, iterator) == 0 {
    if let value = entry?.pointee.value { values.append(String(cString: value)) }
  }
  return values
}

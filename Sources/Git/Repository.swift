import CGit2
import FoundationEssentials

/// A repository of the user, or one of our own; nothing here touches its index or its work tree.
///
/// Not `Sendable`: libgit2 wants each handle on one thread at a time, and keeps its error messages per thread.
package final class Repository {
  let pointer: OpaquePointer
  let database: OpaquePointer
  /// The commits whose parents a shallow clone lacks.
  let shallowBoundary: Set<ObjectID>
  /// The remote that has what a partial clone left behind; nil for a clone that has everything.
  lazy var promisor = configuredPromisor

  /// Takes over the handle.
  init(owning pointer: OpaquePointer) throws(GitError) {
    let database: OpaquePointer
    do throws(GitError) {
      database = try make("open the object database") { git_repository_odb(&$0, pointer) }
    } catch {
      git_repository_free(pointer)
      throw error
    }
    self.pointer = pointer
    self.database = database
    shallowBoundary = Self.shallowBoundary(of: pointer)
  }

  /// Opens the repository that holds a directory, as git would: through parents up to a ceiling, and by `GIT_DIR`.
  ///
  /// Uses `git_repository_open_ext`.
  ///
  /// - Parameters:
  ///   - path: Where to start.
  ///   - environment: The variables that git reads; `GIT_DIR` counts as that of the process.
  /// - Throws: ``GitError`` of kind `notARepository`, `ownership` or `unsupportedRepository`.
  package convenience init(
    discovering path: String,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(GitError) {
    try self.init(owning: Opening(path: path, environment: environment).discover())
  }

  /// Opens the repository at exactly this path: a work tree, a linked one, a git directory or a bare repository.
  ///
  /// Uses `git_repository_open_ext`.
  ///
  /// - Throws: ``GitError`` of kind `notARepository`, `ownership` or `unsupportedRepository`.
  package convenience init(
    opening path: String,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(GitError) {
    try self.init(owning: Opening(path: path, environment: environment).open())
  }

  /// Makes a bare repository, parents included, or opens the one that is there.
  ///
  /// Uses `git_repository_init_ext`.
  ///
  /// - Throws: ``GitError`` when the directory cannot be made.
  package static func createBare(at path: String) throws(GitError) -> Repository {
    _ = library
    var options = git_repository_init_options()
    git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
    options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
    return try Repository(
      owning: make("create a repository at \(path)") { git_repository_init_ext(&$0, path, &options) }
    )
  }

  deinit {
    git_odb_free(database)
    git_repository_free(pointer)
  }

  /// The directory with HEAD; of a linked work tree, the one below `worktrees/`.
  package var gitDirectory: String { path(git_repository_path(pointer)) ?? "" }

  /// The directory with objects and references, which linked work trees share.
  package var commonDirectory: String { path(git_repository_commondir(pointer)) ?? gitDirectory }

  /// The root of the checked-out files; nil in a bare repository.
  package var workTree: String? { path(git_repository_workdir(pointer)) }

  package var isBare: Bool { git_repository_is_bare(pointer) == 1 }

  /// Whether history ends early, as CI checkouts have it.
  package var isShallow: Bool { !shallowBoundary.isEmpty }

  /// The commit that HEAD names, through a branch or detached; nil while the branch has no commit.
  ///
  /// Uses `git_reference_name_to_id`.
  ///
  /// - Throws: ``GitError`` when HEAD is damaged.
  package func head() throws(GitError) -> ObjectID? { try reference("HEAD") }

  /// The full name of the branch that HEAD names, born or not; nil when detached.
  ///
  /// Uses `git_reference_symbolic_target`.
  ///
  /// - Throws: ``GitError`` when HEAD is damaged.
  package func headBranch() throws(GitError) -> String? {
    let head = try make("read HEAD") { git_reference_lookup(&$0, pointer, "HEAD") }
    defer { git_reference_free(head) }
    return git_reference_symbolic_target(head).map { String(cString: $0) }
  }

  /// A value of the repository's configuration, with the user's and the system's; nil when unset.
  ///
  /// Uses `git_config_get_string_buf` on a snapshot.
  ///
  /// - Throws: ``GitError`` when a configuration file cannot be read.
  package func configuration(_ name: String) throws(GitError) -> String? {
    let snapshot = try make("read the configuration") { git_repository_config_snapshot(&$0, pointer) }
    defer { git_config_free(snapshot) }
    var value = git_buf()
    defer { git_buf_dispose(&value) }
    let code = git_config_get_string_buf(&value, snapshot, name)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "read \(name) from the configuration")
    return value.ptr.map { String(cString: $0) }
  }

  private func path(_ text: UnsafePointer<CChar>?) -> String? {
    guard let text else { return nil }
    let path = String(cString: text)
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  // libgit2 1.5 knows that a repository is shallow, but not where: it would run into the missing parents.
  private static func shallowBoundary(of pointer: OpaquePointer) -> Set<ObjectID> {
    guard git_repository_is_shallow(pointer) == 1, let directory = git_repository_commondir(pointer),
      let data = try? Data(contentsOf: URL(filePath: String(cString: directory) + "shallow"))
    else { return [] }
    return Set(String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { ObjectID($0) })
  }
}

import CGit2

/// Starts libgit2 once for the process, and sets what every repository relies on.
let library: Void = {
  _ = git_libgit2_init()
  // A crash must not leave a reference that points at objects which never reached the disk.
  _ = git2_shim_option_int(Int32(GIT_OPT_ENABLE_FSYNC_GITDIR.rawValue), 1)
  // These change neither objects nor references. Never name objectformat or refstorage here: libgit2 would open such a
  // repository and then misread it.
  let extensions: [StaticString] = [
    "worktreeconfig", "partialclone", "preciousobjects", "relativeworktrees",
  ]
  var names: [UnsafePointer<CChar>?] = extensions.map {
    UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self)
  }
  _ = git2_shim_option_extensions(&names, names.count)
}()

/// The one funnel for libgit2's return codes.
///
/// The message is read at once: it is kept per thread, and the next call, or an `await`, loses it.
///
/// - Throws: ``GitError`` when the code is negative; `doing` opens its message.
@discardableResult
func check(_ code: Int32, _ doing: @autoclosure () -> String) throws(GitError) -> Int32 {
  guard code < 0 else { return code }
  let detail = lastErrorMessage()
  throw GitError(kind(of: code, detail: detail), "cannot \(doing()): \(detail)", code: code)
}

/// The funnel for functions that give a handle, which the caller frees.
///
/// - Throws: ``GitError`` when the code is negative.
func make(
  _ doing: @autoclosure () -> String,
  _ body: (inout OpaquePointer?) -> Int32
) throws(GitError) -> OpaquePointer {
  var pointer: OpaquePointer?
  try check(body(&pointer), doing())
  guard let pointer else { throw GitError(.failed, "cannot \(doing()): libgit2 gave nothing") }
  return pointer
}

/// What libgit2 said last on this thread.
func lastErrorMessage() -> String {
  guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
  return String(cString: message)
}

private func kind(of code: Int32, detail: String) -> GitError.Kind {
  switch git_error_code(code) {
  case GIT_ENOTFOUND: .notFound
  case GIT_EMODIFIED: .referenceChanged
  case GIT_ELOCKED: .locked
  case GIT_EINVALIDSPEC, GIT_EAMBIGUOUS, GIT_EINVALID, GIT_EPEEL: .invalid
  case GIT_EOWNER: .ownership
  case GIT_EAUTH: .authentication
  case GIT_ECERTIFICATE: .unreachable
  default: .failed
  }
}

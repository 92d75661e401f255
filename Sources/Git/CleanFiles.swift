import CGit2
import Glibc

extension Repository {
  /// The blobs that files of the work tree have, each with its absolute path, where git's index tells without a look into
  /// the file.
  ///
  /// As git does it: a file whose size, times and inode are those of the index is the one that was staged, unless it was
  /// changed in the moment when the index was written. What a filter such as `autocrlf` changes has other bytes than its
  /// blob, and is not answered. Uses `git_repository_index`, `git_filter_list_load`.
  ///
  /// - Returns: An id for each path, `nil` where the file has to be read.
  package func cleanFiles(_ paths: [String]) -> [ObjectID?] {
    var opened: OpaquePointer?
    guard let workTree, git_repository_index(&opened, pointer) == 0, let index = opened else {
      return paths.map { _ in nil }
    }
    defer { git_index_free(index) }
    let root = workTree.hasSuffix("/") ? workTree : workTree + "/"
    let written = git_index_path(index).flatMap { Self.status(of: String(cString: $0)) }?.st_mtim
    guard let written else { return paths.map { _ in nil } }
    return paths.map { path in
      guard path.hasPrefix(root) else { return nil }
      let name = String(path.dropFirst(root.count))
      guard let entry = git_index_get_bypath(index, name, 0)?.pointee, let file = Self.status(of: path),
        entry.describes(file), file.st_mtim.isBefore(written), !isFiltered(name)
      else { return nil }
      return ObjectID(entry.id)
    }
  }

  /// The id that bytes have as a blob.
  ///
  /// Uses `git_odb_hash`.
  package static func blobID(of bytes: [UInt8]) throws(GitError) -> ObjectID {
    var oid = git_oid()
    try check(git_odb_hash(&oid, bytes, bytes.count, GIT_OBJECT_BLOB), "name a blob")
    return ObjectID(oid)
  }

  private func isFiltered(_ name: String) -> Bool {
    var filters: OpaquePointer?
    let status = git_filter_list_load(&filters, pointer, nil, name, GIT_FILTER_TO_ODB, 0)
    defer { git_filter_list_free(filters) }
    return status != 0 || filters != nil
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }
}

extension git_index_entry {
  /// Whether a file is as it was when it was staged.
  fileprivate func describes(_ file: stat) -> Bool {
    file.st_mode & S_IFMT == S_IFREG && mode & UInt32(S_IFMT) == UInt32(S_IFREG)
      && UInt32(truncatingIfNeeded: file.st_size) == file_size
      && UInt32(truncatingIfNeeded: file.st_ino) == ino
      && mtime.is(file.st_mtim) && ctime.is(file.st_ctim)
  }
}

extension git_index_time {
  fileprivate func `is`(_ time: timespec) -> Bool {
    Int32(truncatingIfNeeded: time.tv_sec) == seconds
      && UInt32(truncatingIfNeeded: time.tv_nsec) == nanoseconds
  }
}

extension timespec {
  fileprivate func isBefore(_ other: timespec) -> Bool {
    (tv_sec, tv_nsec) < (other.tv_sec, other.tv_nsec)
  }
}

package import Catalogue
package import Git
package import Values
import YAML

/// What the state branch of an environment says at one commit; read from git's trees when asked.
package struct RecordedState {
  /// `nil` when nothing was ever applied.
  package let commit: Commit?
  private let repository: Repository

  init(commit: Commit?, in repository: Repository) {
    self.commit = commit
    self.repository = repository
  }

  package var isEmpty: Bool { commit == nil }

  /// One layer, by path.
  ///
  /// - Throws: ``GitError`` when an object is missing, ``Problem`` when a file is not what the tool writes.
  package func layer(_ layer: StateLayout.Layer) throws -> [VaultPath: Value] {
    guard let commit, let folder = try repository.entry(layer.rawValue, at: commit.tree) else { return [:] }
    var values: [VaultPath: Value] = [:]
    try read(folder.id) { file, bytes in
      guard let path = StateLayout.path(ofFile: file) else { return }
      values[path] = try parse(bytes, file: "\(layer.rawValue)/\(file)")
    }
    return values
  }

  /// The id of what one layer has at each path; nothing but trees is read.
  ///
  /// - Throws: ``GitError`` when an object is missing.
  package func blobs(of layer: StateLayout.Layer) throws -> [VaultPath: ObjectID] {
    guard let commit, let folder = try repository.entry(layer.rawValue, at: commit.tree) else { return [:] }
    var blobs: [VaultPath: ObjectID] = [:]
    try repository.complete(folder.id)
    try repository.forEachFile(below: folder.id) { file, id in
      if let path = StateLayout.path(ofFile: file) { blobs[path] = id }
    }
    return blobs
  }

  /// What a layer has at a path, by its id.
  ///
  /// - Throws: ``GitError``, ``Problem`` as ``layer(_:)`` does.
  package func value(_ id: ObjectID, of path: VaultPath, in layer: StateLayout.Layer) throws -> Value {
    try parse(try repository.blob(id), file: StateLayout.file(layer, path))
  }

  /// The id that a value has once it is recorded.
  ///
  /// - Throws: ``GitError``.
  package static func id(of value: Value) throws -> ObjectID {
    try Repository.blobID(of: StateChange.bytes(of: value))
  }

  /// Every applied version, oldest first, with what its tasks found or without.
  ///
  /// What tasks found is nearly all of a record, and most questions are not about it.
  /// - Throws: ``GitError``, ``Problem``.
  package func history(withTasks: Bool = true) throws -> [HistoryRecord] {
    guard let commit, let folder = try repository.entry(StateLayout.historyFolder, at: commit.tree) else {
      return []
    }
    var records: [HistoryRecord] = []
    try read(folder.id) { file, bytes in
      let name = "\(StateLayout.historyFolder)/\(file)"
      let read = withTasks ? bytes : HistoryRecord.leavingOutTasks(of: bytes)
      guard let record = HistoryRecord(try parse(read, file: name)) else { throw Self.unreadable(name) }
      records.append(record)
    }
    return records.sorted { $0.version < $1.version }
  }

  /// Which server the state is that of; `nil` when nothing was ever applied.
  ///
  /// - Throws: ``GitError``, ``Problem``.
  package func server() throws -> HistoryRecord.Server? {
    guard let commit, let bytes = try repository.file(StateLayout.serverFile, at: commit.tree) else {
      return nil
    }
    guard let server = HistoryRecord.Server(try parse(bytes, file: StateLayout.serverFile)) else {
      throw Self.unreadable(StateLayout.serverFile)
    }
    return server
  }

  /// The hold that the environment is under; `nil` for none.
  ///
  /// - Throws: ``GitError``, ``Problem``.
  package func hold() throws -> Hold? {
    guard let commit, let bytes = try repository.file(StateLayout.holdFile, at: commit.tree) else {
      return nil
    }
    guard let hold = Hold(try parse(bytes, file: StateLayout.holdFile)) else {
      throw Self.unreadable(StateLayout.holdFile)
    }
    return hold
  }

  /// The schema's files as applied, by name.
  ///
  /// - Throws: ``GitError``.
  package func schema() throws -> [String: [UInt8]] {
    guard let commit, let folder = try repository.entry(StateLayout.schemaFolder, at: commit.tree) else {
      return [:]
    }
    var files: [String: [UInt8]] = [:]
    try read(folder.id) { files[$0] = $1 }
    return files
  }

  /// The newest commit of this branch at which a version was the highest applied one; for 0, nothing.
  ///
  /// - Throws: ``GitError``, ``Problem``.
  package func at(version: Int) throws -> RecordedState? {
    if version == 0 { return RecordedState(commit: nil, in: repository) }
    for commit in try commits() {
      let state = RecordedState(commit: commit, in: repository)
      if try state.version() == version { return state }
    }
    return nil
  }

  /// The commit of this branch that recorded a version: the oldest that has it.
  ///
  /// - Throws: ``GitError``.
  package func commit(recording version: Int) throws -> Commit? {
    var found: Commit?
    for commit in try commits() {
      guard try RecordedState(commit: commit, in: repository).version() >= version else { break }
      found = commit
    }
    return found
  }

  /// The highest applied version, without reading any file; 0 for none.
  package func version() throws -> Int {
    guard let commit, let folder = try repository.entry(StateLayout.historyFolder, at: commit.tree) else {
      return 0
    }
    return try repository.tree(folder.id).compactMap { Int($0.name.prefix { $0 != "-" }) }.max() ?? 0
  }

  /// The commits of the branch, newest first.
  package func commits(limit: Int = .max) throws -> [Commit] {
    guard let commit else { return [] }
    return try repository.log(from: commit.id, limit: limit)
  }

  private func read(_ tree: ObjectID, _ visit: (String, [UInt8]) throws -> Void) throws {
    try repository.complete(tree)
    try repository.forEachFile(below: tree) { try visit($0, try repository.blob($1)) }
  }

  /// What cannot be read is not passed over: a hold that nobody sees would hold nothing.
  private static func unreadable(_ file: String) -> Problem {
    Problem(
      .worldChanged,
      "the state branch holds a record that cannot be read",
      at: SourceLocation(file: file),
      hint: "was the branch edited by hand, or written by a newer vault-migrations?"
    )
  }

  private func parse(_ bytes: [UInt8], file: String) throws -> Value {
    do {
      return try YAML.parse(bytes, file: file).document?.value ?? .object([:])
    } catch {
      throw Problem(
        .worldChanged,
        "the state branch holds a file that this tool did not write: \(error.message)",
        at: error.location,
        hint: "was the branch edited by hand? restore it from its last tag"
      )
    }
  }
}

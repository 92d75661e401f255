import CGit2

/// New objects, named but not yet written: a few become loose files, many become one pack.
///
/// A loose object costs about half a millisecond with its fsync, a packed one some ten microseconds.
struct ObjectBatch {
  /// From this many on, one pack is cheaper than loose objects.
  static let packThreshold = 50

  struct Object {
    let id: ObjectID
    let type: git_object_t
    let bytes: [UInt8]
  }

  private(set) var objects: [Object] = []
  private var known: Set<ObjectID> = []

  /// Names an object and remembers it.
  ///
  /// Uses `git_odb_hash`.
  mutating func add(_ type: git_object_t, _ bytes: [UInt8]) throws(GitError) -> ObjectID {
    var oid = git_oid()
    try check(git_odb_hash(&oid, bytes, bytes.count, type), "name an object")
    let id = ObjectID(oid)
    if known.insert(id).inserted { objects.append(Object(id: id, type: type, bytes: bytes)) }
    return id
  }

  /// Writes what the repository lacks.
  ///
  /// - Throws: ``GitError`` when the disk refuses.
  func write(to repository: Repository) throws(GitError) {
    let missing = objects.filter { !repository.containsWithoutRefresh($0.id) }
    if missing.count >= Self.packThreshold {
      return try repository.writePack(count: missing.count) { missing[$0] }
    }
    for object in missing { try repository.writeLoose(object) }
  }
}

extension Repository {
  /// Writes one object into a file of its own.
  func writeLoose(_ object: ObjectBatch.Object) throws(GitError) {
    var oid = git_oid()
    try check(
      git_odb_write(&oid, database, object.bytes, object.bytes.count, object.type),
      "write object \(object.id)"
    )
  }

  /// Whether an object is known without another look at the disk, which would cost one per new object.
  func containsWithoutRefresh(_ id: ObjectID) -> Bool {
    var oid = id.oid
    return git_odb_exists_ext(database, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1
  }
}

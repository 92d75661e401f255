import CGit2

extension Repository {
  /// Copies objects from another repository, with everything they lead to.
  ///
  /// Stops at what is here already: what leads to an object is always written after it, so an object that is here has
  /// all that it leads to. A commit at the edge of a shallow clone is copied without its parents.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the source lacks an object.
  func copyObjects(_ roots: [ObjectID], from source: Repository) throws(GitError) {
    let order = try missingObjects(roots, from: source)
    let object = { (index: Int) throws(GitError) -> ObjectBatch.Object in
      let id = order[index]
      return try source.withObject(id) { (type, bytes) throws(GitError) in
        ObjectBatch.Object(id: id, type: type, bytes: Array(bytes))
      }
    }
    if order.count >= ObjectBatch.packThreshold { return try writePack(count: order.count, object) }
    for index in order.indices { try writeLoose(object(index)) }
  }

  /// What is not here yet, each object after those that it leads to.
  private func missingObjects(_ roots: [ObjectID], from source: Repository) throws(GitError) -> [ObjectID] {
    var order: [ObjectID] = []
    var seen: Set<ObjectID> = []
    var pending = roots.map { (id: $0, isExpanded: false) }
    while let (id, isExpanded) = pending.popLast() {
      if isExpanded {
        order.append(id)
        continue
      }
      guard seen.insert(id).inserted, !containsWithoutRefresh(id) else { continue }
      pending.append((id, true))
      for child in try source.children(of: id) where !seen.contains(child) { pending.append((child, false)) }
    }
    return order
  }

  /// The objects that one names directly.
  private func children(of id: ObjectID) throws(GitError) -> [ObjectID] {
    let (type, bytes) = try withObject(id) { (type, bytes) throws(GitError) in
      (type, type == GIT_OBJECT_BLOB ? [] : Array(bytes))
    }
    switch type {
    case GIT_OBJECT_TREE:
      guard let entries = RawEntry.parse(bytes) else { throw GitError(.failed, "tree \(id) is damaged") }
      // A submodule's commit lives in another repository.
      return entries.filter { $0.mode & 0o170000 != 0o160000 }.map(\.id)
    case GIT_OBJECT_COMMIT, GIT_OBJECT_TAG:
      // Header lines end at the first empty one; what they name stands first.
      let wanted: Set<Substring> =
        type == GIT_OBJECT_TAG ? ["object"] : shallowBoundary.contains(id) ? ["tree"] : ["tree", "parent"]
      let header = String(decoding: bytes, as: UTF8.self).split(
        separator: "\n",
        omittingEmptySubsequences: false
      )
      return header.prefix { !$0.isEmpty }.compactMap { line in
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, wanted.contains(words[0]) else { return nil }
        return ObjectID(words[1])
      }
    default:
      return []
    }
  }
}

package import Catalogue
import Configuration
package import Values

/// Gives the migrations of a branch that lost the race for their numbers the next free ones, if that changes nothing else.
///
/// It does where they and the versions that were merged first touch different paths, and where each of them still finds
/// what it says was there.
package struct Rebase {
  /// Something that both sides touch.
  package struct Overlap: Hashable, Sendable {
    package let path: VaultPath
    /// The migration that lost the race, and the one that was merged first, by file name.
    package let mine: String
    package let other: String
  }

  /// A migration under its new number.
  package struct Moved: Sendable {
    package let old: Migration
    package let new: Migration
    package let link: Chain.Link
  }

  private let upstream: [Migration]
  private let newer: [Migration]
  private let mine: [Migration]
  private let schemas: [String: String]

  /// Prepares to put migrations behind those of the upstream branch.
  ///
  /// - Parameters:
  ///   - mine: What is in the work tree and not upstream, in the order of their numbers.
  ///   - upstream: All migrations of the other branch.
  ///   - lines: The chain of this branch before the merge, which knows the schemas that its migrations stand for.
  ///   - schema: The id of the schema after the merge, which the last one stands for.
  package init(_ mine: [Migration], onto upstream: [Migration], lines: Chain, schema: String) {
    self.mine = mine.sorted { $0.version < $1.version }
    self.upstream = upstream.sorted { $0.version < $1.version }
    // What both had when the branch began is no competitor.
    let first = self.mine.first?.version ?? .max
    newer = self.upstream.filter { $0.version >= first }
    var schemas = Dictionary(lines.links.map { ($0.checksum, $0.schema) }, uniquingKeysWith: { $1 })
    if let last = self.mine.last { schemas[last.checksum] = schema }
    self.schemas = schemas
  }

  /// Whether there is nothing to do: the numbers follow each other already.
  package var isSettled: Bool { newer.isEmpty }

  /// What both sides touch, each pair once.
  package var overlaps: [Overlap] {
    var found: [Overlap] = []
    for migration in mine {
      for task in migration.tasks {
        for other in newer {
          guard let path = other.tasks.lazy.compactMap({ task.shared(with: $0) }).first else { continue }
          let overlap = Overlap(path: path, mine: migration.fileName, other: other.fileName)
          if !found.contains(overlap) { found.append(overlap) }
        }
      }
    }
    return found
  }

  /// The migrations under their new numbers, with their lines of the chain.
  ///
  /// - Throws: ``Problem`` (migration invalid) when one does not fit what comes before it now, in one of the environments.
  package func moved(in environments: [String]) throws(Problem) -> [Moved] {
    var parent = upstream.last
    var moved: [Moved] = []
    for migration in mine {
      let new = Migration(
        version: (parent?.version ?? 0) + 1,
        name: migration.name,
        parent: parent?.checksum,
        tasks: migration.tasks,
        isCheckpoint: migration.isCheckpoint
      )
      let link = Chain.Link(
        version: new.version,
        name: new.name,
        checksum: new.checksum,
        schema: schemas[migration.checksum] ?? schemas[mine.last?.checksum ?? ""] ?? ""
      )
      moved.append(Moved(old: migration, new: new, link: link))
      parent = new
    }
    for environment in environments {
      _ = try Fold(upstream + moved.map(\.new), environment: environment)
    }
    return moved
  }
}

extension Task {
  /// The path that two tasks of different branches both have a say in, if there is one.
  fileprivate func shared(with other: Task) -> VaultPath? {
    for (one, two) in [(self, other), (other, self)] {
      for place in one.places {
        if two.places.contains(place) { return place }
        // Taking a mount away, or moving it, concerns everything in it.
        guard one.action == .delete || one.move != nil else { continue }
        if let inside = two.places.first(where: { place.contains($0) }) { return inside }
      }
    }
    return nil
  }

  private var places: [VaultPath] { [path] + [move?.from].compactMap(\.self) }
}

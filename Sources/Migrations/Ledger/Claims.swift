package import Catalogue
package import Values
import VaultClient

/// Which paths belong to one environment of one project, so that two of them that share a server cannot fight.
///
/// A mount and what lies in it may belong to different projects; a path belongs to one.
package struct Claims: Hashable, Sendable {
  package struct Owner: Hashable, Sendable, CustomStringConvertible {
    package let project: String
    package let environment: String

    package init(project: String, environment: String) {
      self.project = project
      self.environment = environment
    }

    /// Names of projects and environments hold neither dots nor `@`.
    package var record: String { "\(Claims.folder)/\(project).\(environment)" }

    package var description: String { "project \(project), environment \(environment)" }

    init?(record: String) {
      let parts = record.split(separator: ".", omittingEmptySubsequences: false)
      // The further parts of a long record have a number behind a second dot.
      guard parts.count == 2 else { return nil }
      self.init(project: String(parts[0]), environment: String(parts[1]))
    }
  }

  package static let folder = "@claims"

  package let owner: Owner
  package var paths: Set<VaultPath>

  package init(owner: Owner, paths: Set<VaultPath>) {
    self.owner = owner
    self.paths = paths
  }

  /// By namespace and folder, so that a thousand roles repeat neither.
  package var value: Value {
    var folders: [String: [String: [String]]] = [:]
    for path in paths.sorted() {
      let (folder, name) = path.path.splitAtLastFolder
      folders[path.namespace, default: [:]][folder, default: []].append(name)
    }
    return ["paths": .object(folders.mapValues { .object($0.mapValues { .array($0.map(Value.string)) }) })]
  }

  package init(_ value: Value, owner: Owner) {
    self.init(owner: owner, paths: [])
    for (namespace, folders) in value["paths"]?.object ?? [:] {
      for (folder, names) in folders.object ?? [:] {
        for name in names.array ?? [] {
          if let name = name.string { paths.insert(VaultPath(folder + name, in: namespace)) }
        }
      }
    }
  }

  /// The first of some tasks that would write what belongs to somebody else, or take it away together with its mount.
  package static func conflict(of tasks: [Task], with others: [Claims]) -> Problem? {
    for task in tasks {
      for other in others {
        if other.paths.contains(task.path) {
          return problem(task.path, "\(task.path) belongs to \(other.owner)", other.owner)
        }
        guard let mount = task.move?.from ?? (task.action == .delete ? task.path : nil),
          mount.isMount || mount.isAuthMethod,
          let inside = other.paths.filter({ $0 == mount || mount.contains($0) }).min()
        else { continue }
        return problem(
          mount,
          "\(mount) holds \(inside), which belongs to \(other.owner), and would take it along",
          other.owner
        )
      }
    }
    return nil
  }

  private static func problem(_ path: VaultPath, _ message: String, _ owner: Owner) -> Problem {
    Problem(
      .worldChanged,
      "\(message): nothing is written",
      path: path.description,
      hint:
        "declare it in one of the two; if the other one is gone for good, an administrator deletes its record \(owner.record) in the ledger's mount"
    )
  }
}

extension Ledger {
  /// What everybody else on this server has.
  ///
  /// - Throws: ``VaultError``; ``Problem`` when the token may not read it.
  package func othersClaims() throws -> [Claims] {
    do {
      guard let store = home?.store else { return [] }
      var claims: [Claims] = []
      for name in try store.list(Claims.folder) {
        guard let other = Claims.Owner(record: name), other != owner,
          let entry = try store.read(other.record)
        else { continue }
        // What cannot be read may say that a path is theirs.
        let isRecord = entry.value == .null || entry.value["paths"]?.object != nil
        guard isRecord, !entry.isDamaged else { throw Self.unreadable(other) }
        claims.append(Claims(entry.value, owner: other))
      }
      return claims
    } catch {
      guard (error as? VaultError)?.kind == .denied, let mount else { throw error }
      throw Problem(
        .permissionDenied,
        "the token may not read who else has what on this server (\(mount)/metadata/\(Claims.folder)/)",
        hint: "\"vault-migrations ledger init\" prints the policy that is needed"
      )
    }
  }

  /// What this environment has, as recorded, with the record's version.
  func ownClaims() throws(VaultError) -> (paths: Set<VaultPath>, version: Int) {
    guard let entry = try home?.store.read(owner.record) else { return ([], 0) }
    return (Claims(entry.value, owner: owner).paths, entry.version)
  }

  /// Records what this environment has from now on, and returns the record's version.
  @discardableResult
  func claim(_ paths: Set<VaultPath>, replacing version: Int) throws -> Int {
    guard let store = home?.store else { return 0 }
    let text = JSON.text(Claims(owner: owner, paths: paths).value)
    guard let new = try store.write(owner.record, text, replacing: version) else {
      throw Self.overtaken(owner.record)
    }
    return new
  }

  private static func unreadable(_ owner: Claims.Owner) -> Problem {
    Problem(
      .worldChanged,
      "the ledger's record of what belongs to \(owner) cannot be read",
      hint:
        "was it edited by hand, or written by a newer vault-migrations? the ledger's mount keeps its earlier versions"
    )
  }
}

extension String {
  /// `auth/approle/role/` and `web`; a slash at the end belongs to the name.
  fileprivate var splitAtLastFolder: (folder: String, name: String) {
    let slash = UInt8(ascii: "/")
    let body = utf8.last == slash ? utf8.dropLast() : utf8[...]
    guard let index = body.lastIndex(of: slash) else { return ("", self) }
    let start = utf8.index(after: index)
    return (String(self[..<start]), String(self[start...]))
  }
}

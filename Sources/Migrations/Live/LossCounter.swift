package import Catalogue
import Values
import VaultClient

/// Counts on the server what deletions would destroy, by listing.
struct LossCounter {
  let client: VaultClient
  let catalogue: Catalogue
  let mounts: MountTable

  /// What tasks destroy, with numbers; paths of tasks that destroy nothing are missing.
  ///
  /// What the token may not list is unknown. Throws ``VaultError`` when the server does not answer.
  func losses(of tasks: some Sequence<Task>) throws -> [VaultPath: Losses] {
    var losses: [VaultPath: Losses] = [:]
    for task in tasks {
      guard var found = task.losses(catalogue, mounts) else { continue }
      found.counted = try count(at: task.apiPath)
      losses[task.path] = found
    }
    return losses
  }

  /// How much of what there is below a path.
  func count(at path: VaultPath) throws(VaultError) -> [String: Tally] {
    let path = path.withoutActionName
    var counted: [String: Tally] = [:]
    for plan in catalogue.endpoint(for: path, mounts: mounts).countPlans(for: path) {
      counted[plan.noun] = try count(plan)
    }
    return counted
  }

  /// - Returns: `nil` where the server has no such list.
  private func count(_ plan: CountPlan) throws(VaultError) -> Tally? {
    var count = 0
    var requests = 0
    var folders = [plan.path]
    var isKnown = false
    while !folders.isEmpty, count <= Tally.limit, requests <= Tally.limit {
      let asked = folders.prefix(Self.foldersAtOnce)
      folders.removeFirst(asked.count)
      requests += asked.count
      for (folder, answer) in zip(asked, client.perform(asked.map(list))) {
        let keys: [String]
        switch answer {
        case .success(let response): keys = response.keys
        case .failure(let error):
          switch error.kind {
          case .notFound, .noSuchMount, .namespaceNotFound: keys = []
          case .denied, .badToken: return .unknown
          case .unsupported, .refused, .wrongNamespace: return isKnown ? .unknown : nil
          default: throw error
          }
        }
        isKnown = true
        for key in keys {
          if plan.isTree, key.hasSuffix("/") {
            folders.append(folder.with(path: folder.path + (folder.path.hasSuffix("/") ? "" : "/") + key))
          } else {
            count += 1
          }
        }
      }
    }
    return folders.isEmpty ? Tally(count) : .moreThan(min(count, Tally.limit))
  }

  private static let foldersAtOnce = 64

  /// Servers that know of no limit answer with everything.
  private func list(_ path: VaultPath) -> VaultRequest {
    VaultRequest(.list, path, query: [("limit", String(Tally.limit + 1))])
  }
}

extension Task {
  /// What a task destroys that no rollback brings back, not counted; `nil` if nothing.
  package func losses(_ catalogue: Catalogue, _ mounts: MountTable) -> Losses? {
    switch action {
    case .write, .move: return nil
    case .delete, .run: break
    }
    // What is shared is left.
    if manage != nil { return nil }
    return catalogue.endpoint(for: path, mounts: mounts).loses.map { Losses(what: $0) }
  }
}

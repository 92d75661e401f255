import Catalogue
import Values
import VaultClient

extension VersionRun {
  /// Ends the leases of secrets engines that are about to go, while they can still do it.
  ///
  /// A server that cannot revoke a lease refuses the deletion half-way, and leaves a mount that serves nothing and cannot
  /// be deleted; asked for the leases alone, it leaves the mount as it is. A token that may not ask leaves it to the server.
  func revokeLeases(of tasks: [Task]) throws {
    let mounts = tasks.filter { $0.action == .delete && $0.path.isMount && holdsLeases($0) }
    for task in mounts {
      guard let prefix = task.path.contentPrefix, try hasLeases(task.path, below: prefix) else { continue }
      let path = task.path.with(path: "sys/leases/revoke-prefix/\(prefix.dropLast())")
      do throws(VaultError) {
        _ = try context.target.client.perform(VaultRequest(.write, path, body: ["sync": true], isSafe: true))
      } catch {
        if error.kind == .denied { continue }
        var problem = failure(error, at: task)
        problem.hint =
          "the mount is left as it was: mend what it connects to, or end the leases without it by writing "
          + "sys/leases/revoke-force/\(prefix.dropLast()); then run again"
        throw problem
      }
    }
  }

  private func holdsLeases(_ task: Task) -> Bool {
    endpoint(of: task).countPlans(for: task.path).contains { $0.noun == "leases" }
  }

  private func hasLeases(_ path: VaultPath, below prefix: String) throws -> Bool {
    let list = VaultRequest(.list, path.with(path: "sys/leases/lookup/\(prefix)"))
    do throws(VaultError) {
      return try !context.target.client.perform(list).keys.isEmpty
    } catch {
      switch error.kind {
      case .notFound, .noSuchMount, .denied, .unsupported: return false
      default: throw error
      }
    }
  }
}

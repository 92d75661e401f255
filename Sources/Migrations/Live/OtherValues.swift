import Catalogue
import Configuration
import Values
import VaultClient

/// Values that lie on the server of another environment, read with that environment's own login.
struct OtherValues {
  let environment: String
  let catalogue: Catalogue

  /// What came of asking: one request a path, however many fields are wanted.
  ///
  /// Throws ``Problem`` naming the environment when it cannot be asked.
  func findings(_ objects: [GivenObject], _ target: Target) throws -> [GivenObject: GivenValues.Finding] {
    do {
      return try read(objects, try client(target))
    } catch let error as VaultError {
      var problem = error.problem
      problem.message = "environment \(environment): \(problem.message)"
      throw problem
    }
  }

  private func client(_ target: Target) throws -> VaultClient {
    if environment == target.environment.name { return target.client }
    guard let connect = target.connect else {
      throw Problem(.configurationInvalid, "environment \(environment) cannot be asked here")
    }
    return try connect(environment)
  }

  private func read(
    _ objects: [GivenObject],
    _ client: VaultClient
  ) throws -> [GivenObject: GivenValues.Finding] {
    // A token that may not list mounts: then the answer's form tells a version's data.
    var mounts = MountTable()
    for (name, entry) in (try? client.mounts()) ?? [:] { mounts.insert(VaultPath(name), declared: entry) }
    let places = Dictionary(grouping: objects) { VaultPath($0.given.place.path) }
    let paths = places.keys.filter { catalogue.endpoint(for: $0, mounts: mounts).kind != .action }.sorted()
    var found: [GivenObject: GivenValues.Finding] = [:]
    for (path, answer) in zip(paths, client.perform(paths.map { VaultRequest(.read, $0) })) {
      var data = try GivenValues.data(of: answer)
      if let version = data?["metadata"]?["version"], version.integer != nil { data = data?["data"] }
      for object in places[path] ?? [] { found[object] = GivenValues.finding(object, data) }
    }
    for object in objects where found[object] == nil { found[object] = .gap(.action) }
    return found
  }
}

import Catalogue
import Values
import VaultClient

/// What is at the paths that were found.
extension Discovery {
  var reader: LiveReader {
    LiveReader(client: client, catalogue: catalogue)
  }

  mutating func read(_ paths: Set<VaultPath>) {
    for (path, value) in shown where paths.contains(path) {
      found.live[path] = reader.recordable(value, at: path, found.mounts)
    }
    let survey = reader.survey(paths.filter { shown[$0] == nil }, mounts: found.mounts)
    found.live.merge(survey.found) { $1 }
    for (path, error) in survey.failures where !Self.absence.contains(error.kind) {
      found.unreadable[path] = error.message
    }
    if !selfMade.isEmpty {
      // The aliases of such an entity are no more anybody's work than the entity is.
      found.live = found.live.filter { _, value in
        !(value.object?.values.contains { selfMade.contains($0.string ?? "") } ?? false)
      }
    }
    let data = dataPaths.filter { path in
      paths.contains(path) && found.live[path] != nil
        && catalogue.endpoint(for: path, mounts: found.mounts).kind == .kvData
    }.sorted()
    do {
      for (path, content) in try reader.readSecretData(data) { found.live[path] = ["data": content] }
    } catch {
      for path in data { found.unreadable[path] = (error as? VaultError)?.message ?? "\(error)" }
    }
  }
}

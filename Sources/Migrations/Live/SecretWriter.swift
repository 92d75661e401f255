import Catalogue
import Values
import VaultClient

/// Sets one field of a KV secret, and leaves the others as they are.
struct SecretWriter {
  let client: VaultClient
  let catalogue: Catalogue
  let mounts: MountTable

  /// Whether a path is a secret of a KV engine, of either version.
  static func isSecret(_ catalogue: Catalogue, _ path: VaultPath, _ mounts: MountTable) -> Bool {
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    return endpoint.kind == .kvData || endpoint.section == "secrets/kv"
  }

  /// Writes the field; with version 2 as a new version of the secret, if nobody else was faster.
  ///
  /// Throws ``VaultError``, or ``Problem`` for a path that is no secret.
  func set(_ field: String, to value: Value, at path: VaultPath) throws {
    guard Self.isSecret(catalogue, path, mounts) else {
      throw Problem(
        .operationFailed,
        "\(path) is no secret of a KV engine, so that nothing can be saved there",
        path: path.description,
        hint: "mount a KV secrets engine first, or save it under a name"
      )
    }
    let isVersioned = catalogue.endpoint(for: path, mounts: mounts).kind == .kvData
    for attempt in 1... {
      do throws(VaultError) {
        _ = try client.perform(VaultRequest(.write, path, body: try body(field, value, path, isVersioned)))
        return
      } catch {
        // Somebody else wrote between our read and our write, or the answer was lost: a second time does no harm.
        guard [.casMismatch, .outcomeUnknown].contains(error.kind), attempt < 5 else { throw error }
      }
    }
  }

  private func body(
    _ field: String,
    _ value: Value,
    _ path: VaultPath,
    _ isVersioned: Bool
  ) throws(VaultError) -> Value {
    let found = try read(path)
    var fields = (isVersioned ? found?["data"] : found)?.object ?? [:]
    fields[field] = value
    let data = Value.object(fields).hidingTexts
    guard isVersioned else { return data }
    let version = found?["metadata"]?["version"] ?? 0
    return ["data": data, "options": ["cas": version]]
  }

  private func read(_ path: VaultPath) throws(VaultError) -> Value? {
    do throws(VaultError) {
      return try client.perform(VaultRequest(.read, path)).data
    } catch {
      if error.kind == .notFound { return nil }
      throw error
    }
  }
}

extension Value {
  /// The same tree with every text as a ``Secret``.
  var hidingTexts: Value {
    mapLeaves { leaf, _ in
      if case .string(let text) = leaf { .secret(Secret(text)) } else { leaf }
    }
  }
}

internal import Catalogue
package import Values

/// A secret of a KV v2 engine at its newest version.
package struct KVSecret: Sendable {
  package let version: Int
  /// `nil` when the newest version is deleted; the version is needed all the same to write the next.
  package let data: Value?
}

extension VaultClient {
  /// Reads a secret of a KV v2 engine (`MOUNT/data/PATH`), at its newest version or at one that is kept still.
  ///
  /// Returns `nil` if there has never been one. Throws ``VaultError``.
  package func readKV(
    _ mount: String,
    _ path: String,
    version: Int? = nil,
    namespace: String = ""
  ) throws(VaultError) -> KVSecret? {
    let query = version.map { [(name: "version", value: String($0))] } ?? []
    let request = VaultRequest(.read, Self.kv(mount, path, namespace), query: query)
    return try Self.secret(in: perform([request])[0])
  }

  /// The newest versions of several secrets, in their order; `nil` for those that have never been there.
  ///
  /// - Throws: ``VaultError``.
  package func readKV(
    _ mount: String,
    _ paths: [String],
    namespace: String = ""
  ) throws(VaultError) -> [KVSecret?] {
    let answers = perform(paths.map { VaultRequest(.read, Self.kv(mount, $0, namespace)) })
    var secrets: [KVSecret?] = []
    for answer in answers { secrets.append(try Self.secret(in: answer)) }
    return secrets
  }

  private static func secret(in answer: Result<VaultResponse, VaultError>) throws(VaultError) -> KVSecret? {
    do throws(VaultError) {
      let data = try answer.get().data
      return KVSecret(version: data?["metadata"]?["version"]?.integer ?? 0, data: data?.present("data"))
    } catch {
      if error.kind == .notFound { return nil }
      throw error
    }
  }

  /// Writes a new version of a secret of a KV v2 engine.
  ///
  /// - Parameters:
  ///   - mount: The engine's path.
  ///   - path: The secret's path inside.
  ///   - data: A map.
  ///   - cas: The version that must be there now, 0 for none; `nil` writes whatever is there.
  ///   - namespace: Where the engine is.
  /// - Returns: The version written.
  /// - Throws: ``VaultError``, of kind `casMismatch` when another version is there.
  @discardableResult
  package func writeKV(
    _ mount: String,
    _ path: String,
    _ data: Value,
    cas: Int? = nil,
    namespace: String = ""
  ) throws(VaultError) -> Int {
    var body: [String: Value] = ["data": data]
    if let cas { body["options"] = ["cas": .number(Number(cas))] }
    let answer = try perform(VaultRequest(.write, Self.kv(mount, path, namespace), body: .object(body)))
    return answer.data?["version"]?.integer ?? 0
  }

  /// The names in a folder of a KV v2 engine; folders have a slash at the end, and what is not there is empty.
  ///
  /// - Throws: ``VaultError``.
  package func listKV(
    _ mount: String,
    _ path: String,
    namespace: String = ""
  ) throws(VaultError) -> [String] {
    let folder = VaultPath("\(mount.trimmingSlashes)/metadata/\(path.trimmingSlashes)", in: namespace)
    do {
      return try perform(VaultRequest(.list, folder)).data?["keys"]?.array?.compactMap(\.string) ?? []
    } catch {
      if error.kind == .notFound { return [] }
      throw error
    }
  }

  private static func kv(_ mount: String, _ path: String, _ namespace: String) -> VaultPath {
    VaultPath("\(mount.trimmingSlashes)/data/\(path.trimmingSlashes)", in: namespace)
  }
}

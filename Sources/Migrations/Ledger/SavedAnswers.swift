package import Catalogue
package import Values
package import VaultClient

extension Ledger {
  /// An answer of an action, as it was saved under a name.
  package struct Saved: Sendable {
    package let value: Value
    /// The action, and the version that ran it.
    package let action: VaultPath
    package let version: Int
  }

  /// Keeps an answer; a later one of the same name takes its place.
  ///
  /// - Throws: ``VaultError``; ``Problem`` where git keeps the records.
  package func save(_ saved: Saved, as name: String) throws {
    guard let home else { throw Self.cannotSave(name) }
    let record: Value = [
      "value": saved.value, "path": .string(saved.action.path), "namespace": .string(saved.action.namespace),
      "version": .number(Number(saved.version)),
    ]
    let text = Secret(String(decoding: JSON.bytesExposingSecrets(record), as: UTF8.self))
    try home.client.writeKV(home.mount, "\(home.folder)/saved/\(name)", ["value": .secret(text)])
  }

  /// The answers that are kept under names; what is not there is missing.
  ///
  /// - Throws: ``VaultError``.
  package func saved(_ names: Set<String>) throws(VaultError) -> [String: Saved] {
    var found: [String: Saved] = [:]
    for name in names.sorted() {
      guard let text = try readSaved(name), let record = try? JSON.parse(Array(text.utf8)),
        let value = record["value"], let path = record["path"]?.string
      else { continue }
      found[name] = Saved(
        value: value,
        action: VaultPath(path, in: record["namespace"]?.string ?? ""),
        version: record["version"]?.integer ?? 0
      )
    }
    return found
  }

  private func readSaved(_ name: String) throws(VaultError) -> String? {
    guard let home else { return nil }
    do throws(VaultError) {
      return try home.client.readKV(home.mount, "\(home.folder)/saved/\(name)")?.data?["value"]?.string
    } catch {
      // The private server gets its ledger with the first run.
      if error.kind == .noSuchMount { return nil }
      throw error
    }
  }

  /// Git is no place for an answer that may be a secret.
  static func cannotSave(_ name: String) -> Problem {
    Problem(
      .configurationInvalid,
      "the answer \(name) cannot be saved: config.yaml says \"ledger: false\", and git is no place for it",
      hint:
        "save it in a secret on the server, \"save: {FIELD: PATH#FIELD}\", or name a mount with \"ledger:\""
    )
  }
}

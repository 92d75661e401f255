package import Catalogue
import Digests
package import Values
package import VaultClient

/// What the server itself remembers of an environment: the applied version, the run in progress, the lock, and the key
/// of the fingerprints, in a small KV v2 mount (DESIGN section 3).
///
/// Every record is one JSON document, kept by a ``LedgerStore``.
package final class Ledger {
  package enum Record: String, CaseIterable, Sendable {
    case head, run, lock, key
  }

  /// A record as it was read, with the version that a check-and-set needs.
  package struct Entry: Sendable {
    package let value: Value
    package let version: Int
    /// Whether there is something that is no record: edited by hand, or cut off.
    package var isDamaged = false
  }

  private let client: VaultClient
  let store: LedgerStore
  package let mount: String
  private let folder: String
  let owner: Claims.Owner

  package init(client: VaultClient, mount: String, project: String, environment: String) {
    self.client = client
    self.mount = mount
    self.folder = "\(project)/\(environment)"
    store = LedgerStore(client: client, mount: mount)
    owner = Claims.Owner(project: project, environment: environment)
  }

  /// The policy that a role needs for this ledger, as HCL.
  ///
  /// Asking what the token may do, and revoking it, come with the default policy, which the tool's role does without.
  package static func policy(mount: String, project: String, environment: String) -> String {
    let own = Claims.Owner(project: project, environment: environment)
    let rules = [
      ("\(mount)/data/\(project)/\(environment)/*", ["create", "read", "update"]),
      // What others have, so that nobody writes what is theirs.
      ("\(mount)/metadata/\(Claims.folder)/*", ["list"]),
      ("\(mount)/data/\(Claims.folder)/*", ["read"]),
      ("\(mount)/data/\(own.record)", ["create", "read", "update"]),
      ("\(mount)/data/\(own.record).*", ["create", "read", "update"]),
      ("sys/capabilities-self", ["update"]),
      ("auth/token/lookup-self", ["read"]), ("auth/token/renew-self", ["update"]),
      ("auth/token/revoke-self", ["update"]),
    ]
    return rules.map { path, capabilities in
      HCL.block("path", label: path, ["capabilities": .array(capabilities.map(Value.string))])
    }.joined(separator: "\n")
  }

  /// Reads every record that is there.
  ///
  /// - Throws: ``VaultError``, of kind `noSuchMount` or `denied` when the ledger was never made.
  package func read() throws(VaultError) -> [Record: Entry] {
    var entries: [Record: Entry] = [:]
    for record in Record.allCases {
      if let entry = try read(record) { entries[record] = entry }
    }
    return entries
  }

  package func read(_ record: Record) throws(VaultError) -> Entry? {
    try store.read("\(folder)/\(record.rawValue)")
  }

  /// The version of a record, for a look that costs little; 0 if there is none.
  func version(_ record: Record) throws(VaultError) -> Int {
    try store.version("\(folder)/\(record.rawValue)")
  }

  /// Replaces a record, if it still has the version that the caller read.
  ///
  /// - Parameters:
  ///   - record: Which one.
  ///   - value: What it says from now on.
  ///   - version: The version that the caller read; 0 when it must not exist.
  /// - Returns: The new version.
  /// - Throws: ``VaultError`` of kind `casMismatch` when somebody else was first.
  @discardableResult
  package func write(_ record: Record, _ value: Value, replacing version: Int) throws(VaultError) -> Int {
    try write(record, text: JSON.text(value), replacing: version)
  }

  /// The same for a value that is JSON already.
  func write(_ record: Record, text: String, replacing version: Int) throws(VaultError) -> Int {
    try store.write("\(folder)/\(record.rawValue)", text, replacing: version)
  }

  /// Makes the mount if it is missing; only `ledger init` and embedded environments do this.
  ///
  /// - Returns: Whether it was made now.
  /// - Throws: ``VaultError``.
  package func create() throws(VaultError) -> Bool {
    if try client.mounts()[mount + "/"] != nil { return false }
    let body: Value = [
      "type": "kv", "description": "Ledger of vault-migrations", "options": ["version": "2"],
    ]
    _ = try client.perform(VaultRequest(.write, VaultPath("sys/mounts/\(mount)"), body: body))
    return true
  }

  /// An answer of an action, as it was saved under a name.
  package struct Saved: Sendable {
    package let value: Value
    /// The action, and the version that ran it.
    package let action: VaultPath
    package let version: Int
  }

  /// Keeps an answer; a later one of the same name takes its place.
  ///
  /// - Throws: ``VaultError``.
  package func save(_ saved: Saved, as name: String) throws(VaultError) {
    let record: Value = [
      "value": saved.value, "path": .string(saved.action.path), "namespace": .string(saved.action.namespace),
      "version": .number(Number(saved.version)),
    ]
    let text = Secret(String(decoding: JSON.bytesExposingSecrets(record), as: UTF8.self))
    try client.writeKV(mount, "\(folder)/saved/\(name)", ["value": .secret(text)])
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
    do throws(VaultError) {
      return try client.readKV(mount, "\(folder)/saved/\(name)")?.data?["value"]?.string
    } catch {
      // The private server gets its ledger with the first run.
      if error.kind == .noSuchMount { return nil }
      throw error
    }
  }

  /// The key of the environment's fingerprints, made on first use.
  ///
  /// - Throws: ``VaultError``.
  package func fingerprintKey() throws(VaultError) -> [UInt8] {
    if let key = try storedKey() { return key }
    let key = Digests.randomBytes(32)
    do {
      try write(.key, ["hmac-sha256": .string(Digests.hex(key))], replacing: 0)
      return key
    } catch  where error.kind == .casMismatch {
      // Another run made one between our read and our write.
      if let key = try storedKey() { return key }
      throw error
    }
  }

  /// The key, if there is one already.
  ///
  /// - Throws: ``VaultError``.
  package func storedKey() throws(VaultError) -> [UInt8]? {
    guard let digits = try read(.key)?.value["hmac-sha256"]?.string else { return nil }
    return Digests.bytes(hex: digits)
  }
}

import Catalogue
import Git
package import StateTracker
import Digests
package import Values
package import VaultClient

/// What is remembered of an environment besides its state branch: the applied version, the run in progress, the lock, and
/// the key of the fingerprints (DESIGN section 3).
///
/// It lies in a small KV v2 mount of the server. Without one (`ledger: false`) run and lock lie on references of git, the
/// branch alone says what is applied, and the key comes from whoever runs the tool.
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

  /// The part that only a mount in Vault can have.
  struct Home {
    let client: VaultClient
    let mount: String
    let folder: String
    let store: LedgerStore
  }

  private let records: any RecordStore
  private var knownKey: [UInt8]?
  let home: Home?
  private let givenKey: Secret?
  let owner: Claims.Owner

  /// A ledger in a mount of the server.
  package init(client: VaultClient, mount: String, project: String, environment: String) {
    let folder = "\(project)/\(environment)"
    records = LedgerStore(client: client, mount: mount, folder: folder)
    home = Home(
      client: client,
      mount: mount,
      folder: folder,
      store: LedgerStore(client: client, mount: mount)
    )
    givenKey = nil
    owner = Claims.Owner(project: project, environment: environment)
  }

  /// Records in git, with a key that the caller got from outside.
  package init(references: RecordReferences, key: Secret?, project: String, environment: String) {
    records = GitRecords(references: references)
    home = nil
    givenKey = key
    owner = Claims.Owner(project: project, environment: environment)
  }

  /// The mount, without slashes at its ends; `nil` for records in git.
  package var mount: String? { home?.mount }

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
  /// - Throws: ``VaultError``, of kind `noSuchMount` or `denied` when the ledger was never made; ``GitError``.
  package func read() async throws -> [Record: Entry] {
    let wanted = home == nil ? [.run, .lock, .key] : Record.allCases
    let found = try await records.read(wanted.map(\.rawValue))
    noteKey(in: found[Record.key.rawValue])
    return Dictionary(
      uniqueKeysWithValues: wanted.compactMap { record in
        found[record.rawValue].map { (record, $0) }
      }
    )
  }

  package func read(_ record: Record) async throws -> Entry? {
    try await records.read([record.rawValue])[record.rawValue]
  }

  /// The version of a record, for a look that costs little; 0 if there is none.
  func version(_ record: Record) async throws -> Int {
    try await records.version(record.rawValue)
  }

  /// Replaces a record, if it still has the version that the caller read; 0 when it must not exist.
  ///
  /// Returns the new version, or `nil` when somebody else was first. Throws what the store throws.
  func replace(_ record: Record, _ text: String, version: Int) async throws -> Int? {
    try await records.write(record.rawValue, text, replacing: version)
  }

  /// The same for a caller who must be the only one.
  ///
  /// - Parameters:
  ///   - record: Which one.
  ///   - text: What it says from now on, as JSON.
  ///   - version: The version that the caller read; 0 when it must not exist.
  /// - Returns: The new version.
  /// - Throws: ``Problem`` (locked) when somebody else was first; what the store throws.
  @discardableResult
  package func write(_ record: Record, _ text: String, replacing version: Int) async throws -> Int {
    guard let new = try await replace(record, text, version: version) else {
      throw Self.overtaken(record.rawValue)
    }
    return new
  }

  /// Says which version is applied; where git keeps the records, the branch alone does.
  ///
  /// Returns the record's new version.
  func move(_ head: Head, replacing version: Int) async throws -> Int {
    guard home != nil else { return 0 }
    return try await write(.head, JSON.text(head.value), replacing: version)
  }

  static func overtaken(_ name: String) -> Problem {
    Problem(
      .locked,
      "another run changed the record \"\(name)\" of this environment",
      hint: "nothing more is written; run the command again when the other run has ended"
    )
  }

  /// Makes the mount if it is missing; only `ledger init` and embedded environments do this.
  ///
  /// - Returns: Whether it was made now.
  /// - Throws: ``VaultError``, or ``Problem`` where git keeps the records.
  package func create() throws -> Bool {
    guard let home else {
      throw Problem(
        .usage,
        "config.yaml says \"ledger: false\": there is no mount to make",
        hint: "name a mount, \"ledger: vault-migrations\", to have the records on the server"
      )
    }
    let mount = home.mount
    if try home.client.mounts()[mount + "/"] != nil { return false }
    let body: Value = [
      "type": "kv", "description": "Ledger of vault-migrations", "options": ["version": "2"],
    ]
    _ = try home.client.perform(VaultRequest(.write, VaultPath("sys/mounts/\(mount)"), body: body))
    return true
  }

  // MARK: - The key

  /// The key of the environment's fingerprints, made on first use.
  ///
  /// - Throws: ``Problem`` when it has to be given and is not, or is another one than before; what the store throws.
  package func fingerprintKey() async throws -> [UInt8] {
    guard home != nil else {
      let (key, isNoted) = try await checkedKey()
      if !isNoted {
        _ = try await replace(.key, JSON.text(["mark": .string(Self.mark(of: key))]), version: 0)
      }
      return key
    }
    if let key = try await storedKey() { return key }
    let key = Digests.randomBytes(32)
    let record: Value = ["hmac-sha256": .string(Digests.hex(key))]
    if try await replace(.key, JSON.text(record), version: 0) != nil { return key }
    // Another run made one between our read and our write.
    guard let key = try await storedKey() else { throw Self.overtaken(Record.key.rawValue) }
    return key
  }

  /// The key, if there is one already.
  ///
  /// - Throws: As ``fingerprintKey()``.
  package func storedKey() async throws -> [UInt8]? {
    guard home != nil else { return try await checkedKey().key }
    if let knownKey { return knownKey }
    return noteKey(in: try await read(.key))
  }

  /// Once written it stays the same.
  @discardableResult
  private func noteKey(in entry: Entry?) -> [UInt8]? {
    guard home != nil else { return nil }
    knownKey = entry?.value["hmac-sha256"]?.string.flatMap { Digests.bytes(hex: $0) } ?? knownKey
    return knownKey
  }

  /// The key from outside, and whether a record tells it from others already.
  private func checkedKey() async throws -> (key: [UInt8], isNoted: Bool) {
    let entry = try await read(.key)
    let key = try longEnoughKey()
    if let mark = entry?.value["mark"]?.string, mark != Self.mark(of: key) {
      throw Problem(
        .configurationInvalid,
        "\(Self.keyVariable) is not the key that the records of this environment were made with",
        hint: "take the key that the pipeline has"
      )
    }
    return (key, entry != nil)
  }

  private static let keyVariable = "VAULT_MIGRATIONS_KEY"

  private func longEnoughKey() throws(Problem) -> [UInt8] {
    let key = givenKey.map { $0.exposed { Array($0.utf8) } } ?? []
    guard key.count >= 32 else {
      throw Problem(
        .configurationInvalid,
        key.isEmpty
          ? "without a ledger, \(Self.keyVariable) must hold the key that fingerprints of secrets are made with"
          : "\(Self.keyVariable) is too short for a key: \(key.count) of at least 32 characters",
        hint: "make one with \"openssl rand -hex 32\", and give the same one to everybody who runs the tool"
      )
    }
    return key
  }

  /// What tells keys apart, and nothing else about them.
  private static func mark(of key: [UInt8]) -> String {
    String(Digests.hmacSHA256(Array("key of vault-migrations".utf8), key: key).prefix(16))
  }
}

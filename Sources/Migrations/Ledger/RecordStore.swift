import StateTracker
import Values

/// Where the records of an environment are kept, each replaced as a whole and by compare-and-swap.
protocol RecordStore {
  /// Reads those of some records that are there.
  func read(_ names: [String]) async throws -> [String: Ledger.Entry]

  /// The version of a record, and nothing else of it; 0 if there is none.
  func version(_ name: String) async throws -> Int

  /// Replaces a record, if it still has the version that the caller read; 0 when it must not exist.
  ///
  /// Returns the new version, or `nil` when somebody else was first.
  func write(_ name: String, _ text: String, replacing version: Int) async throws -> Int?
}

/// Records on references of git, for projects without a ledger in Vault.
struct GitRecords: RecordStore {
  let references: RecordReferences

  func read(_ names: [String]) async throws -> [String: Ledger.Entry] {
    try await references.read(names).mapValues { entry in
      let value = try? JSON.parse(Array(entry.text.utf8))
      return Ledger.Entry(value: value ?? .null, version: entry.version, isDamaged: value == nil)
    }
  }

  func version(_ name: String) async throws -> Int {
    try await references.read([name])[name]?.version ?? 0
  }

  func write(_ name: String, _ text: String, replacing version: Int) async throws -> Int? {
    try await references.write(name, text, replacing: version)
  }
}

import Values
import VaultClient

/// Keeps JSON documents of any size in a KV v2 engine, each replaced by check-and-set.
///
/// A document is one string, because a request's body may hold only 1,000 of them; and a server that keeps its data in
/// Raft refuses values of more than 1 MiB, so that a longer one is split. The record itself names the version of each
/// further part: whoever writes parts and then loses the race for the record has changed nothing.
final class LedgerStore: RecordStore {
  private let client: VaultClient
  private let mount: String
  /// The folder of the records that are named without one.
  private let folder: String
  /// What the parts of a record held when they were last written, so that a growing record writes only what is new.
  private var written: [String: [Part]] = [:]

  private struct Part {
    let text: Substring
    let version: Int
  }

  /// Bytes of JSON in one part; as a string inside JSON they become at most twice as many.
  static let limit = 200_000

  init(client: VaultClient, mount: String, folder: String = "") {
    self.client = client
    self.mount = mount
    self.folder = folder.isEmpty ? "" : folder + "/"
  }

  func read(_ names: [String]) throws(VaultError) -> [String: Ledger.Entry] {
    var entries: [String: Ledger.Entry] = [:]
    let found = try client.asking("what the ledger has recorded") { () throws(VaultError) in
      try client.readKV(mount, names.map { folder + $0 })
    }
    for (name, secret) in zip(names, found) {
      if let secret { entries[name] = try entry(secret, of: name) }
    }
    return entries
  }

  /// Reads a document; `nil` if there is none, and null if it was deleted or cannot be read.
  func read(_ name: String) throws(VaultError) -> Ledger.Entry? {
    try read([name])[name]
  }

  private func entry(_ found: KVSecret, of name: String) throws(VaultError) -> Ledger.Entry {
    let name = folder + name
    guard let data = found.data else { return Ledger.Entry(value: .null, version: found.version) }
    var text = data["value"]?.string ?? ""
    for (index, version) in (data["parts"]?.array ?? []).enumerated() {
      let part = try client.readKV(mount, Self.part(index, of: name), version: version.integer)
      text += part?.data?["value"]?.string ?? ""
    }
    let value = try? JSON.parse(Array(text.utf8))
    return Ledger.Entry(value: value ?? .null, version: found.version, isDamaged: value == nil)
  }

  /// The version of a document, and nothing else of it; 0 if there is none.
  func version(_ name: String) throws(VaultError) -> Int {
    try client.readKV(mount, folder + name)?.version ?? 0
  }

  /// Replaces a document, if it still has the version that the caller read; 0 when it must not exist.
  ///
  /// Returns the new version, or `nil` when somebody else was first.
  func write(_ name: String, _ text: String, replacing version: Int) throws(VaultError) -> Int? {
    let name = folder + name
    let chunks = text.split(into: Self.limit)
    var members: [String: Value] = ["value": .string(String(chunks[0]))]
    if chunks.count > 1 {
      let versions = try writeParts(Array(chunks.dropFirst()), of: name)
      members["parts"] = .array(versions.map { .number(Number($0)) })
    }
    do throws(VaultError) {
      return try client.asking("to record \(name) in the ledger") { () throws(VaultError) in
        try client.writeKV(mount, name, .object(members), cas: version)
      }
    } catch {
      guard error.kind == .casMismatch else { throw error }
      return nil
    }
  }

  func list(_ folder: String) throws(VaultError) -> [String] {
    try client.listKV(mount, self.folder + folder)
  }

  private func writeParts(_ chunks: [Substring], of name: String) throws(VaultError) -> [Int] {
    let before = written[name] ?? []
    var parts: [Part] = []
    for (index, chunk) in chunks.enumerated() {
      if index < before.count, before[index].text == chunk {
        parts.append(before[index])
        continue
      }
      let version = try client.writeKV(mount, Self.part(index, of: name), ["value": .string(String(chunk))])
      parts.append(Part(text: chunk, version: version))
    }
    written[name] = parts
    return parts.map(\.version)
  }

  private static func part(_ index: Int, of name: String) -> String { "\(name).\(index + 2)" }
}

extension String {
  /// Pieces of at most so many bytes, cut between characters; at least one.
  fileprivate func split(into limit: Int) -> [Substring] {
    var pieces: [Substring] = []
    var start = startIndex
    while utf8.distance(from: start, to: endIndex) > limit {
      var end = utf8.index(start, offsetBy: limit)
      // Never inside of a scalar's bytes.
      while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
      pieces.append(self[start..<end])
      start = end
    }
    pieces.append(self[start...])
    return pieces
  }
}

import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

/// Texts that nobody else writes, and the search for them wherever they must not be.
struct Canaries {
  private var cores: [String: String] = [:]
  private let tally = Tally()

  /// How much was searched, and how often in vain or not.
  final class Tally: Sendable {
    private let counts = Mutex((searched: 0, found: 0))
    var searched: Int { counts.withLock { $0.searched } }
    var found: Int { counts.withLock { $0.found } }

    fileprivate func note(isFound: Bool? = nil) {
      counts.withLock { counts in
        if isFound == nil { counts.searched += 1 } else { counts.found += 1 }
      }
    }
  }

  /// For the end of a test: what was planted, searched and found.
  var summary: String {
    "canaries planted: \(cores.count), places searched: \(tally.searched), found: \(tally.found)"
  }

  var found: Int { tally.found }

  /// The value of a secret; it holds what JSON, YAML and shells escape.
  mutating func make(_ name: String) -> String {
    let core = randomText("canary")
    cores[name] = core
    return "\"\(core)\\'é"
  }

  /// A secret that exists already.
  mutating func add(_ name: String, _ value: String) { cores[name] = value }

  /// Expects that none of them stands in a text or in bytes, plain or encoded.
  func expectNone(in bytes: some Collection<UInt8>, _ place: String) {
    let text = Array(bytes)
    tally.note()
    for (name, core) in cores {
      for (form, sign) in Self.forms(of: core) where Self.holds(text, sign) {
        tally.note(isFound: true)
        Issue.record("\(place) holds \(name) \(form)")
      }
    }
  }

  func expectNone(in outcome: Command.Outcome, _ place: String) {
    expectNone(in: outcome.output.utf8, place + ", standard output")
    expectNone(in: outcome.errors.utf8, place + ", standard error")
  }

  /// Expects none in any file of a folder, nor in any object of a repository, reachable or not.
  func expectNone(inRepository folder: String, _ project: Project) async throws {
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
      expectNone(in: bytes, "\(folder)/\(name)")
    }
    let dump = project.scratch.file("objects")
    let command = "git -C \"$1\" cat-file --batch --batch-all-objects --unordered > \"$2\""
    let made = try await Command.run(
      "/bin/sh",
      ["-c", command, "sh", folder, dump],
      environment: project.variables
    )
    #expect(made.status == 0, "\(made.errors)")
    let objects = try Data(contentsOf: URL(filePath: dump))
    #expect(objects.count > 1000)
    expectNone(in: objects, "an object of \(folder)")
  }

  /// Expects none in what the ledger holds.
  func expectNone(inLedgerOf server: BaoServer) throws {
    let names = try server.list("vault-migrations/metadata/shop/prod")
    #expect(names.contains("lock"))
    for name in names {
      let entry = try server.request("GET", "vault-migrations/data/shop/prod/\(name)")
      expectNone(in: entry.body.utf8, "the ledger's \(name)")
    }
  }

  private static func holds(_ text: [UInt8], _ sign: [UInt8]) -> Bool {
    guard let first = sign.first, text.count >= sign.count else { return false }
    return text.withUnsafeBytes { text in
      sign.withUnsafeBytes { sign in
        guard let start = text.baseAddress, let wanted = sign.baseAddress else { return false }
        var offset = 0
        let last = text.count - sign.count
        while offset <= last, let hit = memchr(start + offset, Int32(first), last - offset + 1) {
          if memcmp(hit, wanted, sign.count) == 0 { return true }
          offset = UnsafeRawPointer(hit) - start + 1
        }
        return false
      }
    }
  }

  /// How a secret may be spelt.
  ///
  /// The texts that ``make(_:)`` gives are letters and digits inside, which JSON, YAML and URLs leave as they are; those of a
  /// server may not be.
  private static func forms(of core: String) -> [(String, [UInt8])] {
    let bytes = Array(core.utf8)
    let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    var forms = [
      ("as it is", bytes), ("in hexadecimal", Array(digits.utf8)),
      ("in capital hexadecimal", Array(digits.uppercased().utf8)),
    ]
    let escaped = core.replacing("/", with: "%2F").replacing("+", with: "%2B").replacing("=", with: "%3D")
    let quoted = core.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("/", with: "\\/")
    for (name, text) in [("escaped for a URL", escaped), ("quoted", quoted)] where text != core {
      forms.append((name, Array(text.utf8)))
    }
    for skipped in 0..<3 {
      // Encoded within a longer text, its first and last characters depend on the neighbours.
      let encoded = Data([UInt8](repeating: 0, count: skipped) + bytes).base64EncodedString().utf8
      let inner = String(decoding: Array(encoded.dropFirst(4).dropLast(4)), as: UTF8.self)
      forms.append(("in base64", Array(inner.utf8)))
      let safe = inner.replacing("+", with: "-").replacing("/", with: "_")
      if safe != inner { forms.append(("in base64 for URLs", Array(safe.utf8))) }
    }
    return forms
  }
}

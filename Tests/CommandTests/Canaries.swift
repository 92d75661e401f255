import FoundationEssentials
import TestSupport
import Testing

/// Texts that nobody else writes, and the search for them wherever they must not be.
struct Canaries {
  private var cores: [String: String] = [:]

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
    for (name, core) in cores {
      for (form, sign) in Self.forms(of: core) where text.firstRange(of: sign) != nil {
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

  private static func forms(of core: String) -> [(String, [UInt8])] {
    let bytes = Array(core.utf8)
    let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    var forms = [("as it is", bytes), ("in hexadecimal", Array(digits.utf8))]
    for skipped in 0..<3 {
      // Encoded within a longer text, its first and last characters depend on the neighbours.
      let encoded = Data([UInt8](repeating: 0, count: skipped) + bytes).base64EncodedString().utf8
      forms.append(("in base64", Array(encoded.dropFirst(4).dropLast(4))))
    }
    return forms
  }
}

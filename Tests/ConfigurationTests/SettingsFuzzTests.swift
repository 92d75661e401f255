import Configuration
import TestSupport
import Testing
import Values

/// Damaged input is a value or problems with their place, never a crash.
@Suite struct SettingsFuzzTests {
  private static let original = """
    version: 1
    project: payments
    lock_ttl: 1m
    default_environment: dev
    environments:
      dev: {server: embedded}
      prod:
        address: "https://${HOST:-vault}:8200"
        auth: {method: approle, role_id: "${R}", secret_id: "${S}"}
        tls: {ca_file: ca.pem, skip_verify: false}
        variables: {a: [1, "x"]}
    plain: [REGION]

    """

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `A damaged config_yaml is read or explained`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      var bytes = Array(Self.original.utf8)
      for _ in 0...generator.below(4) { generator.mutate(&bytes) }
      do {
        let settings = try SettingsReader.read(bytes, file: "config.yaml").settings
        #expect(!settings.project.isEmpty && !settings.environments.isEmpty)
      } catch {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(error.items.contains { !$0.isWarning }, "\(text)")
        #expect(
          error.items.allSatisfy { $0.location?.file == "config.yaml" && !$0.message.isEmpty },
          "\(text)"
        )
      }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `Every text is a template or explained, and what has no reference stays as it is`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      var bytes = Array("a ${B} $${C} ${D:-e} ${file:f} ${id:g/h}".utf8)
      for _ in 0...generator.below(6) { generator.mutate(&bytes) }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let template = try? Template(text) else { continue }
      let written = template.segments.map { segment in
        switch segment {
        case .literal(let literal): literal.replacing("${", with: "$${")
        case .reference(.variable(let name, let fallback)): "${\(name)\(fallback.map { ":-" + $0 } ?? "")}"
        case .reference(.file(let path)): "${file:\(path)}"
        case .reference(.given(let given)): given.description
        }
      }
      #expect(Array(written.joined().utf8) == Array(text.utf8))
    }
  }
}

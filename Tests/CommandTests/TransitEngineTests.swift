import FoundationEssentials
import TestSupport
import Testing
import Values

/// Encryption as a service.
@Suite struct TransitEngineTests {
  private static let state = #"""
    transit/:
      type: transit
    transit/keys/orders:
      type: aes256-gcm96
    transit/keys/orders/config:
      min_decryption_version: 1
      deletion_allowed: false
    transit/keys/orders/rotate: {}
    transit/keys/signing:
      type: ecdsa-p256
    sys/policies/acl/encrypt-only:
      policies:
        - path: {"transit/encrypt/orders": {capabilities: [update]}}
    """#

  @Test func `Who may encrypt may not decrypt, and old texts are still read after a rotation`() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      #expect(try server.data("transit/keys/orders")?["latest_version"] == 2)
      let plain = Data("card 4711".utf8).base64EncodedString()
      let encrypted = try server.act("transit/encrypt/orders", ["plaintext": .string(plain)])
      let text = try #require(encrypted["ciphertext"])
      #expect(text.string?.hasPrefix("vault:v2:") == true)
      let token = try server.act(
        "auth/token/create",
        ["policies": ["encrypt-only"], "no_default_policy": true]
      )
      let limited = token["client_token"]?.string ?? ""
      _ = try server.act("transit/encrypt/orders", ["plaintext": .string(plain)], token: limited)
      let refused = try server.request(
        "POST",
        "transit/decrypt/orders",
        JSON.text(["ciphertext": text]),
        token: limited
      )
      #expect(refused.status == 403)
      try await expectNothingLeft(project)

      try project.write(
        "schema.yaml",
        project.read("schema.yaml").replacing(
          "transit/keys/orders/rotate: {}",
          with: "transit/keys/orders/rotate: {}\n  transit/keys/orders/rotate#2027: {}"
        )
      )
      try await project.generate("rotate")
      try await project.tool("sync")
      #expect(try server.data("transit/keys/orders")?["latest_version"] == 3)
      let decrypted = try server.act("transit/decrypt/orders", ["ciphertext": text])
      #expect(decrypted["plaintext"] == .string(plain))
      try await expectNothingLeft(project)

      let signed = try server.act("transit/sign/signing", ["input": .string(plain)])
      let verified = try server.act(
        "transit/verify/signing",
        ["input": .string(plain), "signature": signed["signature"] ?? .null]
      )
      #expect(verified["valid"] == true)
    }
  }
}

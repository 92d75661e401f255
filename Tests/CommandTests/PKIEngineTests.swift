import TestSupport
import Testing
import Values

/// A certificate authority of two levels, whose steps hand their answers on.
@Suite struct PKIEngineTests {
  private static let state = #"""
    pki/:
      type: pki
      config: {max_lease_ttl: 87600h}
    pki/root/generate/internal:
      common_name: Example Root CA
      issuer_name: root-2026
      ttl: 87600h
      save: {issuer_id: root_issuer}
    pki/config/issuers:
      default: ${saved:root_issuer}
    pki_int/:
      type: pki
      config: {max_lease_ttl: 43800h}
    pki_int/intermediate/generate/internal:
      common_name: Example Intermediate CA
      save: {csr: int_csr}
    pki/root/sign-intermediate:
      csr: ${saved:int_csr}
      format: pem_bundle
      ttl: 43800h
      save: {certificate: int_cert}
    pki_int/intermediate/set-signed:
      certificate: ${saved:int_cert}
    pki_int/config/urls:
      issuing_certificates: ["https://pki.example.com/ca"]
    pki_int/roles/web:
      allowed_domains: [example.com]
      allow_subdomains: true
      max_ttl: 72h
    pki_int/issue/web:
      common_name: www.example.com
      ttl: 1h
      save: {certificate: "tls/www#crt", private_key: "tls/www#key", issuing_ca: "tls/www#ca"}
    tls/:
      type: kv
    """#

  @Test func `One migration makes root, intermediate, role and a certificate that OpenSSL accepts`()
    async throws
  {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      #expect(try await project.json("validate")["warnings"] == [])
      try await project.tool("sync")
      try await verify(server, project.scratch)
      try await expectNothingLeft(project)
      let issuers = try server.data("pki/config/issuers")
      #expect(try server.list("pki/issuers").contains(issuers?["default"]?.string ?? "?"))
      #expect(try server.list("pki_int/issuers").count == 2)
    }
  }

  private func verify(_ server: BaoServer, _ scratch: Scratch) async throws {
    let tls = try #require(try server.data("tls/www"))
    let root = try #require(try server.data("pki/cert/ca")?["certificate"]?.string)
    try scratch.write("root.pem", root)
    try scratch.write("int.pem", tls["ca"]?.string ?? "")
    try scratch.write("www.pem", tls["crt"]?.string ?? "")
    try scratch.write("www.key", tls["key"]?.string ?? "")
    let verified = try await Outside.run(
      "openssl",
      [
        "verify", "-CAfile", "root.pem", "-untrusted", "int.pem", "-verify_hostname", "www.example.com",
        "www.pem",
      ],
      in: scratch
    )
    #expect(verified == "www.pem: OK\n")
    let chain = try await Outside.run(
      "openssl",
      ["x509", "-in", "www.pem", "-noout", "-issuer", "-pubkey"],
      in: scratch
    )
    #expect(chain.contains("Example Intermediate CA"))
    let key = try await Outside.run("openssl", ["pkey", "-in", "www.key", "-pubout"], in: scratch)
    #expect(chain.hasSuffix(key))
  }

  @Test
  func `A second root of a kind gets a name of its own, and becomes the default where the schema says so`()
    async throws
  {
    let text = #"""
      pki/: {type: pki}
      pki/root/generate/internal: {common_name: Spare Root, issuer_name: spare}
      pki/root/generate/internal#2026: {common_name: Root 2026, issuer_name: root-2026, save: {issuer_id: root_2026}}
      pki/config/issuers: {default: "${saved:root_2026}"}
      """#
    try await withServer(text) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      // Of two that one version makes, the first was not left as it came.
      let chosen = try server.data("pki/issuer/root-2026")?["issuer_id"]
      #expect(try server.data("pki/config/issuers")?["default"] == chosen)
      try project.edit("schema.yaml", "${saved:root_2026}", "${saved:root_2027}")
      let more = """
          pki/root/generate/internal#2027: {common_name: Root 2027, save: {issuer_id: root_2027}}

        """
      try project.write("schema.yaml", project.read("schema.yaml") + more)
      try await project.generate("next-root")
      try await project.tool("sync")
      let ids = try server.list("pki/issuers")
      #expect(ids.count == 3)
      let older = try ["spare", "root-2026"].map { try server.data("pki/issuer/\($0)")?["issuer_id"]?.string }
      #expect(try server.data("pki/config/issuers")?["default"]?.string == ids.first { !older.contains($0) })
      try await expectNothingLeft(project)
    }
  }
}

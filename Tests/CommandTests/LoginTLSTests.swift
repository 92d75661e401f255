import FoundationEssentials
import TestSupport
import Testing
import Values

/// Trust in the server, certificates of our own, sockets and proxies.
@Suite struct LoginTLSTests {
  @Test func `A client certificate logs in, and a server is trusted by its authority alone`() async throws {
    try await withTLS { project, server in
      let scratch = server.scratch
      let certificate =
        "client_cert: \(scratch.file("vault-cert.pem")), client_key: \(scratch.file("vault-key.pem"))"
      func configure(_ tls: String) throws {
        let lines = "auth: {method: cert, role: web}\ntls: {\(tls)}"
        try project.write("config.yaml", configuration(server.address, lines))
      }
      let before = try server.tokens()
      try configure("ca_file: \(server.caFile), \(certificate)")
      #expect(try await project.tool("status").errors == "")
      #expect(try server.tokens() == before)
      // The names of the other variables must not mix with what is configured.
      try await project.with(["VAULT_CACERT": "/nowhere", "VAULT_SKIP_VERIFY": "1"]).tool("status")

      try configure("ca_file: \(server.caFile)")
      let bare = try await project.tool("status", exits: 78)
      #expect(bare.errors.contains("logs in with a client certificate, and has none"))
      try configure(certificate)
      let stranger = try await project.tool("status", exits: 69)
      #expect(stranger.errors.contains("no trusted connection"))
      #expect(stranger.errors.contains("tls.ca_file"))
      try configure("ca_file: \(server.caFile), \(certificate), server_name: vault.example.com")
      #expect(try await project.tool("status", exits: 69).errors.contains("no trusted connection"))
      try configure("ca_file: \(server.caFile), \(certificate), server_name: localhost")
      try await project.tool("status")

      try await Outside.run(
        "openssl",
        [
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key", "-out", "other.pem",
          "-subj",
          "/CN=other", "-days", "1",
        ],
        in: project.scratch
      )
      let other =
        "client_cert: \(project.scratch.file("other.pem")), client_key: \(project.scratch.file("other.key"))"
      try configure("ca_file: \(server.caFile), \(other)")
      let refused = try await project.tool("status", exits: 77)
      #expect(refused.errors.contains("with the client certificate at auth/cert/ was refused"))
      try configure("ca_file: \(project.scratch.file("other.pem")), \(certificate)")
      #expect(try await project.tool("status", exits: 69).errors.contains("no trusted connection"))
    }
  }

  @Test(arguments: ["VAULT_", "BAO_"])
  func `Variables say whom to trust, and not to check is told each time`(prefix: String) async throws {
    try await withTLS { project, server in
      try project.write("config.yaml", configuration(server.address))
      let user = project.with(["VAULT_TOKEN": server.rootToken])
      let scratch = server.scratch
      try await user.tool("status", exits: 69)
      try await user.with([prefix + "CACERT": server.caFile]).tool("status")
      try await user.with([prefix + "CACERT_BYTES": scratch.read("vault-ca.pem")]).tool("status")
      try scratch.write("authorities/ca.pem", scratch.read("vault-ca.pem"))
      try await user.with([prefix + "CAPATH": scratch.file("authorities")]).tool("status")
      for _ in 0..<2 {
        let outcome = try await user.with([prefix + "SKIP_VERIFY": "true"]).tool("status", "--quiet")
        #expect(outcome.errors == "warning: the server's certificate is not verified\n")
      }
      let named = user.with([
        prefix + "CACERT": server.caFile, prefix + "TLS_SERVER_NAME": "vault.example.com",
      ])
      try await named.tool("status", exits: 69)
    }
  }

  @Test func `A Unix socket is an address like any other`() async throws {
    try await Scratch.with { scratch in
      let socket = scratch.file("vault.sock")
      try await BaoServer.with(configuration: "listener \"unix\" {\n  address = \"\(socket)\"\n}\n") {
        server in
        try await Project.with(["schema.yaml": schema(Small.state)]) { project in
          try project.write("config.yaml", configuration("unix://\(socket)"))
          let user = project.with(["VAULT_TOKEN": server.rootToken, "APP_PASSWORD": "app-password-1"])
          try await user.tool("ledger", "init", "--quiet")
          try await user.generate("initial")
          try await user.tool("sync")
          try await expectNothingLeft(user)
          try project.write("config.yaml", configuration("unix://\(scratch.file("none.sock"))"))
          #expect(try await user.tool("status", exits: 69).errors.contains("cannot connect"))
        }
      }
    }
  }

  @Test func `A proxy is asked for a server, plain or by a tunnel, and not for one on this machine`()
    async throws
  {
    try await withTLS { project, server in
      let user = project.with(["VAULT_TOKEN": server.rootToken])
      // It resolves the name, which nobody else knows.
      try await FaultProxy.with(server.port) { proxy in
        try project.write("config.yaml", configuration("http://vault.test:8200", "proxy: \(proxy.address)"))
        try await user.tool("status")
        #expect(proxy.requests.allSatisfy { $0.path.hasPrefix("http://vault.test:8200/v1/") })
        #expect(!proxy.requests.isEmpty)
        try project.write("config.yaml", configuration("http://vault.test:8200"))
        for name in ["VAULT_PROXY_ADDR", "BAO_HTTP_PROXY", "http_proxy"] {
          let before = proxy.requests.count
          try await user.with([name: proxy.address]).tool("status")
          #expect(proxy.requests.count > before, "\(name)")
        }
        let before = proxy.requests.count
        try project.write("config.yaml", configuration(server.address, "tls: {ca_file: \(server.caFile)}"))
        try await user.with(["VAULT_PROXY_ADDR": proxy.address]).tool("status")
        #expect(proxy.requests.count == before)
      }
      let port = try #require(server.tlsPort)
      try await TunnelProxy.with(port) { proxy in
        let tls = "tls: {ca_file: \(server.caFile), server_name: localhost}"
        try project.write("config.yaml", configuration("https://vault.test:8200", tls))
        let outcome = try await user.with(["https_proxy": "http://user:proxy-word@127.0.0.1:\(proxy.port)"])
          .tool("status", "--log-level", "trace")
        #expect(!outcome.errors.contains("proxy-word"))
        #expect(proxy.tunnels.allSatisfy { $0 == "vault.test:8200" })
        #expect(!proxy.tunnels.isEmpty)
        try project.write(
          "config.yaml",
          configuration("https://vault.test:8200", "proxy: http://127.0.0.1:1\n\(tls)")
        )
        #expect(try await user.tool("status", exits: 69).errors.contains("cannot connect"))
      }
    }
  }

  /// A project, and a server with TLS that trusts certificates of its own authority.
  private func withTLS(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await Project.with(["schema.yaml": schema("{}")]) { project in
      try await BaoServer.with(.devTLS) { server in
        try server.allowEverything()
        try server.request("POST", "sys/auth/cert", #"{"type": "cert"}"#)
        let authority = server.scratch.read("vault-ca.pem")
        _ = try server.act(
          "auth/cert/certs/web",
          ["certificate": .string(authority), "token_policies": ["all"]]
        )
        try project.write("config.yaml", configuration("http://127.0.0.1:\(server.port)"))
        try await project.with(["VAULT_TOKEN": server.rootToken]).tool("ledger", "init", "--quiet")
        try await body(project, server)
      }
    }
  }
}

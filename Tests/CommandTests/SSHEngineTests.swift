import TestSupport
import Testing
import Values

/// A certificate authority for SSH.
@Suite struct SSHEngineTests {
  private static let state = #"""
    ssh/:
      type: ssh
    ssh/config/ca:
      generate_signing_key: true
      key_type: ed25519
      save: {public_key: "trust/ssh#ca"}
    ssh/roles/ops:
      key_type: ca
      allow_user_certificates: true
      allowed_users: "ops,deploy"
      default_user: ops
      default_extensions: {permit-pty: ""}
      ttl: 30m
    trust/:
      type: kv
    """#

  @Test func `A key that the authority signs is a certificate that OpenSSH reads`() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      let scratch = project.scratch
      try await Outside.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "id"], in: scratch)
      let signed = try server.act("ssh/sign/ops", ["public_key": .string(scratch.read("id.pub"))])
      try scratch.write("id-cert.pub", signed["signed_key"]?.string ?? "")
      let shown = try await Outside.run("ssh-keygen", ["-L", "-f", "id-cert.pub"], in: scratch)
      #expect(shown.contains("user certificate") && shown.contains("permit-pty"))
      #expect(shown.contains("Principals: \n                ops\n"))
      // The authority is the one whose key was saved for the hosts.
      try scratch.write("ca.pub", try server.data("trust/ssh")?["ca"]?.string ?? "")
      let authority = try await Outside.run("ssh-keygen", ["-l", "-f", "ca.pub"], in: scratch)
      let print = authority.split(separator: " ").first { $0.hasPrefix("SHA256:") } ?? "?"
      #expect(shown.contains("Signing CA: ED25519 \(print)"))
      try await expectNothingLeft(project)
    }
  }
}

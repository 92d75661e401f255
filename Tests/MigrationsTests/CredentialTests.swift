@testable import Migrations
import TestSupport
import Testing

/// Literals that look like credentials.
@Suite struct CredentialTests {
  /// Put together here, so that no scanner of repositories takes them for real ones.
  private static let credentials: [(String, String)] = {
    let word = "Zk3vQ9tR7mX2pL8wB4nD6hJ1"
    return [
      ("hvs." + word, "a token of Vault"), ("hvb." + word + word, "a token of Vault"),
      ("s." + word, "a token of Vault"), ("s." + word + ".4ySC80", "a token of Vault"),
      ("ghp_" + word + "0123456789ab", "a token of GitHub"), ("github_pat_" + word, "a token of GitHub"),
      ("glpat-" + word, "a token of GitLab"), ("AKIA" + "Q3EGIOSFODNN7ABC", "an access key of AWS"),
      ("xoxb-" + "123456789012-" + word, "a token of Slack"), ("sk_live_" + word, "a key of Stripe"),
      ("AIza" + "Sy" + word + "-abc_DEF4", "a key of Google"),
      ("eyJhbGciOiJSUzI1NiJ9." + "eyJzdWIiOiJzaG9wIn0." + word, "a signed token (JWT)"),
      ("-----BEGIN RSA PRIVATE KEY-----\\nMIIE", "a private key"),
      ("https://example.com/hook?key=" + word + word, "a random text"), (word, "a random text"),
      ("Bearer " + "hvs." + word, "a token of Vault"),
      ("key=ghp_" + word + "0123456789ab;", "a token of GitHub"),
      ("postgres://app:hunter2@db:5432/app", "a URL with a password"),
      ("q8Xz/1vRt+Ky7mPw2bNc5dLf9gHj3sAe6uTi0oQx", "a random text"),
    ]
  }()

  @Test(arguments: credentials)
  func `A credential in the data of a secret is a warning that does not repeat it`(text: String, what: String)
    throws
  {
    let found = try warnings(data: "{note: \"\(text)\"}")
    #expect(
      found == [
        ".vault-migrations/schema.yaml:5:5: warning: data.note of apps/data/web looks like \(what), and is written into "
          + "the schema (put a reference in its place, for example ${DATA_NOTE}; if it is no secret, add "
          + "\"apps/data/web#data.note\" to not_secret in config.yaml)"
      ]
    )
  }

  @Test(arguments: [
    "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "arn:aws:iam::123456789012:role/DeploymentPipelineRole2024",
    "arn:aws:kms:eu-west-1:123456789012:key/mrk-0a1b2c3d4e5f",
    "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTES",
    "-----BEGIN CERTIFICATE-----\\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTES\\n-----END CERTIFICATE-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Y8bR0kq7Zk3vQ9tR7mX2pL8wB4nD6hJ1k ann@example.com",
    "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
    "/usr/share/app2/Config7/Local9/Data1.json",
    "https://vault.example.com:8200/v1/auth/jwt/login", "postgresql://{{username}}:{{password}}@db:5432/app",
    "1034-abcdefghij0123456789.apps.googleusercontent.com", "ThisIsAVeryLongNameOfAnIdentifier2024Version12",
    "system:serviceaccount:ci:deployment-controller-2024", "key=${API_KEY};user=${API_USER}",
    "2026-11-23T21:32:04.123Z",
    "192.168.100.200/24,10.0.0.0/8,172.16.0.0/12",
    "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\"}]}",
    "s.web.example.com", "xoxb", "https://example.com/a:b@c",
  ])
  func `What is long and for everybody is none`(text: String) throws {
    let quoted = text.replacing("\"", with: "\\\"")
    #expect(try warnings(data: "{note: \"\(quoted)\"}") == [])
  }

  @Test func `A field that is called a password holds one, unless it refers to one`() throws {
    let found = try warnings(
      data: "{password: hunter2, api_key: \"${KEY}\", token: none, nested: {db_password: [swordfish]}}"
    )
    #expect(found.map { $0.split(separator: " ")[2] } == ["data.nested.db_password.0", "data.password"])
    #expect(found.allSatisfy { $0.contains("looks like a secret by its name") })
  }

  @Test func `A literal that is none is named in the configuration`() throws {
    var workspace = Workspace(schema(data: "{password: hunter2, other: {password: hunter2}}"))
    #expect(try credentialWarnings(workspace).count == 2)
    workspace["config.yaml"] += "not_secret: [\"apps/data/*#data.password\"]\n"
    #expect(try credentialWarnings(workspace).map { $0.contains("data.other.password") } == [true])
    workspace["config.yaml"] += ""
    workspace["config.yaml"] = workspace["config.yaml"].replacing("data.password", with: "*")
    #expect(try credentialWarnings(workspace) == [])
  }

  @Test func `A list of literals that makes no sense is refused`() {
    for text in ["not_secret: apps/data/web", "not_secret: [apps/data/web]", "not_secret: [5]"] {
      var workspace = Workspace(schema(data: "{a: b}"))
      workspace["config.yaml"] += text + "\n"
      #expect(throws: (any Error).self) { try workspace.project() }
    }
  }

  @Test func `Nearly all random passwords are recognised, and hardly any hexadecimal text is`() {
    var generator = SeededGenerator(seed: 7)
    let all = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    let digits = Array("0123456789abcdef")
    func count(_ alphabet: [Character], _ length: Int) -> Int {
      (0..<500).count { _ in
        let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
        return CredentialShape.find(in: text, judgesRandomness: true) != nil
      }
    }
    #expect(count(all, 32) > 450)
    #expect(count(all, 44) > 475)
    #expect(count(digits, 32) == 0)
    #expect(count(digits, 64) == 0)
  }

  private func schema(data: String) -> String {
    """
    desired_state:
      apps/:
        type: kv-v2
      apps/data/web:
        data: \(data)
    """
  }

  private func warnings(data: String) throws -> [String] {
    try credentialWarnings(Workspace(schema(data: data)))
  }

  private func credentialWarnings(_ workspace: Workspace) throws -> [String] {
    try workspace.problems().filter { $0.contains("looks like") }
  }
}

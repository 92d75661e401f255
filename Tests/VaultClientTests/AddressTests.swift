import TestSupport
import Testing
import Values
import VaultClient

@Suite struct AddressTests {
  @Test(arguments: [
    ("https://vault.example.com:8200", "https://vault.example.com:8200"),
    ("http://127.0.0.1:8200/", "http://127.0.0.1:8200"),
    ("https://[::1]:8200", "https://[::1]:8200"),
    ("https://vault.example.com/behind/a/path/", "https://vault.example.com/behind/a/path"),
    ("unix:///run/vault.sock", "unix:///run/vault.sock"),
  ])
  func `an address is taken`(text: String, normal: String) throws {
    #expect(try VaultAddress(text).description == normal)
  }

  @Test(arguments: [
    "", "vault.example.com:8200", "ftp://h:1", "https://", "https://:8200", "https://h:0", "https://h:70000",
    "https://h:port", "https://user:hidden@h", "https://h?token=hidden", "https://h h", "unix://relative",
    "unix:///",
    "https://h\u{E9}", "https://a\"b",
  ])
  func `junk is refused without being repeated`(text: String) {
    let problem = #expect(throws: Problem.self) { try VaultAddress(text) }
    #expect(problem?.code == .configurationInvalid)
    #expect(problem?.message.contains("hidden") == false)
  }

  @Test func `a token file holds one token, perhaps with a line end`() async throws {
    try await Scratch.with { scratch in
      #expect(try TokenFile.read(scratch.file("none")) == nil)
      #expect(try TokenFile.read(scratch.write("empty", "\n")) == nil)
      let token = try TokenFile.read(scratch.write("one", "s.abc\n"))
      #expect(token == Secret("s.abc"))
      let two = try scratch.write("two", "s.abc\ns.def\n")
      let problem = #expect(throws: Problem.self) { try TokenFile.read(two) }
      #expect(problem?.message.contains("s.abc") == false)
    }
  }
}

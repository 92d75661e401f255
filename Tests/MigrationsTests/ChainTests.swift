import Configuration
@testable import Migrations
import TestSupport
import Testing
import Values

/// The file that puts migrations into one order.
@Suite struct ChainTests {
  private func read(_ text: String) throws -> Chain {
    let diagnostics = Diagnostics(.migrationInvalid)
    let chain = Chain.read(ProjectFile(path: "migrations/chain", bytes: Array(text.utf8)), diagnostics)
    try diagnostics.finish()
    return chain
  }

  private let chain = Chain(links: [
    Chain.Link(version: 1, name: "initial", checksum: "sha256:aa", schema: "11"),
    Chain.Link(version: 12_345, name: "web-role", checksum: "sha256:bb", schema: "22"),
  ])

  @Test func `A line holds version, name, checksum and schema`() throws {
    #expect(chain.text == "0001 initial sha256:aa 11\n12345 web-role sha256:bb 22\n")
    #expect(try read(chain.text) == chain)
    #expect(try read("\n  \n0001   initial\tsha256:aa 11\r\n\n12345 web-role sha256:bb 22") == chain)
    // As a checkout on Windows has it, and with an accent where nobody expects one.
    #expect(try read(chain.text.replacing("\n", with: "\r\n")) == chain)
    let odd = try read("3 x \u{64C} 33\n")
    let again = try read(odd.text)
    #expect(odd.links.isEmpty || again == odd)
    #expect(try read("") == Chain())
  }

  @Test(arguments: ["<<<<<<< HEAD", "=======", ">>>>>>> topic", "<<<<<<<"])
  func `A merge conflict is called one`(marker: String) throws {
    #expect(
      try complaints { try read("0001 initial sha256:aa 11\n\(marker)\n0002 a sha256:bb 22\n") } == [
        "migrations/chain:2:1: the chain holds an unresolved merge conflict (two branches added the same version: "
          + "run \"vault-migrations rebase\", then git add and commit)"
      ]
    )
  }

  @Test(arguments: [
    "-0003 initial sha256:aa 11", "9223372036854775807 initial sha256:aa 11", "x initial sha256:aa 11",
    "0001 initial sha256:aa", "0001 initial sha256:aa 11 more", "hello",
  ])
  func `A line that is none is refused where it stands`(line: String) throws {
    #expect(
      try complaints { try read("0001 initial sha256:aa 11\n\n\(line)\n") } == [
        "migrations/chain:3:1: a line of the chain does not hold number, name, checksum and schema "
          + "(the chain is written by generate; restore it with git)"
      ]
    )
  }
}

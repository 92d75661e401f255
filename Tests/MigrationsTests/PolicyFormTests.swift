import Migrations
import TestSupport
import Testing
import Values

/// The forms of an ACL policy, and the HCL that they become.
@Suite struct PolicyFormTests {
  private func policy(_ body: String) throws -> String? {
    try schema("sys/policies/acl/p:\n  " + body.split(separator: "\n").joined(separator: "\n  "))
      .values["sys/policies/acl/p"]?["policy"]?.string
  }

  @Test func `HCL text stays as it was written, to the last space`() throws {
    #expect(
      try policy("policy: |\n  # mine\n  path  \"a/*\"   { capabilities=[\"read\"] }\n")
        == "# mine\npath  \"a/*\"   { capabilities=[\"read\"] }\n"
    )
  }

  @Test func `Rules are written with capabilities first, then by name`() throws {
    let text = try policy(
      """
      policies:
        - path: {"secret/data/app/*": {min_wrapping_ttl: 1h, capabilities: [read, list], required_parameters: [a, b]}}
        - path: {"b": {capabilities: [deny]}, "a": {capabilities: []}}
      """
    )
    #expect(
      text == """
        path "secret/data/app/*" {
          capabilities = ["read", "list"]
          min_wrapping_ttl = "1h"
          required_parameters = ["a", "b"]
        }

        path "b" {
          capabilities = ["deny"]
        }

        path "a" {
          capabilities = []
        }

        """
    )
  }

  @Test func `Parameters nest, with every key in quotes`() throws {
    let text = try policy(
      """
      policies:
        - path:
            "auth/*":
              capabilities: [update]
              allowed_parameters: {"*": [], "ttl": [1h, 30], deep: {a: true}}
      """
    )
    #expect(
      text == """
        path "auth/*" {
          capabilities = ["update"]
          allowed_parameters = {
            "*" = []
            "deep" = {
              "a" = true
            }
            "ttl" = ["1h", 30]
          }
        }

        """
    )
  }

  @Test func `Quotes, backslashes and line breaks are escaped`() throws {
    let text = try policy(
      #"""
      policies:
        - path: {"a\"b\\c": {capabilities: [read], denied_parameters: {"k\"": ["x\ny\tz", "\\d+"]}}}
      """#
    )
    #expect(
      text == #"""
        path "a\"b\\c" {
          capabilities = ["read"]
          denied_parameters = {
            "k\"" = ["x\ny\tz", "\\d+"]
          }
        }

        """#
    )
  }

  @Test func `A list may mix maps and HCL`() throws {
    let text = try policy(
      """
      policies:
        - 'path "x" { capabilities = ["read"] }   '
        - path: {y: {capabilities: [list]}}
        - "\\n  path \\"z\\" {}\\n\\n"
      """
    )
    #expect(
      text == """
        path "x" { capabilities = ["read"] }

        path "y" {
          capabilities = ["list"]
        }

        path "z" {}

        """
    )
  }

  @Test func `References reach the policy's text`() throws {
    #expect(
      try policy("policies: [{path: {\"secret/${TEAM}/*\": {capabilities: [read]}}}]")?.contains(
        "secret/${TEAM}/*"
      ) == true
    )
  }

  @Test func `The same rules give the same bytes, whatever the order of their fields`() throws {
    let one = try policy("policies: [{path: {a: {capabilities: [read], x: 1, y: {p: 1, q: 2}}}}]")
    let other = try policy("policies: [{path: {a: {y: {q: 2, p: 1}, x: 1, capabilities: [read]}}}]")
    #expect(one == other)
  }

  @Test(arguments: [
    ("{}", "2:23: sys/policies/acl/p has neither policy (HCL text) nor policies (a list of rules)"),
    ("{policy: 5}", "2:23: sys/policies/acl/p has neither policy (HCL text) nor policies (a list of rules)"),
    (
      "{policy: x, policies: [z]}",
      "2:35: sys/policies/acl/p has both policy and policies (keep one of the two)"
    ),
    ("{policies: {a: b}}", "2:34: policies of sys/policies/acl/p must be a list, not a map"),
    (
      "{policies: []}",
      "2:34: sys/policies/acl/p is an empty policy, which servers refuse (write at least a comment: policy: \"# nothing\")"
    ),
    (
      "{policy: \" \"}",
      "2:23: sys/policies/acl/p is an empty policy, which servers refuse (write at least a comment: policy: \"# nothing\")"
    ),
    ("{policies: [5]}", "2:35: a rule of sys/policies/acl/p must be a map, not a number"),
    (
      "{policies: [{}]}",
      "2:35: a rule of sys/policies/acl/p has no path (- path: {\"secret/data/app/*\": {capabilities: [read]}})"
    ),
    (
      "{policies: [{path: {a: [read]}}]}",
      "2:46: the rule for a in sys/policies/acl/p must be a map (for example {capabilities: [read, list]})"
    ),
    ("{policies: [{path: a/*}]}", "2:42: path of a rule of sys/policies/acl/p must be a map, not a string"),
    (
      "{policies: [{path: {a: {}}, capabilities: [read]}]}",
      "2:51: a rule of sys/policies/acl/p has an unknown key \"capabilities\" (known keys: path)"
    ),
  ])
  func `A rule that makes no sense is refused where it stands`(body: String, expected: String) throws {
    let found = try complaints(about: "sys/policies/acl/p: \(body)")
    #expect(found == ["schema.yaml:\(expected)"])
  }
}

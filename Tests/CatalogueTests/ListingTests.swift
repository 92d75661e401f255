import Testing
import Values

@testable import Catalogue

/// Where the objects of each family are found, and which paths a pattern stands for.
@Suite struct ListingTests {
  /// A family that nobody can find would be missing from every import, without a word.
  @Test func `every family says where its objects are listed`() {
    for (section, families) in Catalogue.builtIn.families {
      for (template, endpoint) in families.all where endpoint.kind != .action {
        let isSingle = !template.text.contains("{")
        #expect(isSingle || endpoint.listing != nil || endpoint.isUnlisted, "\(section) \(template.text)")
      }
    }
  }

  @Test func `an object's path has its name`() throws {
    let families = Catalogue.builtIn.listedFamilies(prefix: "transit/", type: "transit")
    let config = try #require(families.first { $0.template == "keys/{name}/config" })
    #expect(config.path(of: "web") == "keys/web/config")
    #expect(config.literalPrefix == "keys/")
    #expect(!families.contains { $0.template == "keys/{name}/rotate" })
  }

  @Test func `a token role and an LDAP method have listed families by their types`() {
    #expect(Catalogue.builtIn.knowsContent(prefix: "auth/oidc/", type: "oidc"))
    #expect(!Catalogue.builtIn.knowsContent(prefix: "aws/", type: "aws"))
    #expect(
      Catalogue.builtIn.listedFamilies(prefix: "auth/token/", type: "token").map(\.template) == [
        "roles/{role_name}"
      ]
    )
    #expect(Catalogue.builtIn.hiddenFamilies(prefix: "rabbitmq/", type: "rabbitmq") == ["config/connection"])
  }

  @Test(arguments: [
    ("auth/approle/role/*", "auth/approle/role/web", true), ("auth/approle/role/*", "auth/approle", false),
    ("auth/*/role/web", "auth/approle/role/web", true), ("auth/*/web", "auth/approle/role/web", false),
    ("auth/**/web", "auth/approle/role/web", true), ("*", "pki/", true), ("**", "@team/pki/", true),
    ("pki/", "pki/", true), ("pki/", "pki/roles/web", false), ("web-*-x", "web-a-x", true),
    ("sys/policies/acl/web", "sys/policies/acl/web2", false), ("auth/approle/**", "auth/approle", true),
  ])
  func `a pattern stands for paths`(pattern: String, path: String, matches: Bool) {
    let path = path.hasPrefix("@team/") ? VaultPath(String(path.dropFirst(6)), in: "team") : VaultPath(path)
    #expect(PathGlob(pattern).matches(path) == matches)
  }

  @Test func `only places that a pattern can lead to are looked at`() {
    let glob = PathGlob("auth/approle/role/web-*")
    #expect(glob.mayMatch(below: VaultPath("auth/approle/role/")))
    #expect(glob.mayMatch(below: VaultPath("auth/")))
    #expect(!glob.mayMatch(below: VaultPath("auth/userpass/")))
    #expect(!glob.mayMatch(below: VaultPath("auth/approle/", in: "team")))
  }
}

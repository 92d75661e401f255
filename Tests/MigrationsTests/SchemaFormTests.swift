import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// The forms that an entry may be written in, and what each stands for.
@Suite struct SchemaFormTests {
  @Test func `A mount has a type, and may have everything else`() throws {
    let schema = try schema(
      """
      pki/:
        type: pki
      secret/:
        type: kv
        description: For applications
        local: true
        seal_wrap: false
        config: {max_lease_ttl: 87600h}
        tune: {listing_visibility: unauth}
        options: {version: 2}
      """
    )
    #expect(
      schema.values == [
        "pki/": ["type": "pki"],
        "secret/": [
          "type": "kv", "description": "For applications", "local": true, "seal_wrap": false,
          "config": ["max_lease_ttl": "87600h", "listing_visibility": "unauth"], "options": ["version": 2],
        ],
      ]
    )
  }

  @Test(arguments: [
    ("auth/approle", "auth/approle"), ("auth/approle/", "auth/approle"),
    ("auth/team/oidc/", "auth/team/oidc/"),
  ])
  func `An auth method may end in a slash, one mounted deeper must`(path: String, normal: String) throws {
    #expect(try schema("\(path): {type: oidc}").values == [normal: ["type": "oidc"]])
  }

  @Test func `Any other path holds its fields as they are`() throws {
    let schema = try schema(
      """
      auth/approle: {type: approle}
      auth/approle/role/web: {token_policies: [web, "${TEAM}"], token_ttl: 30m, token_num_uses: 0}
      sys/config/cors: {enabled: false, nested: {a: [1, {b: 1.50}]}}
      identity/group/name/empty: {}
      identity/group/name/nothing:
      """
    )
    #expect(
      schema.values["auth/approle/role/web"] == [
        "token_policies": ["web", "${TEAM}"], "token_ttl": "30m", "token_num_uses": 0,
      ]
    )
    #expect(
      schema.values["sys/config/cors"] == [
        "enabled": false, "nested": ["a": [1, ["b": .number(Number(text: "1.50"))]]],
      ]
    )
    #expect(schema.values["identity/group/name/empty"] == [:])
    #expect(schema.values["identity/group/name/nothing"] == [:])
    #expect(schema.actions.isEmpty)
  }

  @Test func `KV data keeps data and options apart from each other`() throws {
    let schema = try schema(
      """
      secret/: {type: kv-v2}
      secret/data/app/config:
        data: {api_key: "${API_KEY}", environment: production}
        options: {cas: 0}
      """
    )
    #expect(
      schema.values["secret/data/app/config"]
        == ["data": ["api_key": "${API_KEY}", "environment": "production"], "options": ["cas": 0]]
    )
  }

  @Test func `What is done once is told from what is kept, with a name or without`() throws {
    let schema = try schema(
      """
      pki/: {type: pki}
      pki/root/generate/internal: {common_name: Example Root CA}
      pki/root/generate/internal#2027: {common_name: Example Root CA 2027}
      pki/config/urls: {issuing_certificates: [http://x]}
      """
    )
    #expect(
      Set(schema.actions.keys.map(\.path)) == [
        "pki/root/generate/internal", "pki/root/generate/internal#2027",
      ]
    )
    #expect(Set(schema.resources.keys.map(\.path)) == ["pki/", "pki/config/urls"])
  }

  @Test func `A mount under any name gives its content a meaning, wherever it is declared`() throws {
    let schema = try readSchema([
      ("a.yaml", "desired_state: {internal-ca/root/generate/internal: {common_name: x}}"),
      ("b.yaml", "desired_state: {internal-ca/: {type: pki}}"),
    ])
    #expect(schema.actions.keys.map(\.path) == ["internal-ca/root/generate/internal"])
  }

  @Test func `An entry may be limited to environments`() throws {
    let schema = try schema(
      """
      a/: {type: kv-v2}
      b/: {type: kv-v2, environments: [prod]}
      b/x: {v: 1, environments: [prod, staging]}
      """
    )
    #expect(schema.resources[VaultPath("b/x")]?.value == ["v": 1], "environments is no field")
    func paths(_ environment: String) -> Set<String> {
      Set(schema.content(in: environment).resources.keys.map(\.path))
    }
    #expect(paths("prod") == ["a/", "b/", "b/x"])
    #expect(paths("staging") == ["a/", "b/x"])
    #expect(paths("dev") == ["a/"])
    #expect(paths("") == ["a/"], "an environment that nobody named yet")
  }

  @Test func `Namespaces nest, and each is an entry of its parent`() throws {
    let schema = try readSchema([
      (
        "schema.yaml",
        """
        desired_state: {a/: {type: kv-v2}}
        namespaces:
          team:
            desired_state: {a/: {type: pki}, auth/x/: {type: approle}}
            namespaces:
              sub:
                desired_state: {a/: {type: transit}}
          empty:
        """
      )
    ])
    #expect(
      schema.values == [
        "a/": ["type": "kv-v2"], "sys/namespaces/team": [:], "sys/namespaces/empty": [:],
        "@team/a/": ["type": "pki"],
        "@team/auth/x": ["type": "approle"], "@team/sys/namespaces/sub": [:],
        "@team/sub/a/": ["type": "transit"],
      ]
    )
  }

  @Test func `A folder's files may add to one namespace, which may also be declared itself`() throws {
    let schema = try readSchema([
      ("schema/a.yaml", "namespaces: {team: {desired_state: {a/: {type: kv-v2}}}}"),
      ("schema/b.yaml", "namespaces: {team: {desired_state: {b/: {type: kv-v2}}}}"),
      ("schema/c.yaml", "desired_state: {sys/namespaces/team: {custom_metadata: {owner: ada}}}"),
    ])
    #expect(
      schema.values == [
        "sys/namespaces/team": ["custom_metadata": ["owner": "ada"]], "@team/a/": ["type": "kv-v2"],
        "@team/b/": ["type": "kv-v2"],
      ]
    )
  }

  @Test func `A folder is read whole, at any depth, and files that are not YAML are left alone`() throws {
    var workspace = Workspace()
    workspace.remove("schema.yaml")
    workspace["config.yaml"] += "schema: schema\n"
    workspace["schema/b.yaml"] = "desired_state: {b/: {type: kv-v2}}"
    workspace["schema/teams/a.yml"] = "desired_state: {a/: {type: kv-v2}}"
    workspace["schema/README.md"] = "- not: [a schema"
    let project = try workspace.project()
    #expect(Set(project.schema.values.keys) == ["a/", "b/"])
    #expect(project.schemaFiles.map(\.name) == ["b.yaml", "teams/a.yml"])
  }

  @Test(arguments: [
    "", "# nothing yet\n", "desired_state:\n", "desired_state: {}\n", "namespaces:\n", "---\n",
  ])
  func `An empty schema asks for nothing`(text: String) throws {
    #expect(try readSchema([("schema.yaml", text)]).values.isEmpty)
  }
}

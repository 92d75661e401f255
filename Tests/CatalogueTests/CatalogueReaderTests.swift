import Testing
import Values

@testable import Catalogue

@Suite struct CatalogueReaderTests {
  private func message(_ yaml: String) -> String? {
    do {
      _ = try Catalogue(parsing: Array(yaml.utf8), file: "test.yaml")
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `an entry may say nothing`() {
    #expect(message("secrets: {weather: {\"stations/{name}\": {}}}") == nil)
  }

  @Test(arguments: [
    ("secrets: {pki: {roles: {ordre: 1}}}", "secrets/pki roles: the key ordre is unknown"),
    ("secretz: {}", "catalogue: the key secretz is unknown"),
    ("sys: {a: {order: first}}", "sys a: order needs a whole number, and has a string"),
    ("sys: {a: {write: both}}", "sys a: write is both, and may be merge or replace"),
    ("sys: {a: {action: 1}}", "sys a: action needs true or false, and has a number"),
    ("sys: {a: {secret: key}}", "sys a: secret needs a list of names, and has a string"),
    ("sys: {a: {like: [b]}}", "sys a: no shared entry is called b"),
    ("sys: {a: {immutable: {b: never}}}", "sys a: immutable: never is neither refused nor ignored"),
    ("sys: {a: {probe: {look: b}}}", "sys a / probe: needs list or read"),
    ("sys: {a: {probe: {list: b, field: c}}}", "sys a / probe: the key field is unknown"),
    ("sys: {a: {read: {of: b}}}", "sys a / read: needs member and of"),
    ("sys: [a]", "sys: needs a map of paths"),
    ("mount: 1", "mount: needs a map, and has a number"),
  ])
  func `what is wrong is named`(yaml: String, expected: String) {
    #expect(message(yaml) == expected)
  }

  @Test func `text that is not YAML is refused`() {
    #expect(message("sys: {")?.hasPrefix("test.yaml: not YAML") == true)
  }

  @Test func `shared entries come first, and an entry adds its own`() throws {
    let yaml = """
      shared: {base: {write: merge, reset: {a: 0, b: 0}, secret: [x]}}
      sys: {thing: {like: [base], reset: {b: 1}, secret: [y]}}
      """
    let catalogue = try Catalogue(parsing: Array(yaml.utf8), file: "test.yaml")
    let endpoint = catalogue.endpoint(for: VaultPath("sys/thing"), mounts: MountTable())
    #expect(endpoint.isMerge == true)
    #expect(endpoint.resetValues == ["a": 0, "b": 1])
    #expect(endpoint.isSecret(field: "x") && endpoint.isSecret(field: "y"))
  }
}

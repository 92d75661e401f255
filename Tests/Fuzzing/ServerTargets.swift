@testable import Catalogue
@testable import HTTP
@testable import Migrations
import Values
@testable import VaultClient

/// What comes from the network under the name of a server.
let serverTargets = [
  Target("answer", bytes: answerSeeds.map(numbered), words: jsonWords + answerWords, answer),
  Target("compare", bytes: compareSeeds.map(numbered), words: jsonWords + answerWords, compare),
  Target("specification", seeds: specificationSeeds, words: jsonWords + specificationWords, specification),
]

/// Seeds begin with a number that chooses among statuses or endpoints.
private func numbered(_ seed: (UInt8, String)) -> [UInt8] { [seed.0] + Array(seed.1.utf8) }

let answerSeeds: [(UInt8, String)] = [
  (0, #"{"data":{"keys":["a"],"metadata":{"version":3},"data":{"x":1}},"warnings":["w"],"request_id":"r"}"#),
  (
    0,
    #"{"auth":{"client_token":"s.x","accessor":"a","policies":["p"],"lease_duration":60,"renewable":true}}"#
  ),
  (0, #"{"wrap_info":{"token":"s.y","accessor":"a","ttl":60,"creation_path":"p"}}"#),
  (0, #"{"initialized":true,"sealed":false,"version":"2.7.0","server_time_utc":1790000000}"#),
  (5, #"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#), (6, #"{"errors":[]}"#), (9, "<html>"),
  (4, #"{"errors":["check-and-set parameter did not match the current version"]}"#), (1, ""),
]
let answerWords = [
  "\"data\":", "\"errors\":", "\"auth\":", "\"client_token\":", "\"wrap_info\":", "\"keys\":",
  "\"metadata\":",
  "\"version\":", "\"config\":", "\"options\":", "\"type\":", "\"1h\"", "permission denied", "sealed", "3600",
]
private let statuses = [200, 204, 301, 302, 400, 403, 404, 405, 412, 429, 472, 473, 500, 503]

private func answer(_ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let status = statuses[Int(choice) % statuses.count]
  let path = choice > 127 ? Health.path : "secret/data/x"
  let response = HTTPResponse(
    status: status,
    headers: HTTPHeaders(),
    body: Array(bytes.dropFirst()),
    duration: .zero,
    tries: 1,
    version: "1.1"
  )
  var masks = Masks()
  masks.add(Secret("canary"))
  let reading = AnswerReading(request: VaultRequest(.read, VaultPath(path)), masks: masks, hasToken: true)
  switch reading.result(response) {
  case .success(let response):
    _ = (response.keys, response.warnings, response.data)
    if let token = response.auth?.clientToken { expectHidden(token, in: response.raw) }
    if let token = response.wrapInfo?.token { expectHidden(token, in: response.raw) }
  case .failure(let error):
    expect(
      !error.description.isEmpty && !error.description.contains("canary"),
      "a refusal is told without secrets"
    )
  }
  var index = ReadIndex()
  index.saw(bytes.text)
  index.saw("eyJ2YWx1ZSI6IjEifQ==")
}

private func expectHidden(_ token: Secret, in raw: Value) {
  expect(
    raw["auth"]?["client_token"]?.string == nil && raw["wrap_info"]?["token"]?.string == nil,
    "a token is shown"
  )
}

// MARK: - Written, read, recorded

private let comparePaths = [
  "auth/approle/role/x", "pki/", "auth/approle", "sys/policies/acl/x", "secret/data/x", "database/config/x",
  "database/roles/x", "pki/roles/x", "identity/entity/name/x", "identity/group/name/x", "transit/keys/x",
  "auth/jwt/role/x", "auth/jwt/config", "auth/userpass/users/x", "ssh/roles/x", "pki/config/urls",
  "sys/quotas/rate-limit/x",
  "identity/oidc/client/x", "identity/mfa/method/totp/x", "unknown/thing/x", "auth/ldap/config",
  "aws/roles/x",
  "auth/kubernetes/role/x", "totp/keys/x", "rabbitmq/roles/x", "sys/audit/x", "auth/token/roles/x",
]
let compareSeeds: [(UInt8, String)] = [
  (
    0,
    #"{"token_ttl":"1h","token_policies":["a"]}"# + "\u{0}"
      + #"{"token_ttl":3600,"token_policies":["a"],"role_id":"x"}"#
  ),
  (
    1,
    #"{"type":"pki","config":{"max_lease_ttl":"1h"}}"# + "\u{0}"
      + #"{"type":"pki","config":{"max_lease_ttl":3600},"options":null}"#
  ),
  (
    5,
    #"{"connection_url":"postgres://{{username}}:p@h","username":"u"}"# + "\u{0}"
      + #"{"connection_details":{"connection_url":"postgres://u:xxxxx@h"},"allowed_roles":["*"]}"#
  ),
  (3, #"{"policy":"path \"a\" {}"}"# + "\u{0}" + #"{"policy":"path \"a\" {}\n","name":"x"}"#),
  (19, #"{"a":{"b":[1,"2",true]}}"# + "\u{0}" + #"{"a":{"b":["1",2,"true"]}}"#),
]

/// What was declared and what a server answers, as JSON, cut at a zero byte, for one of many endpoints.
private func compare(_ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let path = VaultPath(comparePaths[Int(choice) % comparePaths.count])
  let parts = Array(bytes.dropFirst()).parts(2)
  guard let declared = (try? JSON.parse(parts[0]))?.object, let live = (try? JSON.parse(parts[1]))?.object
  else { return }
  let catalogue = Catalogue.builtIn
  let endpoint = catalogue.endpoint(for: path, mounts: MountTable())
  _ = Comparison(declared: declared, live: live, endpoint: endpoint)
  let known = FieldTable.builtIn.fields(of: endpoint)
  _ = endpoint.writtenForm(of: live, known: known)
  for (name, value) in declared { _ = known?.types[name]?.accepts(value) { $0.contains("${") } }
  let prints = Fingerprints(key: Array("key".utf8))
  let recorded = prints.replacingSecrets(in: .object(live), at: path, endpoint)
  let drift = prints.drift(from: recorded, to: .object(live), at: path, endpoint)
  expect(drift.isEmpty, "an answer differs from its own record: \(drift)")
  _ = prints.drift(from: .object(declared), to: .object(live), at: path, endpoint)
  _ = MountTable.type(from: .object(live))
}

// MARK: - The server's own description

let specificationSeeds = [
  ##"{"paths":{"/auth/approle/role/{role_name}":{"parameters":[{"name":"role_name"}],"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/R"}}}}}},"/sys/mounts/{path}":{"post":{}}},"components":{"schemas":{"R":{"properties":{"a":{"type":"integer","format":"seconds"},"b":{"type":"array","items":{"type":"string"}},"c":{"type":"string","enum":["x","y"]},"d":{"type":"object","format":"kvpairs"}}}}}}"##
]
let specificationWords = [
  "\"paths\":", "\"post\":", "\"requestBody\":", "\"content\":", "\"application/json\":", "\"schema\":",
  "\"$ref\":",
  "\"properties\":", "\"type\":", "\"format\":", "\"enum\":", "\"items\":", "\"parameters\":", "\"name\":",
  "{path}", "seconds",
  "kvpairs", "map", "/auth/approle/", "/sys/", "/identity/", "boolean", "array", "object", "integer",
]

private func specification(_ bytes: [UInt8]) {
  guard let document = try? JSON.parse(bytes) else { return }
  var mounts = MountTable()
  mounts.insert(path: VaultPath("auth/approle"), type: "approle")
  mounts.insert(path: VaultPath("kv/"), type: "kv-v2")
  let found = Specification(document, mounts: mounts, catalogue: .builtIn).distilled
  guard let found else { return }
  do throws(CatalogueError) {
    var table = try FieldTable.builtIn.with(server: found)
    table = try table.with(server: found)
    for path in comparePaths.prefix(4) {
      _ = table.fields(of: Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: mounts))
    }
  } catch {
    fatalError("what was distilled cannot be read: \(error)")
  }
}

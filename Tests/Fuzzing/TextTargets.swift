@testable import Catalogue
@testable import Configuration
@testable import HTTP
import Values
@testable import VaultClient
import YAML

/// Small texts: JSON, templates, durations, patterns, addresses, dates.
let textTargets = [
  Target("json", seeds: jsonSeeds, words: jsonWords, json),
  Target("template", seeds: templateSeeds, words: templateWords, template),
  Target("resolver", seeds: resolverSeeds, words: templateWords, resolver),
  Target(
    "words",
    seeds: wordSeeds,
    words: ["1h", "**", "https://", "unix://", "GMT", "[::1]", "ms", "%"],
    words
  ),
]

let jsonSeeds = [
  #"{"a":[1,-2.5e+10,true,false,null,"x\"\\\n\u00e9\ud83d\ude00"],"b":{"":{}}}"#,
  #"{"request_id":"x","data":{"keys":["a","b"]},"errors":["permission denied"],"warnings":null}"#, "[]", "0",
]
let jsonWords = ["true", "false", "null", "\\u", "\\ud83d", "1e9", "-0", "{}", "[]", "\":", "\",\""]

private func json(_ bytes: [UInt8]) {
  do throws(JSONError) {
    let value = try JSON.parse(bytes)
    for text in [JSON.bytesExposingSecrets(value), Array(JSON.text(value, pretty: true).utf8)] {
      expect((try? JSON.parse(text)) == value, "what is read can be written and read again")
    }
    expect(JSON.bytesExposingSecrets(value) == Array(JSON.text(value).utf8), "nothing in it is a secret")
  } catch {
    expect((0...bytes.count).contains(error.offset) && !error.message.isEmpty, "a failure has a place")
  }
}

let templateSeeds = [
  "a ${B} $${C} ${D:-e} ${file:f} ${id:g/h} ${accessor:auth/x} ${saved:n} ${vault:secret/data/x#f} {{identity}}",
  "${A:-${B}}", "$${", "${", "$$${A}",
]
let templateWords = [
  "${", "$${", ":-", "file:", "id:", "accessor:", "saved:", "vault:", "}", "${A}", "${B}", "{{", "}}",
]

private func template(_ bytes: [UInt8]) {
  let text = bytes.text
  do throws(Template.SyntaxError) {
    let written = try Template(text).segments.map { segment in
      switch segment {
      case .literal(let literal): literal.replacing("${", with: "$${")
      case .reference(.variable(let name, let fallback)): "${\(name)\(fallback.map { ":-" + $0 } ?? "")}"
      case .reference(.file(let path)): "${file:\(path)}"
      case .reference(.given(let given)): given.description
      }
    }
    expect(Array(written.joined().utf8) == Array(text.utf8), "nothing of a template is lost")
  } catch {
    expect(!error.message.isEmpty && !error.hint.isEmpty, "it is explained")
  }
  _ = Value.string(text).givenReferences
}

let resolverSeeds = [
  "url: ${A}/x\u{0}A: \"${B:-b}\"\nB: [1, {c: \"${SECRET}\"}]\nC: ${A}",
  "${A}\u{0}A: \"${B}${B}\"\nB: \"${C}${C}\"\nC: x",
]

/// What is resolved, and, behind a zero byte, the variables, as YAML.
private func resolver(_ bytes: [UInt8]) {
  let parts = bytes.parts(2)
  let quiet = Diagnostics(.configurationInvalid)
  let value = quiet.parse(parts[0], file: "value")?.value ?? .null
  var settings = Settings(file: "config.yaml", project: "p")
  settings.variables = quiet.parse(parts[1], file: "variables")?.value.object ?? [:]
  settings.plain = ["PLAIN"]
  let resolver = Resolver(
    settings: settings,
    environment: Environment(name: "e"),
    processVariables: ["SECRET": "hidden-in-a-variable", "PLAIN": "plain", "EMPTY": ""]
  ) { _ in Array("hidden-in-a-file\n".utf8) }
  let isSensitive = resolver.isSensitive(value)
  do throws(Problem) {
    let resolved = try resolver.resolve(value)
    expect(isSensitive || !resolved.holdsSecret, "what is not sensitive holds no secret")
    expect(!JSON.text(resolved).contains("hidden-in-a-"), "a secret is shown")
  } catch {
    expect(!error.message.isEmpty && !error.message.contains("hidden-in-a-"), "it is explained")
  }
}

let wordSeeds = [
  "1h30m", "1.5h", "7d", "9223372036854775807ns", "https://vault.example.com:8200/x", "unix:///run/v.sock",
  "https://[::1]:8200", "Mon, 23 Nov 2026 14:47:01 GMT", "auth/*/role/web-**\u{0}auth/a/role/web-1/x",
  "**a*b**c\u{0}xaxbxc", "sys/policies/acl/x", "@team/pki/",
]

/// One text to everything that takes a word, and a second one where two are compared.
private func words(_ bytes: [UInt8]) {
  let parts = bytes.parts(2).map(\.text)
  let (text, other) = (parts[0], parts[1])
  if let seconds = Duration.seconds(from: text) {
    expect(seconds >= 0, "a duration is not negative")
    expect(
      Duration.seconds(from: Duration.spelled(seconds: seconds)) == seconds,
      "a duration is spelled as read"
    )
  }
  if let seconds = MapReader.seconds(from: text) { expect(seconds >= 0, "a duration is not negative") }
  _ = PathGlob(text).matches(other)
  _ = PathGlob(text).matches(VaultPath(other))
  if !text.contains("*") { expect(PathGlob(text).matches(text), "a pattern without stars matches itself") }
  if let address = try? VaultAddress(text), address.socket == nil {
    let authority = address.description.split(separator: "/").dropFirst().first ?? ""
    expect(!authority.contains("@"), "no user name is taken")
  }
  if let url = ParsedURL(text) {
    expect(ParsedURL(url.text) != nil, "a URL that was read can be read again")
    _ = url.origin.isLoopback
  }
  _ = ParsedURL(text, relativeTo: "https://vault.example.com:8200/v1/x")
  _ = HTTPDate.seconds(text)
  _ = Suggestion.nearest(to: String(text.prefix(64)), among: [String(other.prefix(64)), "environments"])
  for declared in [Value.string(text), .number(Number(1))] {
    _ = Comparison.agrees(
      declared: declared,
      live: .string(other),
      field: "ttl",
      endpoint: Catalogue.builtIn.endpoint(for: VaultPath("auth/approle/role/x"), mounts: MountTable())
    )
  }
}

package import Catalogue
package import Configuration
package import Values
import YAML

/// What tokens with some policies can and cannot do at a path, as the files below `tests/` say it.
package struct PolicyExpectation: Sendable {
  package let policies: [String]
  package let path: VaultPath
  package let can: [String]
  package let cannot: [String]
  /// What the server fills into `{{…}}` of rules, by what stands there.
  package let templates: [String: String]
  package let location: SourceLocation

  /// What became of one.
  package struct Outcome: Sendable {
    package let expectation: PolicyExpectation
    /// In the words of `sys/capabilities`.
    package let capabilities: Set<String>
    /// What is otherwise than expected.
    package let failures: [Problem]
  }

  /// Reads expectations: each file is a list of them.
  ///
  /// - Throws: ``Problems`` with everything that is wrong.
  package static func read(_ files: [ProjectFile]) throws(Problems) -> [PolicyExpectation] {
    let diagnostics = Diagnostics(.schemaInvalid)
    var found: [PolicyExpectation] = []
    for file in files {
      guard let document = diagnostics.parse(file.bytes, file: file.path) else { continue }
      guard case .sequence(let elements) = document.content else {
        if document.value != .null {
          diagnostics.error(
            "expectations are a list, not \(document.value.kind)",
            at: document.location,
            hint: "- {policies: [web], path: secret/data/web, can: [read], cannot: [update]}"
          )
        }
        continue
      }
      found += elements.compactMap { read($0, diagnostics) }
    }
    _ = try diagnostics.finish()
    return found
  }

  private static func read(_ node: Node, _ diagnostics: Diagnostics) -> PolicyExpectation? {
    guard var map = MapReader(node, "an expectation", diagnostics) else { return nil }
    defer { map.finish() }
    let policies = map.strings("policies") ?? []
    let path = map.string("path")
    let namespace = map.string("namespace") ?? ""
    let can = map.strings("can") ?? []
    let cannot = map.strings("cannot") ?? []
    let templates = (map.value("templates")?.object ?? [:]).compactMapValues(\.string)
    guard let path, !policies.isEmpty, !(can + cannot).isEmpty else {
      diagnostics.error(
        "an expectation names policies, a path, and what they can or cannot do",
        at: node.location,
        hint: "- {policies: [web], path: secret/data/web, can: [read], cannot: [update]}"
      )
      return nil
    }
    for name in can + cannot where !PolicyText.capabilities.contains(name) || name == "deny" {
      diagnostics.error(
        "\"\(name)\" is nothing that one can do",
        at: node.location,
        hint: Suggestion.hint(for: name, among: PolicyText.capabilities.subtracting(["deny"]).sorted())
      )
    }
    return PolicyExpectation(
      policies: policies,
      path: VaultPath(path, in: namespace),
      can: can,
      cannot: cannot,
      templates: templates,
      location: node.location
    )
  }

  /// Judges by the policies that are declared for an environment, with what references stand for.
  package func judge(_ declared: [VaultPath: Value], _ resolver: Resolver) -> Outcome {
    var rules: [PolicyText.Rule] = []
    var failures: [Problem] = []
    for name in policies {
      let place = VaultPath("sys/policies/acl/\(name.lowercased())", in: path.namespace)
      let found = declared.first {
        $0.key.namespace == place.namespace && $0.key.path.lowercased() == place.path
      }
      guard let value = found?.value else {
        failures.append(
          problem("the schema does not declare the policy \(place)", "declare it, or mend its name")
        )
        continue
      }
      do throws(Problem) {
        let resolved = try resolver.resolve(value, path: place.description, lookUp: Resolver.placeholder)
        let text = resolved["policy"].map(Self.text) ?? ""
        rules += try Self.rules(of: text, place)
      } catch {
        failures.append(problem(error.message, error.hint ?? "mend the policy"))
      }
    }
    let judge = PolicyRules(rules.map(filled).filter { !$0.path.contains("{{") })
    if failures.isEmpty {
      failures += can.filter { !judge.allows($0, on: path.path) }.map { mismatch("cannot \($0)", judge) }
      failures += cannot.filter { judge.allows($0, on: path.path) }.map { mismatch("can \($0)", judge) }
    }
    return Outcome(
      expectation: self,
      capabilities: judge.capabilities(on: path.path),
      failures: failures
    )
  }

  private static func rules(of text: String, _ place: VaultPath) throws(Problem) -> [PolicyText.Rule] {
    do throws(PolicyTextError) {
      return try PolicyText(text).rules
    } catch {
      throw Problem(
        .schemaInvalid,
        "the policy \(place) cannot be read: \(error.message) (line \(error.place))"
      )
    }
  }

  /// Rules are judged, and never shown.
  private static func text(_ value: Value) -> String {
    if case .secret(let secret) = value { return secret.exposed { $0 } }
    return value.string ?? ""
  }

  private func filled(_ rule: PolicyText.Rule) -> PolicyText.Rule {
    var path = rule.path
    for (name, value) in templates { path = path.replacing("{{\(name)}}", with: value) }
    return PolicyText.Rule(
      path: path,
      capabilities: rule.capabilities,
      place: rule.place,
      hasConditions: rule.hasConditions,
      expiration: rule.expiration
    )
  }

  private func mismatch(_ what: String, _ judge: PolicyRules) -> Problem {
    let granted = judge.capabilities(on: path.path).sorted().joined(separator: ", ")
    return problem(
      "\(policies.joined(separator: " with ")) \(what) \(path), against what is expected",
      "the rule that decides says: \(granted)"
    )
  }

  private func problem(_ message: String, _ hint: String) -> Problem {
    Problem(.schemaInvalid, message, at: location, path: path.description, hint: hint)
  }
}

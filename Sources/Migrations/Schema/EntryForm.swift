import Catalogue
import Configuration
import Values
import YAML

/// Turns the forms that people write entries in into the one form that tasks carry.
struct EntryForm {
  let path: VaultPath
  let diagnostics: Diagnostics

  /// Any other path: its fields as they are.
  func plain(_ node: Node) -> Value? {
    check(node)
    return node.value
  }

  /// A mount or auth method: `type`, `description`, `config` (also written `tune`), `options` and the switches that
  /// only count at creation.
  func mount(_ node: Node) -> Value? {
    guard var map = MapReader(node, path.description, diagnostics) else { return nil }
    map.know([
      "type", "description", "local", "seal_wrap", "external_entropy_access", "plugin_version", "config",
      "tune",
      "options",
    ])
    defer { map.finish() }
    guard let type = map.string("type") else {
      diagnostics.error(
        "\(path) has no type",
        at: node.location,
        path: path.description,
        hint: path.isMount ? "for example \"type: kv-v2\"" : "for example \"type: approle\""
      )
      return nil
    }
    check(node)
    var members: [String: Value] = ["type": .string(type)]
    if let description = map.string("description") { members["description"] = .string(description) }
    for flag in ["local", "seal_wrap", "external_entropy_access"] {
      if let value = map.bool(flag) { members[flag] = .bool(value) }
    }
    if let version = map.string("plugin_version") { members["plugin_version"] = .string(version) }
    var config = nested("config", &map)
    for (key, value) in nested("tune", &map) {
      if config.updateValue(value, forKey: key) != nil {
        diagnostics.error(
          "\(path) has \(key) both under config and under tune",
          at: node.location,
          path: path.description,
          hint: "keep one of the two; they mean the same"
        )
      }
    }
    if !config.isEmpty { members["config"] = .object(config) }
    let options = nested("options", &map)
    if !options.isEmpty { members["options"] = .object(options) }
    return .object(members)
  }

  /// An ACL policy: HCL under `policy`, or a list of rules under `policies`, each a map or a string of HCL.
  func policy(_ node: Node) -> Value? {
    check(node)
    guard case .mapping(let pairs) = node.content, var members = node.value.object else { return nil }
    guard let list = pairs.first(where: { $0.key == "policies" }) else {
      guard let text = members["policy"]?.string else {
        diagnostics.error(
          "\(path) has neither policy (HCL text) nor policies (a list of rules)",
          at: node.location,
          path: path.description
        )
        return nil
      }
      if text.trimmingWhitespace.isEmpty { refuseEmptyPolicy(at: node.location) }
      return .object(members)
    }
    guard members["policy"] == nil else {
      diagnostics.error(
        "\(path) has both policy and policies",
        at: list.keyLocation,
        path: path.description,
        hint: "keep one of the two"
      )
      return nil
    }
    guard case .sequence(let rules) = list.value.content else {
      diagnostics.error(
        "policies of \(path) must be a list, not \(list.value.value.kind)",
        at: list.value.location,
        path: path.description
      )
      return nil
    }
    if rules.isEmpty { refuseEmptyPolicy(at: list.value.location) }
    members["policies"] = nil
    members["policy"] = .string(rules.compactMap(rule).joined(separator: "\n"))
    return .object(members)
  }

  private func refuseEmptyPolicy(at location: SourceLocation) {
    diagnostics.error(
      "\(path) is an empty policy, which servers refuse",
      at: location,
      path: path.description,
      hint: "write at least a comment: policy: \"# nothing\""
    )
  }

  private func rule(_ node: Node) -> String? {
    if let text = node.value.string {
      return text.trimmingWhitespace + "\n"
    }
    guard var map = MapReader(node, "a rule of \(path)", diagnostics) else { return nil }
    defer { map.finish() }
    guard let paths = map.node("path") else {
      diagnostics.error(
        "a rule of \(path) has no path",
        at: node.location,
        path: path.description,
        hint: "- path: {\"secret/data/app/*\": {capabilities: [read]}}"
      )
      return nil
    }
    guard var byPath = MapReader(paths, "path of a rule of \(path)", diagnostics) else { return nil }
    let blocks = byPath.all().compactMap { pair -> String? in
      check(pair.key, at: pair.keyLocation)
      guard let body = pair.value.value.object else {
        diagnostics.error(
          "the rule for \(pair.key) in \(path) must be a map",
          at: pair.value.location,
          path: path.description,
          hint: "for example {capabilities: [read, list]}"
        )
        return nil
      }
      return HCL.block("path", label: pair.key, body)
    }
    return blocks.joined(separator: "\n")
  }

  private func nested(_ key: String, _ map: inout MapReader) -> [String: Value] {
    guard let node = map.node(key), node.value != .null else { return [:] }
    guard let members = node.value.object else {
      diagnostics.error(
        "\(key) of \(path) must be a map, not \(node.value.kind)",
        at: node.location,
        path: path.description
      )
      return [:]
    }
    return members
  }

  /// References must be well formed, and a field without a value says nothing: servers panic on null.
  private func check(_ node: Node, field: String = "") {
    switch node.content {
    case .scalar(.string(let text)): check(text, at: node.location)
    case .scalar(.null):
      diagnostics.error(
        field.isEmpty ? "\(path) holds an empty value" : "\(field) of \(path) has no value",
        at: node.location,
        path: path.description,
        hint: "remove the field to leave it to the server, or write \"\" for an empty text"
      )
    case .scalar: break
    case .sequence(let elements): for element in elements { check(element, field: field) }
    case .mapping(let pairs):
      for pair in pairs {
        // The paths of a policy's rules become part of its text.
        let isRulePath = path.path.hasPrefix("sys/policies/acl/") && field == "path"
        if pair.key.holds("${"), !isRulePath {
          diagnostics.error(
            "a key of \(path) holds a reference, and a key cannot",
            at: pair.keyLocation,
            path: path.description,
            hint: "write the key out; values may hold references"
          )
        }
        check(pair.value, field: pair.key)
      }
    }
  }

  private func check(_ text: String, at location: SourceLocation) {
    do throws(Template.SyntaxError) {
      for case .given(let given) in try Template(text).references {
        guard let complaint = GivenObject.complaint(about: given) else { continue }
        diagnostics.error(
          "\(given): \(complaint.message)",
          at: location,
          path: path.description,
          hint: complaint.hint
        )
      }
    } catch {
      diagnostics.error(error.message, at: location, path: path.description, hint: error.hint)
    }
  }
}

extension String {
  var trimmingWhitespace: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

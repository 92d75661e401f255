import Configuration
import Values
import YAML

/// Makes many entries of one that has `for_each:`, a list or map that stands in `config.yaml`.
///
/// Nothing is resolved here: what the elements refer to stays a reference, and where lists differ between environments
/// the entries are limited to those that have the element.
struct ForEach {
  static let key = "for_each"

  /// `nil` where the schema is read without a configuration: no variable is known then.
  let settings: Settings?
  let diagnostics: Diagnostics

  /// An entry as if somebody had written it out.
  struct Entry {
    let path: String
    let node: Node
    let scope: Scope
  }

  private struct Element: Hashable {
    let key: String?
    let value: Value
  }

  /// The entries of one that is for all environments of a scope; its node no longer has the key.
  func entries(of pair: Node.Pair, over list: Node, in scope: Scope) -> [Entry] {
    guard pair.key.holds("${each.") else {
      diagnostics.error(
        "\(pair.key) has for_each, which would make every object at this one path",
        at: pair.keyLocation,
        path: pair.key,
        hint: "write ${each.key} into the path, for example auth/approle/role/${each.key}"
      )
      return []
    }
    guard let source = source(list) else { return [] }
    let named = (settings?.environments.keys.map(\.self) ?? []).union(scope.names)
    let environments = named.sorted() + [""]
    var holders: [Element: Set<String>] = [:]
    var order: [Element] = []
    for environment in environments where scope.includes(environment) {
      guard let elements = elements(of: source, in: environment, at: list.location) else { return [] }
      for element in elements {
        if holders[element] == nil { order.append(element) }
        guard holders[element, default: []].insert(environment).inserted else {
          refuseRepetition(of: element, at: list.location)
          return []
        }
      }
    }
    let substitution = EachSubstitution(diagnostics)
    return order.compactMap { element in
      let each = EachSubstitution.Each(key: element.key, value: element.value)
      guard let path = substitution.text(pair.key, each, at: pair.keyLocation),
        let node = substitution.node(pair.value, each)
      else { return nil }
      return Entry(path: path, node: node, scope: Scope(holders[element] ?? [], of: environments))
    }
  }

  private func refuseRepetition(of element: Element, at location: SourceLocation) {
    diagnostics.error(
      "for_each has the element\(element.key.map { " \"\($0)\"" } ?? "") twice in one environment",
      at: location,
      hint: "name each element once"
    )
  }

  // MARK: - What it goes over

  private enum Source {
    case literal(Value)
    case variable(String)
  }

  private func source(_ list: Node) -> Source? {
    if list.sequence != nil || list.mapping != nil { return .literal(list.value) }
    if let text = list.string, let name = Self.variable(in: text) { return .variable(name) }
    diagnostics.error(
      "for_each must be a list, a map, or one variable that holds such",
      at: list.location,
      hint: "for example for_each: ${teams}, with teams under variables in config.yaml"
    )
    return nil
  }

  /// The name in `${NAME}`, if that is the whole text.
  private static func variable(in text: String) -> String? {
    guard let template = try? Template(text), template.segments.count == 1,
      case .reference(.variable(let name, nil)) = template.segments[0]
    else { return nil }
    return name
  }

  private func elements(of source: Source, in environment: String, at location: SourceLocation) -> [Element]?
  {
    let value: Value?
    switch source {
    case .literal(let literal): value = literal
    case .variable(let name): value = variable(name, in: environment, at: location)
    }
    guard let value else { return nil }
    switch value {
    case .object(let members): return members.sortedByKey.map { Element(key: $0.key, value: $0.value) }
    case .array(let values):
      return values.map { value in
        let key = value.object == nil ? value : value["key"] ?? value["name"]
        return Element(key: key.flatMap(EachSubstitution.text), value: value)
      }
    default: return nil
    }
  }

  /// A list or map that config.yaml spells out, also through other variables.
  private func variable(_ name: String, in environment: String, at location: SourceLocation) -> Value? {
    func refuse(_ message: String, _ hint: String) -> Value? {
      diagnostics.error(message, at: location, hint: hint)
      return nil
    }
    var name = name
    var way: [String] = []
    while true {
      way.append(name)
      switch settings?.environments[environment]?.variables[name] ?? settings?.variables[name] {
      case .array(let values)?: return .array(values)
      case .object(let members)?: return .object(members)
      case .string(let text)?:
        guard let next = Self.variable(in: text), !way.contains(next) else {
          return refuse(
            "for_each needs a list or a map, and the variable \(name) is a text",
            "write the list out under variables in config.yaml"
          )
        }
        name = next
      case .some(let other):
        return refuse(
          "for_each needs a list or a map, and the variable \(name) is \(other.kind)",
          "write the list out under variables in config.yaml"
        )
      case nil:
        let others = settings?.environments.values.filter { $0.variables[name] != nil } ?? []
        guard !others.isEmpty else {
          let known = (settings?.variables ?? [:]).keys.sorted()
          return refuse(
            "for_each needs a variable that config.yaml spells out, and it has none called \(name)",
            Suggestion.nearest(to: name, among: known).map { "did you mean ${\($0)}?" }
              ?? "what comes from the process or a file may be secret, and may be another list tomorrow; write the list under variables"
          )
        }
        // Who joins later says what there is.
        if environment.isEmpty { return [] }
        return refuse(
          "for_each goes over ${\(name)}, which environment \(environment) does not have",
          "set it for \(environment) under variables in config.yaml, [] for none; or limit the entry with environments"
        )
      }
    }
  }
}

extension [String] {
  fileprivate func union(_ others: Set<String>) -> Set<String> { Set(self).union(others) }
}

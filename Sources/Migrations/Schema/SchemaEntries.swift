import Catalogue
import Configuration
import Values
import YAML

/// One entry of the schema, as it was written.
struct SchemaEntry {
  let path: VaultPath
  let location: SourceLocation
  let node: Node
  var scope: Scope
  /// Whether nobody wrote it: a namespace that holds something must exist.
  var isImplied = false
  var isRepeated = false
  var isOverlay = false
}

/// Finds the entries of the schema's documents, each with the environments that it is for; those with `for_each:` are
/// written out.
struct SchemaEntries {
  let settings: Settings?
  let diagnostics: Diagnostics

  /// Where entries are found: for which environments, and of which overlay.
  private struct Place {
    var namespace = ""
    var scope: Scope
    let overlay: String?
  }

  /// Every entry of a document, those of its namespaces included; one of an overlay is for its environment alone.
  func entries(of document: Node, for overlay: String?) -> [SchemaEntry] {
    guard var map = MapReader(document, overlay == nil ? "the schema" : "the overlay", diagnostics) else {
      return []
    }
    let place = Place(scope: overlay.map { .only([$0]) } ?? .all, overlay: overlay)
    var found = entries(in: place, &map)
    found += namespaces(below: place, &map)
    map.finish()
    return found
  }

  private func namespaces(below parent: Place, _ map: inout MapReader) -> [SchemaEntry] {
    guard let node = map.node("namespaces"), var children = MapReader(node, "namespaces", diagnostics) else {
      return []
    }
    var found: [SchemaEntry] = []
    for pair in children.all() {
      if let hint = PathRules.complaint(aboutNamespace: pair.key) {
        diagnostics.error("\"\(pair.key)\" is not a namespace", at: pair.keyLocation, hint: hint)
        continue
      }
      guard var child = MapReader(pair.value, "namespace \(pair.key)", diagnostics) else { continue }
      var place = parent
      place.namespace = parent.namespace.isEmpty ? pair.key : "\(parent.namespace)/\(pair.key)"
      if let node = child.node("environments") {
        place.scope = scope(node, of: "namespace \(place.namespace)", in: parent)
      }
      let itself = VaultPath("sys/namespaces/\(pair.key)", in: parent.namespace)
      let node = Node.emptyMap(at: pair.keyLocation)
      found.append(
        SchemaEntry(path: itself, location: pair.keyLocation, node: node, scope: place.scope, isImplied: true)
      )
      found += entries(in: place, &child)
      found += namespaces(below: place, &child)
      child.finish()
    }
    return found
  }

  private func entries(in place: Place, _ map: inout MapReader) -> [SchemaEntry] {
    guard let node = map.node("desired_state"), var state = MapReader(node, "desired_state", diagnostics)
    else {
      return []
    }
    return state.all().flatMap { pair -> [SchemaEntry] in
      guard case .mapping(var members) = pair.value.content else {
        return entry(pair.key, pair, pair.value, place.scope, place).map { [$0] } ?? []
      }
      var scope = place.scope
      if let index = members.firstIndex(where: { $0.key == "environments" }) {
        scope = self.scope(members.remove(at: index).value, of: pair.key, in: place)
      }
      guard let index = members.firstIndex(where: { $0.key == ForEach.key }) else {
        return entry(pair.key, pair, pair.value.with(members), scope, place).map { [$0] } ?? []
      }
      let list = members.remove(at: index).value
      let template = Node.Pair(
        key: pair.key,
        keyLocation: pair.keyLocation,
        value: pair.value.with(members)
      )
      return ForEach(settings: settings, diagnostics: diagnostics).entries(
        of: template,
        over: list,
        in: scope
      )
      .compactMap { made in
        var entry = entry(made.path, pair, made.node, made.scope, place)
        entry?.isRepeated = true
        return entry
      }
    }
  }

  private func entry(_ path: String, _ pair: Node.Pair, _ node: Node, _ scope: Scope, _ place: Place)
    -> SchemaEntry?
  {
    if let complaint = PathRules.complaint(about: path) {
      diagnostics.error(complaint.message, at: pair.keyLocation, path: path, hint: complaint.hint)
      return nil
    }
    return SchemaEntry(
      path: PathRules.normal(path, in: place.namespace),
      location: pair.keyLocation,
      node: node,
      scope: scope,
      isOverlay: place.overlay != nil
    )
  }

  func isKnown(_ overlay: Overlay) -> Bool {
    guard let settings, settings.environments[overlay.environment] == nil else { return true }
    diagnostics.error(
      "\(overlay.file.path) is for the environment \"\(overlay.environment)\", which config.yaml does not have",
      at: SourceLocation(file: overlay.file.path),
      hint: Suggestion.hint(for: overlay.environment, among: settings.environments.keys.sorted())
    )
    return false
  }

  /// The environments that something is limited to, within those of what it stands in.
  private func scope(_ node: Node, of what: String, in place: Place) -> Scope {
    let names = node.value.array?.compactMap(\.string) ?? []
    guard !names.isEmpty, names.count == node.value.array?.count else {
      diagnostics.error(
        "environments of \(what) must be a list of names",
        at: node.location,
        path: what,
        hint: "for example \"environments: [prod]\""
      )
      return place.scope
    }
    let scope = place.scope.intersection(.only(Set(names)))
    // What an overlay is for is known; a name more would be for nobody.
    let strange = Set(names).filter { !place.scope.includes($0) }.sorted()
    if !strange.isEmpty {
      let around = place.overlay.map { "the overlay of \($0)" } ?? "a namespace that is limited as well"
      diagnostics.error(
        "\(what) is limited to \(strange.joined(separator: ", ")), but stands in \(around)",
        at: node.location,
        path: what,
        hint: place.overlay == nil
          ? "name environments that the namespace has, too"
          : "leave environments out here; what is for others goes into their overlays or the schema"
      )
    }
    return scope
  }
}

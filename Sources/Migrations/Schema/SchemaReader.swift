package import Catalogue
package import Configuration
package import Values
import YAML

/// Reads the schema's files into declarations, each in its normal form.
package struct SchemaReader {
  private let catalogue: Catalogue
  private let diagnostics = Diagnostics(.schemaInvalid)
  private var schema = Schema()
  /// Entries whose names the server writes in lower case, by such paths.
  private var lowercased: [VaultPath: SchemaEntry] = [:]

  private init(catalogue: Catalogue) {
    self.catalogue = catalogue
  }

  /// Reads one file, or the files of a folder, as one schema, with what overlays add for their environments.
  ///
  /// The settings have the variables that `for_each:` goes over. Throws ``Problems`` with everything that is wrong, each
  /// with its place.
  package static func read(
    _ files: [ProjectFile],
    overlays: [Overlay] = [],
    settings: Settings? = nil,
    catalogue: Catalogue
  ) throws(Problems) -> (schema: Schema, warnings: [Problem]) {
    var reader = SchemaReader(catalogue: catalogue)
    let finder = SchemaEntries(settings: settings, diagnostics: reader.diagnostics)
    var entries: [SchemaEntry] = []
    for file in files {
      guard let document = reader.diagnostics.parse(file.bytes, file: file.path) else { continue }
      entries += finder.entries(of: document, for: nil)
    }
    for overlay in overlays where finder.isKnown(overlay) {
      guard let document = reader.diagnostics.parse(overlay.file.bytes, file: overlay.file.path) else {
        continue
      }
      entries += finder.entries(of: document, for: overlay.environment)
    }
    let mounts = MountTable(declaredBy: entries.lazy.map { ($0.path, $0.node.value) })
    for entry in entries where !entry.isImplied { reader.declare(entry, mounts) }
    for var entry in entries where entry.isImplied {
      for other in reader.schema.all(at: entry.path) { entry.scope = entry.scope.subtracting(other.scope) }
      if !entry.scope.isEmpty { reader.declare(entry, mounts) }
    }
    let warnings = try reader.diagnostics.finish()
    reader.schema.finish()
    return (reader.schema, warnings)
  }

  private mutating func declare(_ entry: SchemaEntry, _ mounts: MountTable) {
    guard case .mapping(var pairs) = entry.node.normalisedEmpty.content else {
      diagnostics.error(
        "\(entry.path) must be a map of fields, not \(entry.node.value.kind)",
        at: entry.node.location,
        path: entry.path.description
      )
      return
    }
    let manageNode = pairs.firstIndex { $0.key == Manage.manageKey }.map { pairs.remove(at: $0).value }
    // A text is a field of the user's own, which many secrets have.
    let ownerNode = pairs.firstIndex { $0.key == Manage.ownerKey && $0.value.mapping != nil }
      .map { pairs.remove(at: $0).value }
    let silences = takeSilences(from: &pairs, of: entry)
    let endpoint = catalogue.endpoint(for: entry.path, mounts: mounts)
    var isAction = endpoint.kind == .action
    var terms = ActionTerms()
    // What nobody knows is done once if its entry says so.
    if isAction || !endpoint.isKnown, let stated = takeTerms(from: &pairs, of: entry) {
      terms = stated
      isAction = true
    }
    let node = entry.node.with(pairs)
    let form = EntryForm(path: entry.path, diagnostics: diagnostics)
    let value: Value?
    if endpoint.lookup != nil {
      value = form.named(node, endpoint)
    } else if entry.path.isMount || entry.path.isAuthMethod {
      value = form.mount(node)
    } else if entry.path.path.hasPrefix("sys/policies/acl/") {
      value = form.policy(node)
    } else {
      value = form.plain(node)
    }
    guard let value else { return }
    var declaration = Schema.Declaration(
      value: value,
      scope: entry.scope,
      terms: terms,
      location: entry.location,
      places: places(of: pairs, isMount: entry.path.isMount || entry.path.isAuthMethod)
    )
    declaration.silences = silences
    declaration.isRepeated = entry.isRepeated
    if let manageNode {
      declaration.manage = Manage.read(manageNode, of: entry.path, diagnostics)
      check(declaration, at: manageNode.location, entry.path, endpoint)
    }
    if let ownerNode {
      declaration.manage = Manage.readOwner(ownerNode, of: entry.path, diagnostics)
      checkOwner(declaration, at: ownerNode.location, entry.path, endpoint, sharing: manageNode)
    }
    if let other = schema.declare(declaration, at: entry.path, isAction: isAction) {
      refuseSecond(entry, other)
      return
    }
    guard endpoint.lowercasesName else { return }
    // The mount's own name keeps its case.
    let folded = entry.path.with(
      path: endpoint.prefix + entry.path.path.dropFirst(endpoint.prefix.count).lowercased()
    )
    if let other = lowercased.updateValue(entry, forKey: folded), other.path != entry.path,
      !other.scope.intersection(entry.scope).isEmpty
    {
      diagnostics.error(
        "\(entry.path) and \(other.path) are one to the server, which writes names in lower case; "
          + "the other place is \(other.location)",
        at: entry.location,
        path: entry.path.description,
        hint: "keep one of the two"
      )
    }
  }

  /// A field that the server changes is one of the declared ones, and of an object that is written more than once.
  private func checkOwner(
    _ declaration: Schema.Declaration,
    at location: SourceLocation,
    _ path: VaultPath,
    _ endpoint: Endpoint,
    sharing manageNode: Node?
  ) {
    guard case .server(let names)? = declaration.manage else { return }
    func refuse(_ message: String, _ hint: String) {
      diagnostics.error(message, at: location, path: path.description, hint: hint)
    }
    if manageNode != nil {
      refuse(
        "\(path) has both manage and owner",
        "what is only created needs no owner; fields of others are left out"
      )
    }
    if endpoint.kind != .resource {
      refuse(
        "the fields of \(path) have no other owner",
        "use \"manage: create-only\", or leave the field out"
      )
    }
    let declared = (declaration.value.object ?? [:]).keys.sorted()
    for name in names.sorted() where !declared.contains(name) {
      refuse(
        "owner of \(path) names \(name), which it does not declare",
        Suggestion.hint(for: name, among: declared) ?? "declare what it is to be at first, or leave it out"
      )
    }
  }

  private func refuseSecond(_ entry: SchemaEntry, _ other: Schema.Declaration) {
    let isOwn = entry.isRepeated && other.location == entry.location
    diagnostics.error(
      isOwn
        ? "for_each gives \(entry.path) twice in one environment"
        : "\(entry.path) is declared twice; the other place is \(other.location)",
      at: entry.location,
      path: entry.path.description,
      hint: isOwn
        ? "two elements have one key: name each once, or write more of the element into the path"
        : entry.isOverlay
          ? "an overlay adds paths, and redefines none: put a variable into the schema, or limit each with environments"
          : "keep one of the two"
    )
  }

  /// Only what is ours may be declared; what cannot be shared is refused.
  private func check(
    _ declaration: Schema.Declaration,
    at location: SourceLocation,
    _ path: VaultPath,
    _ endpoint: Endpoint
  ) {
    func refuse(_ message: String, _ hint: String) {
      diagnostics.error(message, at: location, path: path.description, hint: hint)
    }
    if endpoint.kind == .action {
      refuse("\(path) is an action, which nobody else can change", "leave manage out")
    }
    guard let manage = declaration.manage, case .fields = manage else { return }
    if endpoint.kind == .kvData {
      refuse(
        "the fields of \(path) cannot be shared: a secret is observed by its version",
        "use a secret of its own"
      )
    }
    if endpoint.readPath(for: path) == .nothing {
      refuse(
        "the fields of \(path) cannot be shared: nothing shows what others wrote",
        "use manage: create-only"
      )
    }
    for field in (declaration.value.object ?? [:]).keys.sorted() where !manage.owns(field) {
      if field == "type", path.isMount || path.isAuthMethod || endpoint.mutability(field: field) != nil {
        continue
      }
      if endpoint.impliedFields[field] != nil { continue }
      refuse(
        "\(path) declares \(field), which manage does not name",
        "add it to fields, or leave it to others"
      )
    }
  }

  private func places(of pairs: [Node.Pair], isMount: Bool) -> [String: SourceLocation] {
    var places: [String: SourceLocation] = [:]
    for pair in pairs {
      places[pair.key] = pair.keyLocation
      guard isMount, let inner = pair.value.mapping else { continue }
      let group = pair.key == "tune" ? "config" : pair.key
      for setting in inner { places["\(group).\(setting.key)"] = setting.keyLocation }
    }
    return places
  }

  /// The keys of an action that are no arguments; `nil` if there are none.
  private func takeTerms(from pairs: inout [Node.Pair], of entry: SchemaEntry) -> ActionTerms? {
    let stated = pairs.filter { ActionTerms.keys.contains($0.key) }
    guard !stated.isEmpty, var map = MapReader(entry.node.with(stated), "\(entry.path)", diagnostics) else {
      return nil
    }
    pairs.removeAll { ActionTerms.keys.contains($0.key) }
    return ActionTerms.take(from: &map, of: entry.path, diagnostics)
  }

  /// `lint: {RULE: REASON}`, which is not sent.
  private func takeSilences(from pairs: inout [Node.Pair], of entry: SchemaEntry) -> [String: Schema.Silence]
  {
    guard let index = pairs.firstIndex(where: { $0.key == "lint" }) else { return [:] }
    let node = pairs.remove(at: index).value
    var silences: [String: Schema.Silence] = [:]
    guard let rules = node.mapping else {
      diagnostics.error(
        "lint of \(entry.path) must be a map of rules, each with a reason, not \(node.value.kind)",
        at: node.location,
        path: entry.path.description,
        hint: "for example lint: {policy-sudo-glob: break glass, reviewed by security}"
      )
      return [:]
    }
    for rule in rules {
      guard let reason = rule.value.value.string, !reason.trimmingWhitespace.isEmpty else {
        diagnostics.error(
          "lint of \(entry.path) silences \(rule.key) without a reason",
          at: rule.keyLocation,
          path: entry.path.description,
          hint: "say why it is all right here, for the reviewer"
        )
        continue
      }
      silences[rule.key] = Schema.Silence(reason: reason, location: rule.keyLocation)
    }
    return silences
  }
}

extension Node {
  static func emptyMap(at location: SourceLocation) -> Node {
    Node(.mapping([]), at: location)
  }

  /// An entry without a value (`path:`) is an empty map.
  fileprivate var normalisedEmpty: Node {
    if case .scalar(.null) = content { .emptyMap(at: location) } else { self }
  }

  func with(_ pairs: [Pair]) -> Node {
    Node(.mapping(pairs), at: location)
  }
}

package import Values

extension Catalogue {
  /// Reads a catalogue from the tree that its YAML stands for.
  ///
  /// - Throws: ``CatalogueError`` for an unknown key or a bad value.
  package init(_ document: Value) throws(CatalogueError) {
    var top = try Fields(document, at: "catalogue")
    var anywhere = Endpoint.Anywhere()
    anywhere.volatile = try top.patterns("volatile")
    anywhere.secretNames = try top.patterns("secret_names")
    anywhere.notSecretNames = try top.patterns("not_secret_names")
    var actions = try top.fields("action_names")
    let actionNames = try ActionNames(first: actions.names("first"), last: actions.names("last"))
    try actions.finish()

    var entries = EntryReader(anywhere: anywhere)
    entries.shared = try top.map("shared")
    mount = try entries.read(top.take("mount") ?? [:], family: "mount", kind: .mount)
    authMethod = try entries.read(top.take("auth_method") ?? [:], family: "auth method", kind: .authMethod)

    var contents: [String: Value] = [:]
    for section in ["secrets", "auth"] {
      for (type, content) in try top.map(section) { contents["\(section)/\(type)"] = content }
    }
    for section in ["sys", "identity"] { contents[section] = top.take(section) ?? [:] }
    var families: [String: Families] = [:]
    for (section, content) in contents {
      families[section] = try entries.families(content, section: section)
    }

    var synonyms: [String: String] = [:]
    for (section, names) in try top.map("synonyms") {
      var others = try Fields(names, at: "synonyms / \(section)")
      for (name, type) in try others.allTexts() { synonyms["\(section)/\(name)"] = "\(section)/\(type)" }
    }
    var holdings: [String: [String: String]] = [:]
    for (section, types) in try top.map("holds") {
      var types = try Fields(types, at: "holds / \(section)")
      for (type, nouns) in types.rest() {
        var nouns = try Fields(nouns, at: "holds / \(section) / \(type)")
        holdings["\(section)/\(type)"] = try nouns.allTexts()
      }
    }
    try top.finish()
    self.holdings = holdings
    self.families = families
    source = contents.mapValues { $0.object ?? [:] }
    reader = entries
    self.anywhere = anywhere
    self.synonyms = synonyms
    self.actionNames = actionNames
  }
}

/// Makes endpoints of entries.
struct EntryReader: Sendable {
  let anywhere: Endpoint.Anywhere
  var shared: [String: Value] = [:]

  func families(_ content: Value, section: String) throws(CatalogueError) -> Families {
    guard let members = content.object else { throw CatalogueError(at: section, "needs a map of paths") }
    var entries: [(PathTemplate, Endpoint)] = []
    for (text, entry) in members {
      let endpoint = try read(entry, family: "\(section) \(text)", kind: .resource)
      entries.append((PathTemplate(text), endpoint))
    }
    return Families(entries)
  }

  func read(_ entry: Value, family: String, kind: Endpoint.Kind) throws(CatalogueError) -> Endpoint {
    var read = Family(family: family)
    read.anywhere = anywhere
    read.kind = kind
    var fields = try Fields(entry, at: family)
    for name in try fields.names("like").sorted() {
      guard let base = shared[name] else {
        throw CatalogueError(at: family, "no shared entry is called \(name)", key: "like")
      }
      var inherited = try Fields(base, at: "shared / \(name)")
      try apply(&inherited, to: &read)
      try inherited.finish()
    }
    try apply(&fields, to: &read)
    try fields.finish()
    return Endpoint(read)
  }

  private func apply(_ fields: inout Fields, to family: inout Family) throws(CatalogueError) {
    if let order = try fields.integer("order") { family.order = order }
    if try fields.flag("action") { family.kind = .action }
    if try fields.flag("kv_data") { family.kind = .kvData }
    if try fields.flag("lowercase_name") { family.lowercasesName = true }
    if try fields.flag("sudo") { family.needsSudo = true }
    if try fields.flag("open") { family.isOpen = true }
    if try fields.flag("creates") { family.tellsCreation = true }
    family.needsOutside.formUnion(try fields.names("outside"))
    family.withoutOutside.merge(try fields.map("alone"), uniquingKeysWith: { $1 })
    if try fields.flag("always_there") { family.isAlwaysThere = true }
    family.builtInNames.formUnion(try fields.names("built_in"))
    family.loses = try fields.text("loses") ?? family.loses
    family.refers.merge(try fields.texts("refers"), uniquingKeysWith: { $1 })
    family.names.merge(try fields.texts("names"), uniquingKeysWith: { $1 })
    family.counts.merge(try fields.texts("counts"), uniquingKeysWith: { $1 })
    if let field = try fields.text("deletable_if") { family.deletableIf = field }
    if let word = try fields.word("delete", among: ["refused", "mount"]) {
      family.deleteIsRefused = true
      family.goesOnlyWithMount = word == "mount"
      family.isAlwaysThere = family.isAlwaysThere || family.deleteIsRefused
    }
    try applyWriting(&fields, to: &family)
    try applyFinding(&fields, to: &family)
    try applyReading(&fields, to: &family)
    try applyShape(&fields, to: &family.shape)
  }

  private func applyWriting(_ fields: inout Fields, to family: inout Family) throws(CatalogueError) {
    if let word = try fields.word("write", among: ["merge", "replace"]) {
      family.isMerge = word == "merge"
    }
    if fields.has("cas") {
      var cas = try fields.fields("cas")
      guard let field = try cas.text("field"), let version = try cas.text("version") else {
        throw CatalogueError(at: cas.place, "needs field and version", key: "cas")
      }
      let required = try cas.text("required")
      family.checkAndSet = Endpoint.CheckAndSet(field: field, version: version, required: required)
      try cas.finish()
    }
    family.resetValues.merge(try fields.map("reset"), uniquingKeysWith: { $1 })
    family.cannotReset = family.cannotReset.union(try fields.patterns("cannot_reset"))
    family.transient = family.transient.union(try fields.patterns("transient"))
    family.twins.merge(try fields.texts("twins"), uniquingKeysWith: { $1 })
    family.atCreation = family.atCreation.union(try fields.patterns("at_creation"))
    for (field, word) in try fields.texts("immutable") {
      guard let mutability = Endpoint.Mutability(rawValue: word) else {
        throw CatalogueError(
          at: fields.place,
          "immutable: \(word) is neither refused nor ignored",
          key: "immutable"
        )
      }
      family.immutable[field] = mutability
    }
    family.writeOnly = family.writeOnly.union(try fields.patterns("write_only")).union(family.transient)
    family.secret = family.secret.union(try fields.patterns("secret"))
    family.notSecret = family.notSecret.union(try fields.patterns("not_secret"))
    family.volatile = family.volatile.union(try fields.patterns("volatile"))
    family.notVolatile = family.notVolatile.union(try fields.patterns("not_volatile"))
  }

  private func applyFinding(_ fields: inout Fields, to family: inout Family) throws(CatalogueError) {
    if let value = fields.take("list") {
      if value == "none" {
        family.isUnlisted = true
      } else {
        family.listing = try Fields.listing(value, at: fields.place)
      }
    }
    family.defaults.merge(try fields.map("defaults"), uniquingKeysWith: { $1 })
    family.asked.merge(try fields.texts("ask"), uniquingKeysWith: { $1 })
    family.mayHide.formUnion(try fields.names("may_hide"))
  }

  private func applyReading(_ fields: inout Fields, to family: inout Family) throws(CatalogueError) {
    if let value = fields.take("read") { family.read = try read(value, at: fields.place) }
    family.readQuery = try fields.text("read_query") ?? family.readQuery
    family.readFields.merge(try fields.texts("read_fields"), uniquingKeysWith: { $1 })
    if let value = fields.take("lookup") { family.lookup = try lookup(value, at: fields.place) }
    family.answerOnce.merge(try fields.texts("answer_once"), uniquingKeysWith: { $1 })
    guard let value = fields.take("probe") else { return }
    var probe = try Fields(value, at: fields.place + " / probe", below: "probe")
    if let list = try probe.text("list") {
      family.probe = .member(of: list, key: "")
    } else if let other = try probe.text("read") {
      family.probe = .path(other)
      family.probeField = try probe.text("field")
    } else {
      throw CatalogueError(at: probe.place, "needs list or read", key: "probe")
    }
    try probe.finish()
  }

  private func lookup(_ value: Value, at place: String) throws(CatalogueError) -> IDLookup {
    var fields = try Fields(value, at: place + " / lookup", below: "lookup")
    guard let list = try fields.text("list"), let at = try fields.text("at"),
      let create = try fields.text("create")
    else { throw CatalogueError(at: fields.place, "needs list, match, at and create", key: "lookup") }
    let match = try fields.texts("match")
    guard !match.isEmpty else {
      throw CatalogueError(at: fields.place, "needs list, match, at and create", key: "lookup")
    }
    let body = try fields.texts("body")
    try fields.finish()
    return IDLookup(list: list, match: match, at: at, create: create, body: body)
  }

  private func read(_ value: Value, at place: String) throws(CatalogueError) -> Endpoint.Read {
    if let text = value.string { return text == "none" ? .nothing : .path(text) }
    var fields = try Fields(value, at: place + " / read", below: "read")
    guard let key = try fields.text("member"), let list = try fields.text("of") else {
      throw CatalogueError(at: fields.place, "needs member and of", key: "read")
    }
    try fields.finish()
    return .member(of: list, key: key)
  }

  private func applyShape(_ fields: inout Fields, to shape: inout Endpoint.Shape) throws(CatalogueError) {
    if try fields.flag("exact") { shape.exact = true }
    shape.nested = try fields.text("nested") ?? shape.nested
    shape.renamed.merge(try fields.texts("renamed"), uniquingKeysWith: { $1 })
    shape.sequence.formUnion(try fields.names("sequence"))
    shape.foldCase.formUnion(try fields.names("fold_case"))
    shape.lists.formUnion(try fields.names("lists"))
    shape.durations.formUnion(try fields.names("durations"))
    shape.base64.formUnion(try fields.names("base64"))
    shape.appends.merge(try fields.texts("appends"), uniquingKeysWith: { $1 })
    shape.adds.formUnion(try fields.names("adds"))
    shape.resolved.formUnion(try fields.names("resolved"))
    shape.maskedURLs.formUnion(try fields.names("masked_urls"))
    shape.prefixed.merge(try fields.texts("prefixed"), uniquingKeysWith: { $1 })
    for (field, rewrites) in try fields.map("rewrites") {
      var words = try Fields(rewrites, at: fields.place + " / rewrites", below: "rewrites")
      shape.rewrites[field] = try words.allTexts()
    }
  }
}

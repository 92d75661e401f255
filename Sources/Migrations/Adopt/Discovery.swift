import Catalogue
import Configuration
import Values
import VaultClient

/// Walks through a server: its namespaces, mounts and auth methods, then every family of objects in them, many requests
/// at once.
///
/// What the token may not see is told, and does not hide the rest. Objects that are on every server, and the tool's own,
/// are never found.
package struct Discovery {
  private let target: Target
  private let scope: DiscoveryScope
  let own: OwnObjects
  /// What belongs to other projects and environments on the same server.
  private var taken: [VaultPath: Claims.Owner] = [:]
  var found = Discovered()
  /// The ids of objects that the server made by itself.
  var selfMade: Set<String> = []
  /// The ids of what is known by another name.
  private var seen: Set<String> = []
  /// Values that a list showed already.
  var shown: [VaultPath: Value] = [:]
  private var paths: Set<VaultPath> = []
  var dataPaths: Set<VaultPath> = []

  var client: VaultClient { target.client }
  var catalogue: Catalogue { target.catalogue }

  /// Prepares a walk over one server.
  ///
  /// - Throws: ``VaultError`` if the token cannot even be asked about; ``Problem`` if it may not read who has what.
  package init(_ target: Target, scope: DiscoveryScope = DiscoveryScope()) throws {
    self.target = target
    self.scope = scope
    own = try OwnObjects(of: target)
    do {
      for claims in try target.ledger.othersClaims() {
        for path in claims.paths { taken[path] = claims.owner }
      }
    } catch let error as VaultError {
      // Where there is no ledger yet, nobody has claimed anything.
      guard error.kind == .noSuchMount else { throw error }
    }
  }

  /// Finds and reads everything that the scope includes.
  ///
  /// - Throws: ``VaultError`` for what would hide everything: a token that is not accepted, a server that is gone.
  package mutating func everything() throws -> Discovered {
    try find()
    read(paths)
    return found
  }

  /// Finds the names of what the scope includes, and reads only what is chosen.
  mutating func everything(where isWanted: (VaultPath) -> Bool) throws -> Discovered {
    try find()
    found.live = found.live.filter { isWanted($0.key) }
    read(paths.filter(isWanted))
    return found
  }

  private mutating func find() throws {
    var namespaces = [""]
    while !namespaces.isEmpty {
      let namespace = namespaces.removeFirst()
      guard scope.mayInclude(namespace: namespace) else { continue }
      let mounts = try mounted(in: namespace)
      try walk(mounts, in: namespace)
      if scope.mayLeaveNamespaces { namespaces += try children(of: namespace) }
    }
  }

  // MARK: - Mounts and namespaces

  private struct Mount {
    let path: VaultPath
    let prefix: String
    let type: String
  }

  private mutating func mounted(in namespace: String) throws -> [Mount] {
    let lists = [("sys/mounts", ""), ("sys/auth", "auth/")]
    let answers = client.perform(lists.map { VaultRequest(.read, VaultPath($0.0, in: namespace)) })
    var mounts: [Mount] = []
    for ((list, prefix), answer) in zip(lists, answers) {
      let place = VaultPath(list, in: namespace)
      guard let entries = try data(of: answer, at: place)?.object else {
        // Those that the token may see, without their settings.
        let entries =
          try prefix.isEmpty ? client.mounts(namespace: namespace) : client.authMounts(namespace: namespace)
        for (name, entry) in entries.sortedByKey {
          mounts += mount(prefix + name, entry, namespace, isComplete: false)
        }
        continue
      }
      for (name, entry) in entries.sortedByKey {
        mounts += mount(prefix + name, entry, namespace, isComplete: true)
      }
    }
    return mounts
  }

  private mutating func mount(_ name: String, _ entry: Value, _ namespace: String, isComplete: Bool)
    -> [Mount]
  {
    let path = PathRules.normal(name, in: namespace)
    guard let type = MountTable.type(from: entry), let prefix = path.contentPrefix else { return [] }
    found.mounts.insert(path, declared: entry)
    if let accessor = entry["accessor"]?.string, !accessor.isEmpty {
      found.references[namespace, default: [:]][accessor] = "${accessor:\(path.path)}"
    }
    let endpoint = catalogue.endpoint(for: path, mounts: found.mounts)
    if own.isMount(path) { return [] }
    if isComplete, !endpoint.isBuiltIn(path), !own.contains(path), scope.includes(path), !isTaken(path) {
      found.live[path] = reader.recordable(entry, at: path, found.mounts)
    }
    return [Mount(path: path, prefix: prefix, type: type)]
  }

  /// The namespaces right below one; none where the server has no namespaces.
  private mutating func children(of namespace: String) throws -> [String] {
    let path = VaultPath("sys/namespaces", in: namespace)
    let answer = client.perform([VaultRequest(.list, path)])[0]
    let keys = try data(of: answer, at: path)?["keys"]?.array?.compactMap(\.string) ?? []
    return keys.map { key in
      let name = key.hasSuffix("/") ? String(key.dropLast()) : key
      return namespace.isEmpty ? name : "\(namespace)/\(name)"
    }
  }

  // MARK: - Families

  /// One list that is asked for: of a family, and in it of a folder.
  private struct Question {
    let mount: Mount
    let family: ListedFamily
    let listing: Listing
    var folder = ""
    var isWhole = false

    var path: VaultPath {
      let path = isWhole ? listing.whole ?? listing.path : listing.path
      let base = path.isEmpty || folder.isEmpty ? path + folder : "\(path)/\(folder)"
      return mount.path.with(path: mount.prefix + base)
    }

    var request: VaultRequest { VaultRequest(listing.members == nil ? .list : .read, path) }
  }

  private mutating func walk(_ mounts: [Mount], in namespace: String) throws {
    var questions: [Question] = []
    for mount in mounts {
      let root = mount.path.with(path: mount.prefix)
      guard catalogue.knowsContent(prefix: mount.prefix, type: mount.type) else {
        if scope.mayInclude(below: root) {
          found.notices.append(
            Discovered.Notice(mount.path, "the content of a mount of type \(mount.type) is not understood")
          )
        }
        continue
      }
      for family in catalogue.listedFamilies(prefix: mount.prefix, type: mount.type) {
        add(family, mount, &questions)
      }
      for hidden in catalogue.hiddenFamilies(prefix: mount.prefix, type: mount.type) {
        let path = mount.path.with(path: mount.prefix + hidden)
        guard scope.includes(path) else { continue }
        found.notices.append(Discovered.Notice(path, "no request shows it: declare it by hand if it is set"))
      }
    }
    try ask(questions)
    try lookForTraces(mounts.filter { scope.mayInclude(below: $0.path.with(path: $0.prefix)) })
  }

  private mutating func add(_ family: ListedFamily, _ mount: Mount, _ questions: inout [Question]) {
    let prefix = mount.path.with(path: mount.prefix + family.literalPrefix)
    guard let listing = family.listing else {
      if !scope.skipsSingles, scope.includes(prefix) { note(prefix) }
      return
    }
    let question = Question(mount: mount, family: family, listing: listing, isWhole: listing.whole != nil)
    let root = mount.path.with(path: mount.prefix)
    if listing.isData ? scope.mayIncludeData(below: prefix, called: root) : scope.mayInclude(below: prefix) {
      questions.append(question)
    }
  }

  private mutating func ask(_ questions: [Question]) throws {
    var open = questions
    while !open.isEmpty {
      let answers = client.perform(open.map(\.request))
      var next: [Question] = []
      for (question, answer) in zip(open, answers) {
        if question.isWhole, isMissing(answer) {
          next.append(Question(mount: question.mount, family: question.family, listing: question.listing))
          continue
        }
        guard let data = try data(of: answer, at: question.path) else { continue }
        take(data, question, &next)
      }
      open = next
    }
  }

  private mutating func take(_ data: Value, _ question: Question, _ next: inout [Question]) {
    let listing = question.listing
    let details = data["key_info"]?.object ?? [:]
    let names: [String] =
      if let members = listing.members {
        ((members.isEmpty ? data : data[members] ?? .null).object ?? [:]).keys.sorted()
      } else {
        data["keys"]?.array?.compactMap(\.string) ?? []
      }
    for name in names {
      if listing.isDeep, name.hasSuffix("/") {
        var inner = question
        inner.folder = question.folder + name
        let mount = question.mount
        let path = mount.path.with(path: mount.prefix + question.family.literalPrefix + inner.folder)
        let called = mount.path.with(path: mount.prefix + inner.folder)
        if scope.mayIncludeData(below: path, called: called) { next.append(inner) }
      } else {
        take(
          question.folder + (name.hasSuffix("/") ? String(name.dropLast()) : name),
          details[name],
          question
        )
      }
    }
  }

  private mutating func take(_ key: String, _ details: Value?, _ question: Question) {
    let (mount, listing, family) = (question.mount, question.listing, question.family)
    let named = listing.named.map { details?[$0]?.string ?? "" }
    if let named, listing.except.matches(named) {
      selfMade.insert(key)
      return
    }
    let name = named.flatMap { $0.isEmpty ? nil : $0 } ?? key
    let path = mount.path.with(path: mount.prefix + family.path(of: name))
    if listing.isData {
      let called = mount.path.with(path: mount.prefix + name)
      guard scope.includesData(path, called: called) else { return }
      note(path, isData: true)
      return
    }
    let namespace = path.namespace
    // A child namespace lists such objects of its parents, too.
    if listing.knownAs != nil, !seen.insert(key).inserted { return }
    if named?.isEmpty == false { found.references[namespace, default: [:]][key] = "${id:\(path.path)}" }
    if let field = listing.knownAs, let known = details?[field]?.string, !known.isEmpty {
      let other = mount.prefix + family.path(of: known)
      found.references[namespace, default: [:]][key] = "${id:\(other)}"
    }
    if let field = listing.identifier, let id = details?[field]?.string, !id.isEmpty {
      found.references[namespace, default: [:]][id] = "${id:\(path.path)}"
    }
    guard scope.includes(path), note(path) else { return }
    if named?.isEmpty == true { found.unnamed.insert(path) }
    found.only[path] = listing.only
    if question.isWhole, let details { shown[path] = details }
  }

  /// Whether somebody else's schema has it, which is told.
  private mutating func isTaken(_ path: VaultPath) -> Bool {
    guard let owner = taken[path] else { return false }
    found.notices.append(Discovered.Notice(path, "belongs to \(owner)"))
    return true
  }

  /// Takes a path that is to be read, unless nobody wants to see it.
  @discardableResult
  private mutating func note(_ path: VaultPath, isData: Bool = false) -> Bool {
    let endpoint = catalogue.endpoint(for: path, mounts: found.mounts)
    if endpoint.isBuiltIn(path) || own.contains(path) || isTaken(path) { return false }
    if isData, endpoint.kind == .kvData || endpoint.shape.exact {
      dataPaths.insert(path)
    }
    paths.insert(path)
    return true
  }

  /// What one-off actions left behind is told, because no entry can make it again.
  private mutating func lookForTraces(_ mounts: [Mount]) throws {
    var traces: [(mount: Mount, probe: Probe, actions: [String])] = []
    for mount in mounts {
      for trace in catalogue.traces(prefix: mount.prefix, type: mount.type) where scope.globs.isEmpty {
        traces.append((mount, trace.probe, trace.actions))
      }
    }
    let answers = client.perform(
      traces.map {
        VaultRequest($0.probe.lists ? .list : .read, $0.mount.path.with(path: $0.probe.path.path))
      }
    )
    for (trace, answer) in zip(traces, answers) {
      guard case .success(let response) = answer, let data = response.data else { continue }
      let shows = trace.probe.lists ? data["keys"] : trace.probe.field.flatMap { data[$0] } ?? data
      guard let shows, !shows.isEmpty else { continue }
      let place = trace.mount.path.with(path: trace.probe.path.path)
      let actions = trace.actions.prefix(4).joined(separator: ", ") + (trace.actions.count > 4 ? ", …" : "")
      found.notices.append(
        Discovered.Notice(place, "was made by a one-off action (\(actions)), which is not declared")
      )
    }
  }

  // MARK: - Answers

  /// Errors that mean that there is nothing to list.
  static let absence: Set<VaultError.Kind> = [
    .notFound, .noSuchMount, .namespaceNotFound, .refused, .unsupported, .wrongNamespace,
  ]

  private func isMissing(_ answer: Result<VaultResponse, VaultError>) -> Bool {
    guard case .failure(let error) = answer else { return false }
    return Self.absence.contains(error.kind) || error.kind == .denied
  }

  /// What was answered; `nil` for nothing, and for what the token may not see, which is noted.
  private mutating func data(
    of answer: Result<VaultResponse, VaultError>,
    at path: VaultPath
  ) throws(VaultError) -> Value? {
    switch answer {
    case .success(let response): return response.data
    case .failure(let error):
      if Self.absence.contains(error.kind) { return nil }
      guard error.kind == .denied || error.kind == .serverFailed else { throw error }
      found.unreadable[path] = error.message
      return nil
    }
  }
}

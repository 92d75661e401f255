import Catalogue
import Configuration
import Values
import VaultClient

/// The accessors and ids that a server gave to objects, as they are at one moment; saved answers, and values that lie
/// on the server.
///
/// Accessors and ids are asked for right before they are used, and forgotten afterwards: an object that is made again has
/// others. Values are asked for once, until this run writes what they are read from.
struct GivenValues {
  private let catalogue: Catalogue
  private let mounts: MountTable
  private var values: [GivenObject: Value] = [:]
  /// Why there is no value, where more is known than that nothing is there.
  private var gaps: [GivenObject: Gap] = [:]

  /// What came of asking for a value.
  enum Finding {
    case value(Value)
    case gap(Gap)
  }

  enum Gap {
    case nothing
    case noField(String)
    /// It can be read, but each time it is another.
    case action
  }

  /// What a reference to something that is not there becomes.
  enum Absence {
    case refused
    /// For values that are only looked at.
    case placeholder
  }

  /// Asks for several at once; what is not there is missing afterwards.
  ///
  /// - Throws: ``VaultError`` for anything but absence.
  init(of objects: Set<GivenObject>, from target: Target, mounts: MountTable) throws {
    catalogue = target.catalogue
    self.mounts = mounts
    let client = target.client
    for (namespace, group) in Dictionary(
      grouping: objects.filter { $0.given.kind == .accessor },
      by: \.path.namespace
    ) {
      try readAccessors(group, in: namespace, client)
    }
    try readIDs(objects.filter { $0.given.kind == .id }, client)
    let kept = objects.filter { $0.given.kind.isSensitive }
    let new = kept.filter { target.knownValues[$0] == nil }
    for (object, finding) in try findings(new, target) { target.knownValues[object] = finding }
    for object in kept {
      switch target.knownValues[object] {
      case .value(let value)?: values[object] = value
      case .gap(let gap)?: gaps[object] = gap
      case nil: continue
      }
    }
  }

  func contains(_ object: GivenObject) -> Bool { values[object] != nil }

  /// Answers the references of an entry.
  func lookUp(for holder: VaultPath, absent: Absence = .refused) -> Resolver.LookUp {
    { given throws(Problem) in
      let object = GivenObject(given, in: holder.namespace)
      if let value = values[object] { return value }
      guard absent == .refused else { return Resolver.placeholder(for: given) }
      throw problem(object, holder)
    }
  }

  /// Nothing on the server answers to a reference.
  func problem(_ object: GivenObject, _ holder: VaultPath, at location: SourceLocation? = nil) -> Problem {
    Self.problem(object, gaps[object] ?? .nothing, holder, at: location)
  }

  static func problem(
    _ object: GivenObject,
    _ gap: Gap = .nothing,
    _ holder: VaultPath,
    at location: SourceLocation? = nil
  ) -> Problem {
    var hint = "mend the reference, or declare \(object.path) in the schema, or make it on the server first"
    let what: String
    let place =
      object.given.place.environment.map { "\(object.given.place.path) in \($0)" } ?? "\(object.path)"
    switch (object.given.kind, gap) {
    case (.saved, _):
      what = "nothing was saved as \(object.given.path)"
      hint =
        "the action that saves it did not run here, or its answer was lost: add it once more as PATH#another-name"
    case (.vault, .action):
      what = "reading \(place) makes something new each time"
      hint = "add it as an action and save what it answers"
    case (.vault, .noField(let remedy)):
      what = "\(place) has no field \(object.given.place.field)"
      hint = remedy
    case (.vault, .nothing):
      what = "the server has nothing at \(place)"
      if object.given.place.environment != nil { hint = "mend the reference, or write the value there first" }
    case (.id, _): what = "the server has nothing with an id at \(object.path)"
    case (.accessor, _):
      what =
        "the server has "
        + (object.path.isAuthMethod ? "no auth method \(object.path)" : "no secrets engine \(object.path)")
    }
    return Problem(
      .worldChanged,
      "\(holder) refers to \(object.given), but \(what)",
      at: location,
      path: holder.description,
      hint: hint
    )
  }

  // MARK: - Asking

  private mutating func readAccessors(
    _ objects: [GivenObject],
    in namespace: String,
    _ client: VaultClient
  ) throws {
    var mounts: [String: Value] = [:]
    var methods: [String: Value] = [:]
    do throws(VaultError) {
      if objects.contains(where: \.path.isMount) { mounts = try client.mounts(namespace: namespace) }
      if objects.contains(where: \.path.isAuthMethod) {
        methods = try client.authMounts(namespace: namespace)
      }
    } catch {
      if error.kind == .namespaceNotFound { return }
      throw error
    }
    for object in objects {
      guard let name = object.path.mountName else { continue }
      values[object] = Self.text((object.path.isMount ? mounts : methods)[name]?["accessor"])
    }
  }

  private func findings(_ objects: Set<GivenObject>, _ target: Target) throws -> [GivenObject: Finding] {
    var found: [GivenObject: Finding] = [:]
    let answers = objects.filter { $0.given.kind == .saved }
    let saved = try target.ledger.saved(Set(answers.map(\.given.path)))
    for object in answers {
      found[object] = saved[object.given.path].map { .value($0.value.sensitive) } ?? .gap(.nothing)
    }
    let values = Dictionary(grouping: objects.filter { $0.given.kind == .vault }) {
      $0.given.place.environment
    }
    for (name, group) in values {
      guard let name else { continue }
      found.merge(try OtherValues(environment: name, catalogue: catalogue).findings(group, target)) { $1 }
    }
    let places = Dictionary(grouping: values[nil] ?? [], by: \.path)
    let read = places.keys.filter { catalogue.endpoint(for: $0, mounts: mounts).kind != .action }.sorted()
    let results = target.client.asking("a value that is referred to") {
      target.client.perform(read.map { VaultRequest(.read, $0) })
    }
    for (path, result) in zip(read, results) {
      let isVersioned = catalogue.endpoint(for: path, mounts: mounts).kind == .kvData
      let content = try Self.data(of: result)
      let data = isVersioned ? content?["data"] : content
      for object in places[path] ?? [] { found[object] = Self.finding(object, data) }
    }
    for object in places.values.joined() where found[object] == nil { found[object] = .gap(.action) }
    return found
  }

  static func finding(_ object: GivenObject, _ data: Value?) -> Finding {
    guard let data, data != .null else { return .gap(.nothing) }
    let name = object.given.place.field
    if let value = data[name], value != .null { return .value(value.sensitive) }
    let near = Suggestion.nearest(to: name, among: (data.object ?? [:]).keys.sorted())
    return .gap(.noField(near.map { "did you mean \($0)?" } ?? "mend the reference, or add the field first"))
  }

  private mutating func readIDs(_ objects: Set<GivenObject>, _ client: VaultClient) throws {
    // A read that does something, such as making credentials, gives no object's id.
    let readable = objects.filter { endpoint(of: $0).kind == .resource }
    let sources = Dictionary(grouping: readable, by: \.idSource)
    let asked = sources.keys.sorted { $0.path < $1.path }
    let answers = client.asking("an id that is referred to") {
      client.perform(asked.map { VaultRequest($0.lists ? .list : .read, $0.path) })
    }
    for (source, answer) in zip(asked, answers) {
      guard let data = try Self.data(of: answer) else { continue }
      for object in sources[source] ?? [] {
        values[object] =
          source.lists ? Self.id(named: object.path.lastSegment, in: data) : id(of: object, in: data)
      }
    }
  }

  /// The names under which servers answer with an id; the first that is there counts.
  private static let idFields = ["id", "issuer_id", "client_id", "role_id", "method_id", "key_id"]

  /// The id that an answer shows; one that lets somebody in, as a role's does, stays secret.
  ///
  /// A value of users, such as a secret's field that happens to be called so, is none.
  private func id(of object: GivenObject, in data: Value) -> Value? {
    let endpoint = endpoint(of: object)
    for field in Self.idFields {
      guard let text = Self.text(data[field]) else { continue }
      if !endpoint.isSecret(field: field) { return text }
      if endpoint.isKnown, !endpoint.shape.exact { return text.sensitive }
    }
    return nil
  }

  private func endpoint(of object: GivenObject) -> Endpoint {
    catalogue.endpoint(for: object.path, mounts: mounts)
  }

  /// From a list that tells the names.
  private static func id(named name: String, in data: Value) -> Value? {
    let entries = data["key_info"]?.object ?? [:]
    if entries[name] != nil { return .string(name) }
    return entries.sortedByKey.first { $0.value["name"]?.string == name }.map { .string($0.key) }
  }

  private static func text(_ value: Value?) -> Value? {
    guard let text = value?.string, !text.isEmpty else { return nil }
    return .string(text)
  }

  static func data(of answer: Result<VaultResponse, VaultError>) throws(VaultError) -> Value? {
    switch answer {
    case .success(let response): return response.data
    case .failure(let error):
      switch error.kind {
      case .notFound, .noSuchMount, .namespaceNotFound, .unsupported: return nil
      // Some engines call a name that they do not know a bad request, PKI even an internal error.
      case .refused: return nil
      case .serverFailed where error.reasons.contains { $0.contains("unable to find") }: return nil
      default: throw error
      }
    }
  }
}

extension GivenObject {
  /// Where its id can be asked for.
  struct IDSource: Hashable {
    let path: VaultPath
    /// Methods of multi-factor authentication can be read by their ids alone; a list tells their names.
    let lists: Bool
  }

  var idSource: IDSource {
    let segments = path.path.split(separator: "/")
    if segments.count == 5, path.path.hasPrefix("identity/mfa/method/") {
      return IDSource(path: path.with(path: segments.dropLast().joined(separator: "/")), lists: true)
    }
    return IDSource(path: path, lists: false)
  }
}

extension Value {
  /// The same tree with every leaf as a ``Secret``.
  fileprivate var sensitive: Value {
    mapLeaves { leaf, _ in
      switch leaf {
      case .string(let text): .secret(Secret(text))
      case .number(let number): .secret(Secret(number.text))
      case .bool(let flag): .secret(Secret(flag ? "true" : "false"))
      default: leaf
      }
    }
  }
}

extension VaultPath {
  fileprivate var lastSegment: String { path.split(separator: "/").last.map(String.init) ?? "" }
}

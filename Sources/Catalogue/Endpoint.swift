package import Values

/// What is known about the endpoint that a path belongs to.
///
/// A ``Family``, whose facts it has as its own, bound to one path; an endpoint that is not in the catalogue gets what
/// holds for any endpoint.
@dynamicMemberLookup
package struct Endpoint: Sendable {
  /// Shared, because one family has thousands of paths.
  private var shared: Shared
  /// Whether the type of the mount was guessed from its name, because no mount was known.
  package internal(set) var isGuess = false
  /// Where the content of the mount starts: `pki/`, `auth/approle/`, `sys/`; empty if nothing is known about
  /// it.
  package internal(set) var prefix = ""
  /// The kind of mount that the path lies in: `secrets/pki`, `auth/approle`, `sys`, `identity`; empty if nobody
  /// knows.
  package internal(set) var section = ""
  /// The path inside the mount, without the tag of an action.
  package internal(set) var relative = ""
  /// What the placeholders of the family stand for.
  package internal(set) var bindings: [String: String] = [:]

  private final class Shared: Sendable {
    let family: Family

    init(_ family: Family) { self.family = family }
  }

  init(_ family: Family) { shared = Shared(family) }

  @inlinable
  package subscript<Fact>(dynamicMember fact: KeyPath<Family, Fact>) -> Fact { facts[keyPath: fact] }

  /// Everything that holds for the whole family.
  @usableFromInline
  package var facts: Family {
    _read { yield shared.family }
  }

  /// Changes what is known, for this path alone.
  mutating func amend(_ change: (inout Family) -> Void) {
    var family = shared.family
    change(&family)
    shared = Shared(family)
  }
}

extension Endpoint {
  /// What a path stands for.
  package enum Kind: Hashable, Sendable {
    case mount
    case authMethod
    case resource
    /// Something done once, which leaves no state of its own to compare.
    case action
    /// A secret of a KV mount of version 2.
    case kvData
  }

  /// What a server does with a change to a field that is fixed at creation.
  package enum Mutability: String, Hashable, Sendable {
    case refused
    /// The server says yes and changes nothing: the plan must say so instead.
    case ignored
  }
}

/// An entry of the catalogue: what is known about a family of endpoints.
package struct Family: Sendable {
  // MARK: Identity

  /// The entry in words, for example `secrets/pki roles/{name}`; for an unknown endpoint its own path.
  package var family: String
  /// Whether the catalogue has an entry for it.
  package var isKnown = true
  /// What the path stands for.
  package var kind = Endpoint.Kind.resource
  /// The rank for creation, lower first; deletion runs the other way.
  package var order = 70
  /// Whether a path that differs in the case of its last segment is the same object.
  package var lowercasesName = false
  /// Whether reading and writing ask for the capability `sudo`.
  package var needsSudo = false
  /// The fields with which a write needs systems outside; `always` for any write.
  package var needsOutside: Set<String> = []
  /// The fields that make a write work without systems outside, for a trial.
  package var withoutOutside: [String: Value] = [:]
  /// Whether anybody may list it.
  package var isOpen = false
  /// Whether the first write asks for the capability `create`; elsewhere every write is an `update`.
  package var tellsCreation = false
  /// Names that every server has from the start: never reported, never deleted.
  package var builtInNames: Set<String> = []

  // MARK: Writing

  /// Whether a field that a write leaves out keeps its value; `nil` where nobody knows.
  package var isMerge: Bool?
  /// What to send for a field that the schema no longer has, by name, `options.*` included.
  package var resetValues: [String: Value] = [:]
  /// Fields that nothing resets.
  package var cannotReset = NamePatterns()
  /// Instructions to a single write, such as `cas`: they leave nothing behind.
  package var transient = NamePatterns()
  /// What a write says so that it fails if somebody else was faster.
  package internal(set) var checkAndSet: Endpoint.CheckAndSet?
  /// Older names of a setting, each with the newer one.
  package var twins: [String: String] = [:]
  /// Fields that are fixed at creation; `*` for all.
  package var immutable: [String: Endpoint.Mutability] = [:]
  /// Fields that only the first write may have: the server refuses any later one, even if nothing changes.
  package var atCreation = NamePatterns()

  // MARK: Secrets and volatile fields

  /// Fields that never come back.
  package var writeOnly = NamePatterns()
  var secret = NamePatterns()
  var notSecret = NamePatterns()
  var volatile = NamePatterns()
  var notVolatile = NamePatterns()
  var anywhere = Endpoint.Anywhere()

  // MARK: Reading and comparing

  var read = Endpoint.Read.itself
  /// How the object's id is found, where servers know it by that alone.
  package internal(set) var lookup: IDLookup?
  /// Goes after the `?` of the read, when the plain answer leaves something out.
  package var readQuery: String?
  var readFields: [String: String] = [:]
  /// The types of fields, where the server tells them and no entry knows better.
  package var types: [String: FieldType] = [:]
  /// How what was written looks when it is read.
  package var shape = Endpoint.Shape()

  // MARK: Finding

  /// Where its objects are listed; `nil` for a single object.
  package var listing: Listing?
  /// Whether nothing lists them, or another family shows the same.
  var isUnlisted = false
  /// Values of an object that nobody configured, besides ``resetValues``.
  var defaults: [String: Value] = [:]
  /// Fields that never come back and must be asked for, with the field that tells whether they are set.
  var asked: [String: String] = [:]
  /// Fields that never come back, while nothing tells whether they are set.
  package var mayHide: Set<String> = []

  // MARK: Other objects

  /// Fields that name objects without which this one does not work, each with their path; `{}` is the name.
  var refers: [String: String] = [:]
  /// Fields that name objects which need not be there.
  var names: [String: String] = [:]

  // MARK: Deleting, acting

  /// Whether there is no DELETE, so that only defaults can be written instead.
  package var deleteIsRefused = false
  /// Whether the server does not take the defaults either, so that only a deletion of the mount takes it away.
  package var goesOnlyWithMount = false
  /// The field that must be true before the server deletes the object.
  package var deletableIf: String?
  /// Whether every server has it from the start, with defaults, until somebody configures it.
  package var isAlwaysThere = false
  /// What a deletion, or this action, destroys for good.
  package var loses: String?
  /// Fields of an action's answer that cannot be had again: always, or where a segment of the path says this.
  var answerOnce: [String: String] = [:]
  /// What can be counted of it: by noun, where to list it, as the catalogue writes it.
  var counts: [String: String] = [:]
  var probe: Endpoint.Read?
  var probeField: String?

  init(family: String) {
    self.family = family
  }
}

extension Endpoint {
  /// How to read, with paths relative to the mount, placeholders included.
  enum Read: Hashable, Sendable {
    case itself
    case nothing
    case path(String)
    case member(of: String, key: String)
  }

  /// The field of a write that names the version which it is based on, and the field of a read that tells it.
  package struct CheckAndSet: Hashable, Sendable {
    package let field: String
    package let version: String
    /// Sent for a new object that is to have this set to true; other servers do not know the field.
    package let required: String?
  }

  /// What holds in every family, known or not.
  struct Anywhere: Hashable, Sendable {
    var volatile = NamePatterns()
    var secretNames = NamePatterns()
    var notSecretNames = NamePatterns()
  }

  /// The differences in form between a write and the read that follows it.
  package struct Shape: Hashable, Sendable {
    /// The read keeps fields inside this one.
    package var nested: String?
    /// Written name to the name in the read.
    package var renamed: [String: String] = [:]
    /// Lists whose order matters; every other list is a set.
    package var sequence: Set<String> = []
    /// Values without case.
    package var foldCase: Set<String> = []
    /// Lists that come back as one text with commas.
    package var lists: Set<String> = []
    /// Durations that come back as text, not in seconds.
    package var durations: Set<String> = []
    /// Texts that may be written encoded.
    package var base64: Set<String> = []
    /// By field, what becomes of certain values.
    package var rewrites: [String: [String: String]] = [:]
    /// By field, the text that the server adds at the end.
    package var appends: [String: String] = [:]
    /// By map, the text that the server puts before each of its keys.
    package var prefixed: [String: String] = [:]
    /// Lists that the server adds elements to.
    package var adds: Set<String> = []
    /// Names that come back as ids.
    package var resolved: Set<String> = []
    /// URLs that come back without their password.
    package var maskedURLs: Set<String> = []
    /// Data of users, which comes back as it was written.
    package var exact = false

    /// Whether the order of a list matters, by the name that it has in the read.
    func isSequence(readAs name: String) -> Bool {
      sequence.contains(name) || sequence.contains { renamed[$0] == name }
    }
  }
}

// MARK: - Fields

extension Endpoint {
  /// The names that a written field may have in the read; inside a map the keys joined with dots.
  package func readNames(of field: String) -> [String] {
    let names = [field] + (self.shape.renamed[field].map { [$0] } ?? [])
    guard let nested = self.shape.nested else { return names }
    let key = PathTemplate.fill(nested, with: bindings)
    return names + names.map { "\(key).\($0)" }
  }

  /// Whether the value of a field must not be shown or stored.
  ///
  /// Inside a map, the name of a field is its keys joined with dots: `connection_details.password`.
  package func isSecret(field: String) -> Bool {
    let (first, last) = ends(of: field)
    if self.notSecret.matches(field) || self.notSecret.matches(first) { return false }
    if self.secret.matches(field) || self.secret.matches(first) { return true }
    // The name inside a map says more than the map's: `connection_details.password`.
    return hasSecretName(last)
  }

  /// Whether a field's name alone says that its value is secret.
  package func hasSecretName(_ name: String) -> Bool {
    let name = name.lowercased()
    return self.anywhere.secretNames.matches(name) && !self.anywhere.notSecretNames.matches(name)
  }

  /// Whether the server changes a field by itself, so that a change of it means nothing.
  package func isVolatile(field: String) -> Bool {
    if self.notVolatile.matches(field) { return false }
    return self.volatile.matches(field) || self.anywhere.volatile.matches(field)
  }

  /// What to send for a field that was removed from the schema; `nil` where only the server would know.
  package func resetValue(field: String) -> Value? {
    if self.cannotReset.matches(field) { return nil }
    if let value = self.resetValues[field] { return value }
    guard let dot = field.lastIndex(of: ".") else { return nil }
    return self.resetValues[field[..<dot] + ".*"]
  }

  /// What the server does with a change to a field that was fixed at creation; `nil` for any other field.
  package func mutability(field: String) -> Mutability? {
    self.immutable[field] ?? self.immutable["*"]
  }

  private func ends(of field: String) -> (first: String, last: String) {
    guard let dot = field.firstIndex(of: "."), let end = field.lastIndex(of: ".") else {
      return (field, field)
    }
    return (String(field[..<dot]), String(field[field.index(after: end)...]))
  }
}

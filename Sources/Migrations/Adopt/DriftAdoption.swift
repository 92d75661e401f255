package import Catalogue
import Configuration
package import Values

/// What must be changed in the schema so that it says what somebody else made of the server: pure, values in, edits out.
package struct DriftAdoption: Sendable {
  private enum Edit: Sendable {
    /// `nil` for a field that is gone.
    case set([String], Value?)
    case remove
  }

  private var edits: [(path: VaultPath, edit: Edit)] = []

  /// Finds the edits for what drifted, given what is live.
  ///
  /// - Throws: ``Problems`` with everything that cannot be adopted: secrets, of which only fingerprints are known, and fields
  ///   that a variable decides about.
  init(
    _ drift: [Change],
    live: [VaultPath: Value],
    _ project: Project,
    in environment: String,
    _ mounts: MountTable
  ) throws(Problems) {
    var problems: [Problem] = []
    for change in drift {
      guard let declaration = project.schema.declaration(at: change.path, in: environment) else {
        problems.append(Self.refusal(change.path, "is not declared in the schema any more"))
        continue
      }
      guard !declaration.isRepeated else {
        problems.append(Self.refusal(change.path, "one entry with for_each makes it together with others"))
        continue
      }
      if change.action == .delete {
        edits.append((change.path, .remove))
        let inside = project.schema.declarations.map(\.path).filter { change.path.contains($0) }
        let known = Set(drift.filter { $0.action == .delete }.map(\.path))
        for path in inside where !known.contains(path) { edits.append((path, .remove)) }
        continue
      }
      let endpoint = project.catalogue.endpoint(for: change.path, mounts: mounts)
      let fields = Fields(change, live[change.path], declaration.value, endpoint)
      for field in fields.changed {
        if let complaint = fields.complaint(about: field) {
          problems.append(Self.refusal(change.path, complaint))
        } else {
          edits.append((change.path, .set(field.keys, field.value)))
        }
      }
    }
    try Problems.check(problems)
  }

  /// The paths that it is about.
  package var paths: [VaultPath] { Set(edits.map(\.path)).sorted() }

  /// Changes the files.
  ///
  /// - Throws: ``Problem`` where a text cannot be changed without touching what is around it.
  package func apply(to editor: inout SchemaEditor) throws(Problem) {
    for (path, edit) in edits {
      switch edit {
      case .set(let keys, let value): try editor.set(keys, of: path, to: value)
      case .remove: try editor.remove(path)
      }
    }
  }

  private static func refusal(_ path: VaultPath, _ why: String) -> Problem {
    Problem(
      .schemaInvalid,
      "the change of \(path) cannot be adopted: \(why)",
      path: path.description,
      hint: "drift --revert \(path) takes it back; or write into the schema, as a reference, what it is to be"
    )
  }
}

/// The changed fields of one object, as the schema would have them.
private struct Fields {
  struct Field: Hashable {
    let keys: [String]
    let value: Value?
    let isSecret: Bool
  }

  let changed: [Field]
  private let declared: Value

  init(_ change: Change, _ live: Value?, _ declared: Value, _ endpoint: Endpoint) {
    self.declared = declared
    let live = live ?? [:]
    let written = endpoint.writtenForm(of: live.object ?? [:], known: FieldTable.builtIn.fields(of: endpoint))
    var changed: [Field] = []
    for field in change.fields {
      var keys = field.name.split(separator: ".").map(String.init)
      let nested = endpoint.shape.nested
      if let nested, keys.first == nested { keys.removeFirst() }
      guard let read = keys.first else { continue }
      let isSetting =
        (change.path.isMount || change.path.isAuthMethod) && keys.count > 1
        && ["config", "options"].contains(read)
      let name = declared.object?.keys.first { endpoint.shape.renamed[$0] == read } ?? read
      let place = isSetting ? [read, keys[1]] : [name]
      let raw = isSetting ? live[read]?[keys[1]] : nested.flatMap { live[$0]?[read] } ?? live[read]
      let value = Self.value(in: written, at: place) ?? raw.flatMap { $0 == .null ? nil : $0 }
      let isSecret = field.isSensitive || endpoint.kind == .kvData || value?.holdsSecret == true
      let found = Field(keys: place, value: value, isSecret: isSecret)
      if !changed.contains(found) { changed.append(found) }
    }
    self.changed = changed
  }

  private static func value(in members: [String: Value], at keys: [String]) -> Value? {
    keys.reduce(Optional(Value.object(members))) { value, key in value?[key] }
  }

  /// Why a field cannot be adopted, or `nil`.
  func complaint(about field: Field) -> String? {
    let name = field.keys.joined(separator: ".")
    if field.isSecret { return "\(name) is a secret, of which only a fingerprint is known" }
    let old = Self.value(in: declared.object ?? [:], at: field.keys)
    if let old, old.holdsReference { return "\(name) holds a reference, which decides for every environment" }
    if old == nil, field.value == nil {
      return "\(name) is gone, and nothing in the schema said that it was there"
    }
    return nil
  }
}

extension Value {
  /// Whether a text in it holds `${…}`.
  fileprivate var holdsReference: Bool {
    switch self {
    case .string(let text): text.replacing("$${", with: "").contains("${")
    case .array(let elements): elements.contains(where: \.holdsReference)
    case .object(let members): members.values.contains(where: \.holdsReference)
    default: false
    }
  }
}

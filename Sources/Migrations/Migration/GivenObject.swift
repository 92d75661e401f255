package import Catalogue
package import Configuration
import Values

/// What a reference stands for that only the server or the ledger knows: the accessor or id of an object
/// (`${accessor:auth/approle}`), a saved answer (`${saved:web_secret_id}`), a value (`${vault:secret/data/x#field}`).
package struct GivenObject: Hashable, Sendable {
  package let given: Template.Given
  /// In the namespace of the entry that refers to it; names of saved answers hold for a whole environment, and those of
  /// values in another environment for everybody.
  package let path: VaultPath

  package init(_ given: Template.Given, in namespace: String) {
    self.given = given
    path =
      switch given.kind {
      case .accessor: VaultPath(Self.mountPath(given.path), in: namespace)
      case .id: VaultPath(given.path, in: namespace)
      case .saved: Self.savedPath(given.path)
      case .vault where given.place.environment != nil: VaultPath("vault:" + given.path)
      case .vault: VaultPath(given.place.path, in: namespace)
      }
  }

  /// What stands for a saved answer where paths are compared; no entry has such a path.
  static func savedPath(_ name: String) -> VaultPath { VaultPath("saved:" + name) }

  /// What is wrong with a reference, or `nil`.
  static func complaint(about given: Template.Given) -> (message: String, hint: String)? {
    if given.kind == .saved {
      return Template.isName(given.path)
        ? nil
        : ("a saved answer has no such name", "names hold letters, digits and _, as in save: of an action")
    }
    let place = given.place
    if let complaint = PathRules.complaint(about: place.path) { return complaint }
    let path = VaultPath(place.path)
    if given.kind == .vault {
      let isValue = !place.field.isEmpty && !path.isMount && !path.isAuthMethod
      return isValue ? nil : ("it does not name a field", "write ${vault:secret/data/app#password}")
    }
    if given.kind == .id, path.isMount || path.isAuthMethod {
      return ("a mount has no id", "write ${accessor:\(given.path)} for its accessor")
    }
    return nil
  }

  /// With or without a slash at the end, a mount is the same; the schema's form counts.
  private static func mountPath(_ path: String) -> String {
    let name = path.hasSuffix("/") ? String(path.dropLast()) : path
    let isShallowAuth = name.hasPrefix("auth/") && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    return isShallowAuth ? name : name + "/"
  }

  /// The paths of the objects that an entry makes: its own, those that only a field of it names, and what an action saves.
  static func made(
    by path: VaultPath,
    _ value: Value,
    _ terms: ActionTerms?,
    _ mounts: MountTable
  ) -> Set<VaultPath> {
    let path = path.withoutActionName
    var made: Set<VaultPath> = [path]
    for target in (terms?.save ?? [:]).values { made.insert(target.made(in: path.namespace)) }
    if let name = value["method_name"]?.string, path.path.hasPrefix("identity/mfa/method/") {
      // Under its id or not, it is found by its name beside the others of its type.
      let type = path.path.split(separator: "/").prefix(4).joined(separator: "/")
      made.insert(path.with(path: "\(type)/\(name)"))
    }
    if let name = value["name"]?.string, ["identity/entity", "identity/group"].contains(path.path) {
      made.insert(path.with(path: "\(path.path)/name/\(name)"))
    }
    guard let prefix = mounts.mount(holding: path)?.prefix else { return made }
    for (field, folder) in [("issuer_name", "issuer"), ("key_name", "key")] {
      if let name = value[field]?.string { made.insert(path.with(path: "\(prefix)\(folder)/\(name)")) }
    }
    return made
  }

  /// The entries that would make it: its own, and for what can only be read (`auth/approle/role/web/role-id`) that above.
  var makers: [VaultPath] {
    guard given.kind == .id, let slash = path.path.lastIndex(of: "/") else { return [path] }
    let above = path.with(path: String(path.path[..<slash]))
    return above.isAuthMethod ? [path] : [path, above]
  }

  /// Whether an action could make it, although nothing says so: one of the same mount, such as a generated root.
  func mayBeMade(by action: VaultPath, _ mounts: MountTable) -> Bool {
    guard action.namespace == path.namespace, let mount = mounts.mount(holding: path) else { return false }
    return action.path.hasPrefix(mount.prefix)
  }

  /// Whether every server has it.
  func isBuiltIn(_ catalogue: Catalogue, _ mounts: MountTable) -> Bool {
    catalogue.endpoint(for: path, mounts: mounts).isBuiltIn(path)
  }
}

extension Value {
  /// The objects that references in an entry of a namespace stand for.
  func givenObjects(in namespace: String) -> Set<GivenObject> {
    Set(givenReferences.map { GivenObject($0, in: namespace) })
  }
}

extension Template.Given {
  /// Path and field of a value: `path#field`, or `environment@path#field`; everything but a value has neither field nor
  /// environment.
  ///
  /// Names of environments hold no slash, so that an `@` further on belongs to the path.
  var place: (environment: String?, path: String, field: String) {
    guard kind == .vault else { return (nil, path, "") }
    var rest = path[...]
    var environment: String?
    if let at = rest.firstIndex(of: "@"), at != rest.startIndex, !rest[..<at].contains("/") {
      environment = String(rest[..<at])
      rest = rest[rest.index(after: at)...]
    }
    guard let hash = rest.lastIndex(of: "#") else { return (environment, String(rest), "") }
    return (environment, String(rest[..<hash]), String(rest[rest.index(after: hash)...]))
  }
}

extension Task {
  /// What is written, or an action's arguments; `nil` for a deletion.
  var content: Value? {
    switch action {
    case .write(let value), .run(let value): value
    case .delete, .move: nil
    }
  }

  /// The objects that must be there before this task is done.
  var givenObjects: Set<GivenObject> { content?.givenObjects(in: path.namespace) ?? [] }

  /// What was there before.
  var valueBefore: Value? {
    if case .value(let value)? = was { value } else { nil }
  }

  /// The objects that what it changes or deletes refers to.
  var givenObjectsBefore: Set<GivenObject> { valueBefore?.givenObjects(in: path.namespace) ?? [] }
}

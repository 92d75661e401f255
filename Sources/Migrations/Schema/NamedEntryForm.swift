import Catalogue
import Configuration
import Values
import YAML

/// Entries of objects that servers know by an id alone, such as identity aliases: what the path says goes into the body.
extension EntryForm {
  /// `canonical: identity/entity/name/ann` stands for `canonical_id: ${id:identity/entity/name/ann}`.
  func named(_ node: Node, _ endpoint: Endpoint) -> Value? {
    guard endpoint.isLookedUp == true else {
      diagnostics.error(
        "\(path) does not name an alias",
        at: node.location,
        path: path.description,
        hint: "an alias is named after login and auth method: …/name/ann@auth/userpass"
      )
      return nil
    }
    guard var members = plain(node)?.object else { return nil }
    if endpoint.isAlias, !replaceCanonical(in: &members, node) { return nil }
    for (field, text) in endpoint.impliedFields {
      guard let own = members.updateValue(.string(text), forKey: field), own != .string(text) else {
        continue
      }
      diagnostics.error(
        "\(field) of \(path) is not what its path says",
        at: node[field]?.location ?? node.location,
        path: path.description,
        hint: "leave it out; another one needs an entry of its own"
      )
    }
    return .object(members)
  }

  private func replaceCanonical(in members: inout [String: Value], _ node: Node) -> Bool {
    let canonical = members.removeValue(forKey: "canonical")
    switch (canonical, members["canonical_id"]) {
    case (.string(let path)?, nil)
    where path.hasPrefix("identity/entity/") || path.hasPrefix("identity/group/"):
      members["canonical_id"] = .string("${id:\(path)}")
      return true
    case (nil, .some): return true
    default:
      diagnostics.error(
        "\(path) needs canonical, the path of what it is an alias of, or canonical_id",
        at: node["canonical"]?.location ?? node.location,
        path: path.description,
        hint: "for example canonical: identity/entity/name/ann"
      )
      return false
    }
  }
}

extension Endpoint {
  fileprivate var isAlias: Bool { bindings["alias"] != nil }
}

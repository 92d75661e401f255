import Catalogue
import Values

/// Which texts are Vault paths, and which of two spellings is the normal one.
enum PathRules {
  /// What is wrong with a path, or `nil`.
  static func complaint(about path: String) -> (message: String, hint: String)? {
    if path.isEmpty {
      return ("a path is empty", "write the path of a mount, an auth method or an API endpoint")
    }
    if path.utf8.first == UInt8(ascii: "/") {
      return (
        "\(path) starts with a slash", "write it as \(Substring(path.utf8.drop { $0 == UInt8(ascii: "/") }))"
      )
    }
    if path.hasPrefix("v1/") {
      return ("\(path) starts with v1/", "paths are written without the API version: \(path.dropFirst(3))")
    }
    if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
      return ("a path holds a control character", "remove it")
    }
    // To a `Character`, a slash and a combining mark after it are one.
    let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(
      Substring.init
    )
    for (index, segment) in segments.enumerated() {
      if segment.isEmpty, index != segments.count - 1 {
        return ("\(path) has an empty segment", "remove the doubled slash")
      }
      if segment == "." || segment == ".." {
        return ("\(path) has a segment \"\(segment)\"", "write the path without it")
      }
    }
    if path.holds("${") {
      return (
        "\(path) holds a reference, and a path cannot", "write the path out; values may hold references"
      )
    }
    if path == "auth/" { return ("auth/ is not a mount", "write auth/NAME for an auth method") }
    return nil
  }

  /// What to do about a name that servers do not take for a namespace, or `nil`.
  static func complaint(aboutNamespace name: String) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) {
      return "a nested namespace goes under the namespaces: of its parent"
    }
    if ["root", "sys", "audit", "auth", "cubbyhole", "identity"].contains(name) {
      return "servers keep this name for themselves; take another one"
    }
    let isTaken = name.unicodeScalars.allSatisfy { scalar in
      !scalar.properties.isWhitespace && scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "+"
        && scalar != "*"
    }
    return isTaken && !name.isEmpty && name != "." && name != ".."
      ? nil : "a name has neither white space nor any of / + *, and is neither . nor .."
  }

  /// `auth/approle/` and `auth/approle` are the same; the latter is the normal form.
  static func normal(_ path: String, in namespace: String) -> VaultPath {
    let isShallowAuth = path.hasPrefix("auth/") && path.hasSuffix("/") && path.utf8.count { $0 == 0x2F } == 2
    return VaultPath(isShallowAuth ? String(path.dropLast()) : path, in: namespace)
  }
}

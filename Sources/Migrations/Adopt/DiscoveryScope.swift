package import Catalogue

/// Which part of a server is looked at.
package struct DiscoveryScope: Sendable {
  /// Paths to find; empty for all.
  package var globs: [PathGlob]
  /// Data of users that is found, too: `secret/app/*`.
  package var data: [PathGlob]
  /// Whether single objects, which are there with defaults from the start, are left out.
  package var skipsSingles: Bool

  package init(globs: [PathGlob] = [], data: [PathGlob] = [], skipsSingles: Bool = false) {
    self.globs = globs
    self.data = data
    self.skipsSingles = skipsSingles
  }

  func includes(_ path: VaultPath) -> Bool {
    globs.isEmpty || globs.contains { $0.matches(path) }
  }

  func mayInclude(below prefix: VaultPath) -> Bool {
    globs.isEmpty || globs.contains { $0.mayMatch(below: prefix) }
  }

  /// Data goes by the name that users know: `secret/app/web` for `secret/data/app/web`.
  func includesData(_ path: VaultPath, called name: VaultPath) -> Bool {
    data.contains { $0.matches(path) || $0.matches(name) }
  }

  func mayIncludeData(below prefix: VaultPath, called name: VaultPath) -> Bool {
    data.contains { $0.mayMatch(below: prefix) || $0.mayMatch(below: name) }
  }

  /// Whether anything in a child namespace could be meant at all.
  var mayLeaveNamespaces: Bool {
    // Paths of child namespaces are the only ones that begin like this.
    globs.isEmpty || (globs + data).contains { $0.mayMatch(below: VaultPath("@")) }
  }

  /// Whether anything in a namespace could be meant.
  func mayInclude(namespace: String) -> Bool {
    let prefix = VaultPath("", in: namespace)
    return mayInclude(below: prefix) || data.contains { $0.mayMatch(below: prefix) }
  }
}
